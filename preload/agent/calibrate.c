/* calibrate.c - perfgo's own share of a window.
 *
 * A window is two reads, and the end of the first and the beginning of the second lie inside it.
 * Empty windows on the thread that will run Go's main show how much that is, per counter; the
 * median of many is subtracted from every window, and the spread stays in the record as what
 * subtraction cannot remove. [constructor]
 */
#include "agent.h"

#include <stdlib.h>

enum { WARM_UP = 32, WINDOWS = 255 };

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void calibrate(struct windows *w, struct pg_plan *plan)
{
    static uint64_t seen[PG_MAX_COUNTERS][WINDOWS];
    struct windows_total total;

    for (int i = -WARM_UP; i < WINDOWS; i++) {
        windows_begin_run(w);
        windows_start(w);
        windows_stop(w);
        if (i < 0)
            continue;
        windows_total(w, &total, NULL, 0);
        for (uint32_t c = 0; c < plan->n_counters; c++)
            seen[c][i] = total.total.value[c];
    }
    windows_begin_run(w);
    for (uint32_t c = 0; c < plan->n_counters; c++) {
        qsort(seen[c], WINDOWS, sizeof seen[c][0], by_value);
        plan->counter[c].own_cost = seen[c][WINDOWS / 2];
        plan->counter[c].own_residual = seen[c][WINDOWS * 9 / 10] - seen[c][WINDOWS / 10];
        say_log("%s: %llu per window is perfgo's own, spread %llu", plan->counter[c].name,
                (unsigned long long)plan->counter[c].own_cost,
                (unsigned long long)plan->counter[c].own_residual);
    }
}
