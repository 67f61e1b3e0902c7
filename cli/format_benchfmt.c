/* format_benchfmt.c - Go's benchmark format (golang/proposal 14313), which benchstat reads: the
 * lines that Go printed, with perfgo's metrics behind Go's own. */
#include "cli/format.h"

#include "bench/metrics.h"

#include <string.h>

static void config(FILE *f, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0')
        fprintf(f, "%s: %s\n", key, value);
}

static void value(FILE *f, double x, const char *unit)
{
    char number[40];

    output_exact(x, number, sizeof number);
    fprintf(f, "\t%s %s", number, unit);
}

static void result(FILE *f, const struct record *r)
{
    struct strbuf name = {0};

    record_printed_name(r, &name);
    fprintf(f, "%s\t%llu", name.text != NULL ? name.text : r->name, (unsigned long long)r->n);
    for (size_t i = 0; i < r->n_go; i++)
        value(f, r->go[i].value, r->go[i].name);
    for (size_t i = 0; i < r->n_metrics; i++)
        value(f, r->metric[i].per_op, r->metric[i].unit);
    fputc('\n', f);
    strbuf_free(&name);
}

static void write_benchfmt(FILE *f, const struct report *r)
{
    const struct testrun *info = r->data->info;
    const char *pkg = NULL;
    struct strbuf units = {0};

    /* Not as configuration: benchstat puts what differs there into tables of their own, and two
     * runs to be compared differ in exactly these. Lines it does not know it passes over. */
    fprintf(f, "# perfgo run %s%s%s\n", r->data->id,
            info != NULL && info->git_commit != NULL ? ", commit " : "",
            info != NULL && info->git_commit != NULL ? info->git_commit : "");
    if (info != NULL) {
        config(f, "goos", info->goos);
        config(f, "goarch", info->goarch);
        config(f, "cpu", info->cpu);
        for (size_t i = 0; i < info->n_tags; i++)
            fprintf(f, "tag-%s: %s\n", info->tag[i].key, info->tag[i].value);
    }
    for (size_t i = 0; i < r->summary->n_columns; i++)
        metrics_unit_line(r->summary->column[i].unit, r->summary->column[i].backend, &units);
    if (units.text != NULL)
        fputs(units.text, f);
    strbuf_free(&units);
    for (size_t i = 0; i < r->data->n_records; i++) {
        const struct record *record = r->data->record[i];

        if (pkg == NULL || strcmp(pkg, record->pkg) != 0)
            fprintf(f, "pkg: %s\n", record->pkg);
        pkg = record->pkg;
        result(f, record);
    }
}

const struct report_format format_benchfmt = {"benchfmt", write_benchfmt};
