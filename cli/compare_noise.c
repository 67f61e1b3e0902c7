/* compare_noise.c - how much two measurements of the same code differ here and now. */
#include "base/strbuf.h"
#include "bench/stats.h"
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An earlier row had this unit, and its line speaks of this one too. */
static bool told(const struct comparison *c, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (c->row[i].unit != NULL && strcmp(c->row[i].unit, c->row[row].unit) == 0 &&
            isfinite(c->row[i].relative_noise))
            return true;
    return false;
}

static void unit_line(const struct comparison *c, const char *unit, double *noise,
                      struct strbuf *out)
{
    const struct compare_row *worst = NULL;
    struct strbuf who = {0};
    size_t n = 0;

    for (size_t i = 0; i < c->n_rows; i++) {
        const struct compare_row *row = &c->row[i];

        if (row->unit == NULL || strcmp(row->unit, unit) != 0 || !isfinite(row->relative_noise))
            continue;
        noise[n++] = row->relative_noise;
        if (worst == NULL || row->relative_noise > worst->relative_noise)
            worst = row;
    }
    stats_sort(noise, n);
    compare_cell_text(&who, worst, CELL_BENCHMARK, NULL);
    strbuf_puts(out, "noise floor of ");
    markup_terminal_add(out, unit);
    strbuf_printf(out, ": %.2f%%", 100 * stats_median(noise, n));
    if (n > 1)
        strbuf_printf(out, " in the median of %zu benchmarks, %.2f%% at worst (%s)", n,
                      100 * worst->relative_noise, who.text);
    strbuf_printf(out, "\n");
    strbuf_free(&who);
}

char *compare_noise(const struct comparison *c)
{
    double *noise = memory_grow(NULL, (c->n_rows + 1) * sizeof *noise);
    struct strbuf out = {0};
    char *text;

    for (size_t i = 0; i < c->n_rows; i++)
        if (c->row[i].unit != NULL && isfinite(c->row[i].relative_noise) && !told(c, i))
            unit_line(c, c->row[i].unit, noise, &out);
    text = text_copy(out.text != NULL ? out.text : "");
    strbuf_free(&out);
    free(noise);
    return text;
}
