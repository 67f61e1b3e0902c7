/* compare_cells.c - what tables and markdown have in common. */
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

static char *name_text(const struct bench *b)
{
    const char *name =
        strncmp(b->name, "Benchmark", 9) == 0 && b->name[9] != '\0' ? b->name + 9 : b->name;
    char *plain = markup_terminal(name);
    char *text = b->procs > 1 ? text_format("%s-%u", plain, b->procs) : text_copy(plain);

    free(plain);
    return text;
}

static char *median_text(const struct sample *s, double median)
{
    char number[64];

    if (s == NULL || s->n == 0)
        return text_copy("-");
    output_round(median, number, sizeof number);
    return text_copy(number);
}

static char *percent_text(double x)
{
    if (isinf(x))
        return text_copy(x > 0 ? "from 0" : "below 0");
    return text_format("%+.*f%%", fabs(x) < 0.1 ? 2 : 1, 100 * x);
}

static char *interval_text(const struct compare_row *row)
{
    char *low, *high, *text;

    if (row->exact && row->old->value[0] == row->old->value[row->old->n - 1] &&
        row->new->value[0] == row->new->value[row->new->n - 1])
        return text_copy("exact");
    low = percent_text(row->relative_ci.low);
    high = percent_text(row->relative_ci.high);
    text = text_format("%s to %s", low, high);
    free(low);
    free(high);
    return text;
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

static char *verdict_text(const struct compare_row *row, struct compare_notes *notes)
{
    const char *advisory = row->gate != NULL && row->gate->advisory ? "advisory " : "";
    const char *name = row->unit == NULL && row->verdict != COMPARE_NONE ? "MISSING"
                       : row->unit == NULL                               ? "new"
                                           : compare_verdict_name(row->verdict);

    if (row->verdict == COMPARE_NONE)
        advisory = "";
    if (row->reason[0] == '\0')
        return text_format("%s%s", advisory, name);
    return text_format("%s%s [%zu]", advisory, name, compare_note(notes, row->reason));
}

char *compare_cell_text(const struct compare_row *row, enum compare_cell cell,
                        struct compare_notes *notes)
{
    const bool both = row->old != NULL && row->new != NULL && row->old->n > 0 && row->new->n > 0;

    switch (cell) {
    case CELL_BENCHMARK:
        return name_text(row->bench);
    case CELL_METRIC:
        return row->unit != NULL ? markup_terminal(row->unit) : text_copy("-");
    case CELL_OLD:
        return median_text(row->old, both ? row->old_median
                                     : row->old != NULL && row->old->n > 0
                                         ? row->old->value[row->old->n / 2]
                                         : 0);
    case CELL_NEW:
        return median_text(row->new, both ? row->new_median
                                     : row->new != NULL && row->new->n > 0
                                         ? row->new->value[row->new->n / 2]
                                         : 0);
    case CELL_DIFFERENCE:
        return both ? percent_text(row->relative) : text_copy("-");
    case CELL_INTERVAL:
        return both ? interval_text(row) : text_copy("-");
    case CELL_Q:
        return isnan(row->q) ? text_copy("-") : text_format("%.3f", row->q);
    case CELL_CHANGE:
        return text_copy(both ? compare_change_name(row->change) : "-");
    case CELL_VERDICT:
    case CELLS:
        break;
    }
    return verdict_text(row, notes);
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
