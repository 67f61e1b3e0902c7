/* metrics.h - what is known about metrics: which are derived from which, and which way is better.
 */
#ifndef PERFGO_BENCH_METRICS_H
#define PERFGO_BENCH_METRICS_H

#include "bench/record.h"

enum metric_better { METRIC_EITHER, METRIC_LOWER, METRIC_HIGHER };

/* Adds to a record every derived metric whose inputs are all there, behind the counters. A ratio of
 * counters needs inputs of the same privilege levels; its coverage is the worst one's. */
int metrics_derive(struct record *r, struct pg_error *err);

/* Which way a unit is better ("ns/op", "instructions/op", "IPC"): Go's own units, perfgo's counters
 * and derived metrics, and any other unit per operation (lower). METRIC_EITHER when unknown. */
enum metric_better metrics_better(const char *unit);

/* True when equal code must give equal numbers, so that one run is enough ("assume=exact"). */
bool metrics_exact(const char *unit, const char *backend);

/* Appends "Unit <unit> better=lower assume=exact\n" as benchfmt wants it; nothing when nothing is
 * known. `backend` may be NULL. */
void metrics_unit_line(const char *unit, const char *backend, struct strbuf *out);

struct metrics_derived {
    const char *name, *formula, *source; /* "IPC", "instructions / cycles", who defines it so */
};

/* The i-th row of the table of derived metrics; false behind the last. A name can have several
 * rows, for CPUs that count different things. */
bool metrics_derived_at(size_t i, struct metrics_derived *out);

#endif
