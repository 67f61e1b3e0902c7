/* compare.h - OLD against NEW: what changed, by how much, is it real, and may it pass. Pure.
 *
 * A verdict is PASS only on evidence: the interval of the difference lies within the limit. It is
 * FAIL only on evidence: the whole interval lies beyond the limit and the test, corrected for the
 * number of rows, calls the difference real. Everything else, and whatever is missing, zero where
 * it cannot be, or implausible, is INCONCLUSIVE, with the reason; so is more time in the median
 * that the quickest runs do not show. Exact metrics need no test: their interval is the range of
 * the values.
 */
#ifndef PERFGO_BENCH_COMPARE_H
#define PERFGO_BENCH_COMPARE_H

#include "bench/benchset.h"
#include "bench/gate.h"
#include "bench/signif.h"

enum compare_verdict {
    COMPARE_NONE, /* no rule speaks of it */
    COMPARE_PASS,
    COMPARE_INCONCLUSIVE,
    COMPARE_FAIL,
};

enum compare_change {                 /* whether or not a rule speaks of it */
                      CHANGE_UNKNOWN, /* too few samples, or not comparable */
                      CHANGE_NONE,    /* not distinguishable from noise, or equal */
                      CHANGE_BETTER,
                      CHANGE_WORSE,
                      CHANGE_DIFFERENT, /* real, but nobody said which way is better */
};

struct compare_row {
    const struct bench *bench;      /* of OLD, or of NEW when it is new */
    const char *unit;               /* NULL: the benchmark as a whole is missing or new */
    const struct sample *old, *new; /* NULL: absent */
    double old_median, new_median;
    double relative, absolute; /* difference of the medians; relative may be infinite */
    struct signif_interval relative_ci, absolute_ci;
    bool exact, paired; /* paired: the intervals are of values in turns */
    double p, q;        /* NAN: not tested */
    /* The noise floor: how far the medians of OLD and of a control, which is OLD once more, are
     * apart. NAN: there is no control, or it lacks the metric. */
    double relative_noise, absolute_noise;
    enum compare_change change;
    enum compare_verdict verdict;
    const struct gate *gate; /* the rule that spoke; the last one that matches */
    const char *reason;      /* why INCONCLUSIVE or FAIL; empty otherwise */
};

struct compare_options {
    const struct gate *gate; /* n_gates; none: the defaults */
    size_t n_gates;
    double alpha;                   /* 0.05 */
    double confidence;              /* of the intervals: 0.95 */
    bool force;                     /* gate time across CPU models all the same */
    bool allow_drop;                /* a fall to a tenth is plausible */
    const struct benchset *control; /* OLD measured once more, sorted; NULL: there is none */
};

struct comparison {
    struct compare_row *row; /* in OLD's order, then what is new */
    size_t n_rows, n_gated, n_tests;
    size_t n_verdict[COMPARE_FAIL + 1]; /* of gated, not advisory rows */
    size_t n_advisory_fail;
    enum compare_verdict verdict; /* never NONE */
    struct strbuf reasons;        /* of the whole verdict, one sentence per line */
    struct strbuf differences;    /* of the two sides' facts, one per line; empty: none */
    bool other_cpu;               /* private: see compare_priv.h */
    struct gate *defaults;        /* private */
    struct arena arena;           /* private: of the reasons */
};

/* Both sets must have been sorted (benchset_sort) and must live as long as the result. */
int compare_sets(const struct benchset *old, const struct benchset *new,
                 const struct compare_options *options, struct comparison *out,
                 struct pg_error *err);
void compare_free(struct comparison *c);

const char *compare_verdict_name(enum compare_verdict v); /* "PASS" …; "-" for NONE */
const char *compare_change_name(enum compare_change c);   /* "worse" … */

#endif
