/* format_export.c - runs for services that keep histories of benchmarks: medians over the repeats,
 * with their range.
 *
 * github-action-benchmark: the array of {name, unit, value, range, extra} that its tool
 * customSmallerIsBetter reads; so only metrics of which less is better, each a chart of its own.
 *
 * bencher: Bencher Metric Format, {benchmark: {measure: {value, lower_value, upper_value}}}; ns/op
 * is its built-in measure "latency". Measures have at most 64 characters there and benchmarks 1024:
 * longer ones are left out, because two of them could become one when cut.
 */
#include "bench/metrics.h"
#include "cli/format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BENCHER_NAME = 1024, BENCHER_MEASURE = 64 };

static char *full_name(const struct summary_row *row)
{
    const char *dot = row->pkg[0] != '\0' ? "." : "";

    return row->procs > 1 ? text_format("%s%s%s-%u", row->pkg, dot, row->name, row->procs)
                          : text_format("%s%s%s", row->pkg, dot, row->name);
}

/* A cell whose unit no column before it has: b.ReportMetric can print any name, also one of ours.
 */
static bool shows(const struct summary *s, const struct summary_row *row, size_t column)
{
    if (row->cell[column].n == 0 || !isfinite(row->cell[column].median))
        return false;
    for (size_t i = 0; i < column; i++)
        if (row->cell[i].n > 0 && strcmp(s->column[i].unit, s->column[column].unit) == 0)
            return false;
    return true;
}

static void number(FILE *f, const char *key, double x)
{
    char text[40];

    output_exact(x, text, sizeof text);
    fprintf(f, "\"%s\": %s", key, text);
}

static void action_entry(FILE *f, const struct report *r, const struct summary_row *row, size_t i)
{
    const struct summary_cell *cell = &row->cell[i];
    const char *unit = r->summary->column[i].unit;
    char *name = full_name(row), *chart = text_format("%s (%s)", name, unit);

    fputs("{\"name\": ", f);
    markup_json(f, chart);
    fputs(", \"unit\": ", f);
    markup_json(f, unit);
    fputs(", ", f);
    number(f, "value", cell->median);
    if (cell->n > 1)
        fprintf(f, ", \"range\": \"± %.4g\"",
                fmax(cell->max - cell->median, cell->median - cell->min));
    fprintf(f, ", \"extra\": \"%zu repeat%s\"}", cell->n, cell->n == 1 ? "" : "s");
    free(chart);
    free(name);
}

static void write_action(FILE *f, const struct report *r)
{
    const struct summary *s = r->summary;
    const char *before = "\n";

    fputc('[', f);
    for (size_t i = 0; i < s->n_rows; i++)
        for (size_t j = 0; j < s->n_columns; j++)
            if (shows(s, &s->row[i], j) && metrics_better(s->column[j].unit) == METRIC_LOWER) {
                fputs(before, f);
                action_entry(f, r, &s->row[i], j);
                before = ",\n";
            }
    fputs("\n]\n", f);
}

static void bencher_measure(FILE *f, const char *unit, const struct summary_cell *cell)
{
    markup_json(f, strcmp(unit, "ns/op") == 0 ? "latency" : unit);
    fputs(": {", f);
    number(f, "value", cell->median);
    if (cell->n > 1) {
        fputs(", ", f);
        number(f, "lower_value", cell->min);
        fputs(", ", f);
        number(f, "upper_value", cell->max);
    }
    fputc('}', f);
}

static void write_bencher(FILE *f, const struct report *r)
{
    const struct summary *s = r->summary;
    const char *before = "\n";

    fputc('{', f);
    for (size_t i = 0; i < s->n_rows; i++) {
        char *name = full_name(&s->row[i]);

        if (strlen(name) <= BENCHER_NAME) {
            const char *inner = "";

            fputs(before, f);
            before = ",\n";
            markup_json(f, name);
            fputs(": {", f);
            for (size_t j = 0; j < s->n_columns; j++)
                if (shows(s, &s->row[i], j) && strlen(s->column[j].unit) <= BENCHER_MEASURE) {
                    fputs(inner, f);
                    inner = ", ";
                    bencher_measure(f, s->column[j].unit, &s->row[i].cell[j]);
                }
            fputc('}', f);
        }
        free(name);
    }
    fputs("\n}\n", f);
}

const struct report_format format_action = {"github-action-benchmark", write_action};
const struct report_format format_bencher = {"bencher", write_bencher};
