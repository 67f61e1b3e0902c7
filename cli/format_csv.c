/* format_csv.c - RFC 4180, one line per benchmark line and metric, for spreadsheets and data
 * frames. */
#include "cli/format.h"

#include "cli/markup.h"

#include <inttypes.h>
#include <string.h>

/* repeat: 1 for the first line of a benchmark, 2 for the next of the same name… */
static size_t repeat_of(const struct run_data *data, size_t index)
{
    const struct record *r = data->record[index];
    size_t n = 1;

    for (size_t i = 0; i < index; i++)
        n += data->record[i]->procs == r->procs && strcmp(data->record[i]->name, r->name) == 0 &&
             strcmp(data->record[i]->pkg, r->pkg) == 0;
    return n;
}

static void head(FILE *f, const char *run, const struct record *r, size_t repeat)
{
    markup_csv(f, run);
    fputc(',', f);
    markup_csv(f, r->pkg);
    fputc(',', f);
    markup_csv(f, r->name);
    fprintf(f, ",%" PRIu32 ",%zu,%" PRIu64 ",", r->procs, repeat, r->n);
}

static void number(FILE *f, double x)
{
    char out[40];

    output_exact(x, out, sizeof out);
    fputs(out, f);
}

static void metric(FILE *f, const struct record_metric *m)
{
    markup_csv(f, m->name);
    fputc(',', f);
    markup_csv(f, m->unit);
    fputc(',', f);
    number(f, m->per_op);
    fputc(',', f);
    number(f, m->value);
    fputc(',', f);
    number(f, m->coverage);
    fputc(',', f);
    markup_csv(f, m->backend);
    fputs("\r\n", f);
}

static void write_csv(FILE *f, const struct report *r)
{
    const struct run_data *data = r->data;

    fputs("run,pkg,name,procs,repeat,n,metric,unit,per_op,value,coverage,backend\r\n", f);
    for (size_t i = 0; i < data->n_records; i++) {
        const struct record *record = data->record[i];
        const size_t repeat = repeat_of(data, i);

        for (size_t j = 0; j < record->n_go; j++) {
            head(f, data->id, record, repeat);
            markup_csv(f, record->go[j].name);
            fputc(',', f);
            markup_csv(f, record->go[j].name);
            fputc(',', f);
            number(f, record->go[j].value);
            fputs(",,,go\r\n", f);
        }
        for (size_t j = 0; j < record->n_metrics; j++) {
            head(f, data->id, record, repeat);
            metric(f, &record->metric[j]);
        }
    }
}

const struct report_format format_csv = {"csv", write_csv};
