#include "cli/report.h"

#include "cli/say.h"

void report_write(FILE *f, const struct report_format *format, const struct run_data *data,
                  struct output_style style)
{
    struct summary summary;
    struct report report = {data, &summary, style};

    summary_make(&summary, data);
    format->write(f, &report);
    summary_free(&summary);
}

void report_complain(const struct run_data *data)
{
    if (data->info == NULL)
        say("%s/testrun.json: %s", data->dir, data->info_error.text);
    if (data->bad_lines > 0)
        say("%s/benchmarks.jsonl: %zu line%s left out, the first is line %zu: %s", data->dir,
            data->bad_lines, data->bad_lines == 1 ? " was" : "s were", data->first_bad_line,
            data->bad_line.text);
}
