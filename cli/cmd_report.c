/* cmd_report.c - a finished run, in one of several formats. */
#include "cli/command.h"
#include "cli/format.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/step_summary.h"

#include <stdlib.h>
#include <string.h>

/* A new format is a file and a row; the first one is the default. */
static const void *const formats[] = {
    &format_table, &format_benchfmt, &format_markdown, &format_json, &format_csv,
    &format_html,  &format_action,   &format_bencher,  NULL,
};

struct report_flags {
    const struct report_format *format;
    const char *output, *history;
};

#define ROW(field) offsetof(struct report_flags, field)
static const struct option_row rows[] = {
    {"format", 'f', "NAME", "", OPTION_CHOICE, ROW(format)},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_TEXT, ROW(output)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside "
     "the nearest go.mod)",
     OPTION_TEXT, ROW(history)},
};
static const struct options options = {
    .usage = "[RUN]",
    .doc = "Show a finished run: RUN is an id, a unique prefix of one, or a path; without it, the "
           "newest run.\vValues are medians over the repeats of a benchmark.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
    .choices = formats,
};

struct written {
    const struct report_format *format;
    const struct run_data *data;
    struct output_style style;
};

static void write_report(FILE *f, const void *data)
{
    const struct written *w = data;

    report_write(f, w->format, w->data, w->style);
}

static int write_out(const struct report_flags *flags, const struct run_data *data,
                     struct pg_error *err)
{
    struct written w = {.format = flags->format, .data = data};
    int rc;

    if (output_to_stdout(flags->output))
        w.style = output_style(stdout);
    rc = output_stream(flags->output, write_report, &w, err);
    w = (struct written){&format_markdown, data, {.width = 0}};
    step_summary(write_report, &w);
    return rc;
}

static int load(const char *output, const char *which, struct run_data **data, struct pg_error *err)
{
    char history[4096], *dir = NULL;
    int rc = run_history_dir(output, NULL, NULL, history, sizeof history, err);

    if (rc == 0)
        rc = run_resolve(history, which, &dir, err);
    if (rc == 0)
        rc = run_load(dir, data, err);
    free(dir);
    return rc;
}

int cmd_report(int argc, char **argv)
{
    struct report_flags flags = {0};
    struct option_result given;
    struct run_data *data = NULL;
    struct pg_error err;
    int rc = PERFGO_EXIT_OK;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n > 1)
        rc = say_error("report: one run at a time, not '%s' too", given.words.item[1]);
    else if (load(flags.history != NULL ? flags.history : given.settings.output,
                  given.words.n > 0 ? given.words.item[0] : NULL, &data, &err) < 0 ||
             write_out(&flags, data, &err) < 0)
        rc = say_error("report: %s", err.text);
    if (data != NULL)
        report_complain(data);
    run_data_free(data);
    options_free(&given);
    return rc;
}
