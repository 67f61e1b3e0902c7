/* calibrate.c - what a window contains besides the benchmark.
 *
 * A window is two reads: the end of the first and the beginning of the second lie inside it, with
 * the way out of the first hook, the clock readings by which testing starts its timer, and the way
 * into the second hook. None of it is in ns/op. So empty windows are run here as testing would,
 * through the trampoline and around the same clock readings; the median over many is subtracted
 * from every window, per counter, and the spread stays in the record as what subtraction cannot
 * remove. (Go: src/testing/benchmark.go, StartTimer; src/runtime/time_linux_amd64.s, time.now)
 * [constructor]
 */
#include "agent.h"
#include "regions.h"

#include <stdlib.h>
#include <time.h>

enum { WARM_UP = 32, WINDOWS = 255 };

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void empty_window(const struct hook_site *start, const struct hook_site *stop)
{
    struct timespec t;

    pg_call_site(start);
    clock_gettime(CLOCK_REALTIME, &t);
    clock_gettime(CLOCK_MONOTONIC, &t);
    pg_call_site(stop);
}

void calibrate(void)
{
    static uint64_t seen[PG_MAX_COUNTERS][WINDOWS];
    const struct hook_site start = {(uint64_t)(uintptr_t)pg_return, hook_start_timer};
    const struct hook_site stop = {(uint64_t)(uintptr_t)pg_return, hook_stop_timer};
    struct windows_total total;

    for (int i = -WARM_UP; i < WINDOWS; i++) {
        windows_begin_run(agent.windows);
        empty_window(&start, &stop);
        if (i < 0)
            continue;
        windows_total(agent.windows, &total, NULL, 0);
        for (uint32_t c = 0; c < agent.plan.n_counters; c++)
            seen[c][i] = total.total.value[c];
    }
    windows_begin_run(agent.windows);
    if (windows_reads_by_user(agent.windows))
        say_log("hardware counters of the calling thread are read in user mode");
    for (uint32_t c = 0; c < agent.plan.n_counters; c++) {
        struct pg_counter *counter = &agent.plan.counter[c];

        qsort(seen[c], WINDOWS, sizeof seen[c][0], by_value);
        counter->own_cost = seen[c][WINDOWS / 2];
        counter->own_residual = seen[c][WINDOWS * 9 / 10] - seen[c][WINDOWS / 10];
        say_log("%s: %llu per window is not the benchmark's, spread %llu", counter->name,
                (unsigned long long)counter->own_cost, (unsigned long long)counter->own_residual);
    }
    regions_calibrate();
}
