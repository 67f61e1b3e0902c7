/* simulate.h - counts from Valgrind's callgrind instead of a PMU.
 *
 * Under `perfgo exec --backend=simulate` the test binary runs in callgrind; the agent switches its
 * instrumentation on inside the timer's windows only and asks for a dump at the end of each run of
 * a benchmark. A dump is a text file; its totals are the counts. (Valgrind manual, "Callgrind: a
 * call-graph generating cache and branch prediction profiler", section on the callgrind format)
 */
#ifndef PERFGO_PMU_SIMULATE_H
#define PERFGO_PMU_SIMULATE_H

#include "base/error.h"
#include "hot/plan.h"

/* The plan of a simulated run: instructions, loads, stores, L1-misses, LL-misses, branches,
 * branch-misses, all PG_SOURCE_SIMULATE. `events` NULL: all of them; else a comma list of these
 * names. [any thread] */
int simulate_plan(const char *events, struct pg_plan *plan, struct pg_error *err);

/* Reads the totals of a dump into out->value, for the counters of a plan. PG_E_NOTFOUND when the
 * file is not there, PG_E_FORMAT when it is cut short or lacks an event. [recorder] */
int simulate_read(const char *path, const struct pg_plan *plan, struct pg_counts *out,
                  struct pg_error *err);

#endif
