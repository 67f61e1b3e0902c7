/* compare_cells.c - what tables and markdown have in common. */
#include "base/decimal.h"
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *compare_cell_title(const struct compare_report *r, enum compare_cell cell)
{
    static const char *const titles[CELLS] = {
        "benchmark", "metric", "old", "new", "difference", "95 %", "q", "change", "verdict"};

    return cell == CELL_INTERVAL && r->options->confidence != 0.95 ? "interval" : titles[cell];
}

static void add_name(struct strbuf *out, const struct bench *b)
{
    const char *name =
        strncmp(b->name, "Benchmark", 9) == 0 && b->name[9] != '\0' ? b->name + 9 : b->name;

    markup_terminal_add(out, name);
    if (b->procs > 1)
        strbuf_printf(out, "-%u", b->procs);
}

static void add_median(struct strbuf *out, const struct sample *s, bool both, double median)
{
    char number[64];

    if (s == NULL || s->n == 0) {
        strbuf_puts(out, "-");
        return;
    }
    output_round(both ? median : s->value[s->n / 2], number, sizeof number);
    strbuf_puts(out, number);
}

/* Above a million the size is what matters. */
static void add_percent(struct strbuf *out, double x)
{
    char number[DECIMAL_SIZE];

    if (isinf(x)) {
        strbuf_puts(out, x > 0 ? "from 0" : "below 0");
    } else if (fabs(x) >= 1e4) {
        strbuf_printf(out, "%+.2e%%", 100 * x);
    } else {
        decimal_fixed(fabs(100 * x), fabs(x) < 0.1 ? 2 : 1, number, sizeof number);
        strbuf_add(out, signbit(x) ? "-" : "+", 1);
        strbuf_puts(out, number);
        strbuf_add(out, "%", 1);
    }
}

static void add_interval(struct strbuf *out, const struct compare_row *row)
{
    if (row->exact && row->old->value[0] == row->old->value[row->old->n - 1] &&
        row->new->value[0] == row->new->value[row->new->n - 1]) {
        strbuf_puts(out, "exact");
        return;
    }
    add_percent(out, row->relative_ci.low);
    strbuf_puts(out, " to ");
    add_percent(out, row->relative_ci.high);
}

static void add_q(struct strbuf *out, double q)
{
    char number[DECIMAL_SIZE] = "-";

    if (!isnan(q))
        decimal_fixed(q, 3, number, sizeof number);
    strbuf_puts(out, number);
}

size_t compare_note(struct compare_notes *notes, const char *text)
{
    for (size_t i = 0; i < notes->n; i++)
        if (strcmp(notes->text[i], text) == 0)
            return i + 1;
    notes->text = memory_grow(notes->text, (notes->n + 1) * sizeof *notes->text);
    notes->text[notes->n++] = text;
    return notes->n;
}

static void add_verdict(struct strbuf *out, const struct compare_row *row,
                        struct compare_notes *notes)
{
    const bool advisory = row->gate != NULL && row->gate->advisory;

    if (advisory && row->verdict != COMPARE_NONE)
        strbuf_puts(out, "advisory ");
    strbuf_puts(out, row->unit == NULL && row->verdict != COMPARE_NONE ? "MISSING"
                     : row->unit == NULL                               ? "new"
                                         : compare_verdict_name(row->verdict));
    if (row->reason[0] != '\0')
        strbuf_printf(out, " [%zu]", compare_note(notes, row->reason));
}

void compare_cell_text(struct strbuf *out, const struct compare_row *row, enum compare_cell cell,
                       struct compare_notes *notes)
{
    const bool both = row->old != NULL && row->new != NULL && row->old->n > 0 && row->new->n > 0;

    if (!both && (cell == CELL_DIFFERENCE || cell == CELL_INTERVAL || cell == CELL_CHANGE))
        strbuf_puts(out, "-");
    else if (cell == CELL_BENCHMARK)
        add_name(out, row->bench);
    else if (cell == CELL_METRIC)
        markup_terminal_add(out, row->unit != NULL ? row->unit : "-");
    else if (cell == CELL_OLD)
        add_median(out, row->old, both, row->old_median);
    else if (cell == CELL_NEW)
        add_median(out, row->new, both, row->new_median);
    else if (cell == CELL_DIFFERENCE)
        add_percent(out, row->relative);
    else if (cell == CELL_INTERVAL)
        add_interval(out, row);
    else if (cell == CELL_Q)
        add_q(out, row->q);
    else if (cell == CELL_CHANGE)
        strbuf_puts(out, compare_change_name(row->change));
    else
        add_verdict(out, row, notes);
}

void compare_notes_free(struct compare_notes *notes)
{
    free(notes->text);
    *notes = (struct compare_notes){.n = 0};
}

char *compare_sentence(const struct comparison *c)
{
    return text_format("%s: of %zu gated results %zu passed, %zu failed, %zu inconclusive",
                       compare_verdict_name(c->verdict), c->n_gated, c->n_verdict[COMPARE_PASS],
                       c->n_verdict[COMPARE_FAIL], c->n_verdict[COMPARE_INCONCLUSIVE]);
}
