#include "cli/compare_proof.h"

#include "cli/compare_format.h"
#include "cli/grid.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The gate's text has the metric. */
static const struct grid_column columns[] = {
    {"benchmark", GRID_NAME, 24, 0},
    {"metric", GRID_SHORT, 8, 1},
    {"gate", GRID_SHORT, 12, 0},
    {"injected", GRID_RIGHT, 0, 0},
    {"outcome", 0, 0, 0},
    {"finds from", GRID_RIGHT, 0, GRID_LATE},
};

static void add_size(struct strbuf *out, const struct compare_proof *p, double size)
{
    if (isnan(size))
        strbuf_puts(out, "-");
    else if (p->row->gate->relative)
        strbuf_printf(out, "%+.3g%%", 100 * size);
    else
        strbuf_printf(out, "%+.4g", size);
}

static void add_row(struct grid *g, const struct compare_proof *p, struct compare_notes *notes)
{
    struct strbuf *out = &g->text;

    compare_cell_text(out, p->row, CELL_BENCHMARK, notes);
    grid_end_cell(g, GRID_PLAIN);
    compare_cell_text(out, p->row, CELL_METRIC, notes);
    grid_end_cell(g, GRID_PLAIN);
    markup_terminal_add(out, p->row->gate->text);
    grid_end_cell(g, GRID_PLAIN);
    add_size(out, p, p->injected);
    grid_end_cell(g, GRID_PLAIN);
    if (p->found)
        strbuf_puts(out, "found");
    else
        strbuf_printf(out, "MISSED [%zu]", compare_note(notes, p->reason));
    grid_end_cell(g, GRID_PLAIN);
    add_size(out, p, p->smallest);
    grid_end_cell(g, GRID_PLAIN);
}

static void add_conclusion(struct strbuf *out, const struct compare_selftest *s)
{
    const size_t missed = s->n_blocking - s->n_found;

    if (s->verdict == COMPARE_INCONCLUSIVE)
        strbuf_puts(out, "INCONCLUSIVE: nothing was gated, so that there is nothing to prove\n");
    else if (s->verdict == COMPARE_PASS)
        strbuf_printf(out, "PASS: each of %zu gated results would have failed for the regression\n",
                      s->n_blocking);
    else
        strbuf_printf(out, "FAIL: %zu of %zu gated results could not have failed%s\n", missed,
                      s->n_blocking, missed > 0 ? " for the regression" : "");
    if (s->n_idle > 0)
        strbuf_printf(out, "%zu gate%s no benchmark and metric\n", s->n_idle,
                      s->n_idle == 1 ? " matches" : "s match");
}

void compare_proof_table(FILE *f, const struct proof_report *r)
{
    const struct compare_selftest *s = r->result;
    struct compare_notes notes = {0};
    struct strbuf conclusion = {0};
    struct grid grid;

    grid_begin(&grid, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < s->n; i++)
        add_row(&grid, &s->proof[i], &notes);
    if (s->n > 0) {
        grid_print(&grid, f, &r->style);
        fputc('\n', f);
    }
    grid_free(&grid);
    compare_notes_write(f, &r->style, &notes);
    add_conclusion(&conclusion, s);
    grid_lines(f, &r->style, 2, conclusion.failed ? "out of memory" : conclusion.text);
    strbuf_free(&conclusion);
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
