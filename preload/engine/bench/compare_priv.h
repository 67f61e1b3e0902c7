/* compare_priv.h - the verdict of one row, between compare.c and compare_verdict.c. */
#ifndef PERFGO_BENCH_COMPARE_PRIV_H
#define PERFGO_BENCH_COMPARE_PRIV_H

#include "bench/compare.h"

struct compare_context {
    const struct benchset *old, *new;
    const struct compare_options *options;
    size_t n_tests;
    struct arena *arena;     /* of reasons that are put together */
    const char *last_reason; /* the last of them: neighbours often have the same */
    bool other_cpu;          /* the two sides are of different CPU models, or it is not known */
};

/* Any fixed number: the same files always give the same intervals. */
#define COMPARE_SEED 20090331

/* Medians, differences, intervals and p of a row whose samples are known and sorted. */
int compare_measure(struct signif_cache *cache, struct bootstrap *boot, struct compare_row *row,
                    struct pg_error *err);

/* Does the rule speak of any result? */
bool compare_gate_used(const struct comparison *c, const struct gate *g);

/* The number is a time, or a rate or a count that depends on one. */
bool compare_is_timelike(const char *unit);

/* change, then verdict and reason, from the numbers, q and the gate. */
void compare_judge(struct compare_context *c, struct compare_row *row);

#endif
