#include "cli/compare_proof.h"

#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>

static char *size_text(const struct compare_proof *p, double size)
{
    if (isnan(size))
        return text_copy("-");
    return p->row->gate->relative ? text_format("%+.3g%%", 100 * size) : text_format("%+.4g", size);
}

static void add_line(struct libscols_table *table, const struct compare_proof *p,
                     struct compare_notes *notes)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    const struct compare_row *row = p->row;

    if (line == NULL)
        return;
    scols_line_refer_data(line, 0, compare_cell_text(row, CELL_BENCHMARK, notes));
    scols_line_refer_data(line, 1, compare_cell_text(row, CELL_METRIC, notes));
    scols_line_refer_data(line, 2, markup_terminal(row->gate->text));
    scols_line_refer_data(line, 3, size_text(p, p->injected));
    scols_line_refer_data(line, 4,
                          p->found ? text_copy("found")
                                   : text_format("MISSED [%zu]", compare_note(notes, p->reason)));
    scols_line_refer_data(line, 5, size_text(p, p->smallest));
}

static struct libscols_table *new_table(FILE *f, const struct output_style *style)
{
    static const char *const titles[] = {"benchmark", "metric",  "gate",
                                         "injected",  "outcome", "finds from"};
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return NULL;
    output_table(table, f, style);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        scols_table_new_column(table, titles[i], 0,
                               i == 0             ? SCOLS_FL_TRUNC
                               : i == 3 || i == 5 ? SCOLS_FL_RIGHT
                                                  : 0);
    return table;
}

static void conclusion(FILE *f, const struct compare_selftest *s)
{
    const size_t missed = s->n_blocking - s->n_found;

    if (s->verdict == COMPARE_INCONCLUSIVE)
        fputs("INCONCLUSIVE: nothing was gated, so that there is nothing to prove\n", f);
    else if (s->verdict == COMPARE_PASS)
        fprintf(f, "PASS: each of %zu gated results would have failed for the regression\n",
                s->n_blocking);
    else
        fprintf(f, "FAIL: %zu of %zu gated results could not have failed%s\n", missed,
                s->n_blocking, missed > 0 ? " for the regression" : "");
    if (s->n_idle > 0)
        fprintf(f, "%zu gate%s no benchmark and metric\n", s->n_idle,
                s->n_idle == 1 ? " matches" : "s match");
}

void compare_proof_table(FILE *f, const struct proof_report *r)
{
    const struct compare_selftest *s = r->result;
    struct compare_notes notes = {0};
    struct libscols_table *table = new_table(f, &r->style);

    for (size_t i = 0; table != NULL && i < s->n; i++)
        add_line(table, &s->proof[i], &notes);
    if (table != NULL && s->n > 0) {
        scols_print_table(table);
        fputc('\n', f);
    }
    scols_unref_table(table);
    for (size_t i = 0; i < notes.n; i++)
        fprintf(f, "[%zu] %s\n", i + 1, notes.text[i]);
    conclusion(f, s);
    compare_notes_free(&notes);
}

static void number(FILE *f, const char *key, double x)
{
    if (isfinite(x))
        fprintf(f, "\"%s\":%.10g,", key, x);
    else
        fprintf(f, "\"%s\":null,", key);
}

static void text(FILE *f, const char *key, const char *s)
{
    fprintf(f, "\"%s\":", key);
    markup_json(f, s);
    fputc(',', f);
}

void compare_proof_json(FILE *f, const struct proof_report *r)
{
    const struct compare_selftest *s = r->result;

    fprintf(f,
            "{\"schema\":1,\"verdict\":\"%s\",\"gated\":%zu,\"found\":%zu,\"idle\":%zu,\"rows\":[",
            compare_verdict_name(s->verdict), s->n_blocking, s->n_found, s->n_idle);
    for (size_t i = 0; i < s->n; i++) {
        const struct compare_proof *p = &s->proof[i];

        fputs(i > 0 ? ",\n{" : "\n{", f);
        text(f, "pkg", p->row->bench->pkg);
        text(f, "name", p->row->bench->name);
        fprintf(f, "\"procs\":%" PRIu32 ",", p->row->bench->procs);
        text(f, "unit", p->row->unit);
        text(f, "gate", p->row->gate->text);
        fprintf(f, "\"advisory\":%s,\"relative\":%s,", p->row->gate->advisory ? "true" : "false",
                p->row->gate->relative ? "true" : "false");
        number(f, "injected", p->injected);
        number(f, "smallest", p->smallest);
        text(f, "reason", p->reason);
        fprintf(f, "\"found\":%s}", p->found ? "true" : "false");
    }
    fputs("\n]}\n", f);
}
