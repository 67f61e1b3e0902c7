/* compare_selftest.h - could this gate have failed at all? Pure.
 *
 * A gate that passes has said something only if it would have failed for a worse NEW. So every
 * gated result is compared once more with a regression put into it: NEW's own values, with their
 * noise, moved so that their median is just beyond the limit. What must be found then is, for exact
 * metrics, a hair more than the limit; for others, where noise hides a hair, twice the limit (1 %
 * or one unit for a limit of 0). One result at a time: a table in which everything is worse would
 * make each row easier to find.
 */
#ifndef PERFGO_BENCH_COMPARE_SELFTEST_H
#define PERFGO_BENCH_COMPARE_SELFTEST_H

#include "bench/compare.h"

struct compare_proof {
    const struct compare_row *row; /* with a gate */
    /* Differences of the medians in the terms of the gate, as its limit: */
    double injected; /* what had to be found; NAN: there are no numbers to put it into */
    double smallest; /* the smallest that is found; NAN: not even ten times that */
    bool found;
    const char *reason; /* why not; "" when found */
};

struct compare_selftest {
    struct compare_proof *proof; /* of every row with a gate, advisory ones too */
    size_t n;
    size_t n_blocking, n_found;   /* of gates that are not advisory */
    size_t n_idle;                /* such gates that speak of no result at all */
    enum compare_verdict verdict; /* PASS: all of them can fail; INCONCLUSIVE: there is none */
    struct arena arena;           /* private */
};

/* c: what compare_sets gave for these options; it must live as long as the result. */
int compare_selftest(const struct comparison *c, const struct compare_options *options,
                     struct compare_selftest *out, struct pg_error *err);
void compare_selftest_free(struct compare_selftest *s);

#endif
