/* benchset_priv.h - filling a set, between benchset.c and benchset_text.c. */
#ifndef PERFGO_BENCH_BENCHSET_PRIV_H
#define PERFGO_BENCH_BENCHSET_PRIV_H

#include "bench/benchset.h"

struct benchset_unit {
    const char *name;
    enum metric_better better; /* what is known of the name */
    /* What Unit lines of the text that is being read say: */
    bool exact, has_better;
    enum metric_better text_better;
};

int benchset_no_memory(struct pg_error *err);

/* Each finds its entry or makes it; strings are copied when it is new. */
int benchset_unit_for(struct benchset *s, const char *name, size_t *out, struct pg_error *err);
int benchset_bench_for(struct benchset *s, const struct bench *key, size_t *out,
                       struct pg_error *err);
int benchset_sample_for(struct benchset *s, size_t bench, const char *unit, struct sample **out,
                        struct pg_error *err);

/* NULL when there is none. */
struct sample *benchset_sample_at(const struct benchset *s, size_t bench, const char *unit);

/* A value that is not usable or not finite is counted, not kept. */
int benchset_add_value(struct sample *x, double value, bool usable, struct pg_error *err);

/* Joins a value to a fact that may have several. */
int benchset_add_fact(struct benchset *s, enum benchset_fact fact, const char *value,
                      struct pg_error *err);

#endif
