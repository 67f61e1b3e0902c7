/* selftest.h - does the PMU count? A loop of known length, counted. */
#ifndef PERFGO_PMU_SELFTEST_H
#define PERFGO_PMU_SELFTEST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct selftest_counts {
    uint64_t expected;     /* instructions of the loop */
    uint64_t instructions; /* counted over the loop, in user mode */
    uint64_t cycles;       /* only with has_cycles */
    uint64_t enabled_ns, running_ns;
    bool has_cycles;
};

/* Counts the loop on the calling thread: some 0.5 ms. PG_E_UNSUPPORTED when `instructions` cannot
 * be opened here. [any thread] */
int selftest_measure(struct selftest_counts *out, struct pg_error *err);

/* True when the counts can be believed; else `reason` says in a few words what is wrong. Pure. */
bool selftest_judge(const struct selftest_counts *counts, char *reason, size_t size);

#endif
