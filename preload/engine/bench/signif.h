/* signif.h - is a difference more than noise? Rank test, bootstrap, false discoveries. Pure; the
 * same input always gives the same output. [any thread] */
#ifndef PERFGO_BENCH_SIGNIF_H
#define PERFGO_BENCH_SIGNIF_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Null distributions, which depend on the sample sizes and on where ties are alone: kept here from
 * row to row of a table, as far as they are few. Zero-initialised is empty. One thread at a time.
 */
enum { SIGNIF_BUCKETS = 1024 };
struct signif_cache {
    struct null_distribution *bucket[SIGNIF_BUCKETS];
    size_t bytes;
};
void signif_cache_free(struct signif_cache *cache);

/* Two-sided p value of the Mann-Whitney U test of a[n] against b[m], finite values in any order
 * (sorted ones are quicker); NAN when there is nothing to test: a side is empty or all values are
 * equal. */
int signif_mann_whitney(struct signif_cache *cache, const double *a, size_t n, const double *b,
                        size_t m, double *p, struct pg_error *err);

/* The smallest p value that n samples against m can give, however far apart they are; 1 when a side
 * is empty. */
double signif_least_p(size_t n, size_t m);

/* Samples per side so that one real difference among `tests` can be found at level alpha after
 * signif_fdr; 0 when even 100 would not do. */
size_t signif_samples(double alpha, size_t tests);

/* Benjamini and Hochberg's adjusted p values: reporting what has q <= alpha keeps the expected
 * share of false reports below alpha. NAN (not tested) stays NAN and does not count as a test. p
 * and q may be the same array. */
int signif_fdr(const double *p, size_t n, double *q, struct pg_error *err);

struct signif_interval {
    double low, high;
};

/* Resamples are drawn once per sample size and kept here, so that a table of thousands of rows
 * costs little. One thread at a time. */
struct bootstrap;
/* confidence: 0.5 to 0.99; of the intervals. */
int bootstrap_new(uint64_t seed, double confidence, struct bootstrap **out, struct pg_error *err);
void bootstrap_free(struct bootstrap *b); /* NULL is fine */

/* Percentile intervals of median(b) - median(a): in the unit of the values, and as a fraction of
 * |median(a)| (infinite where that is 0 and median(b) is not). Both arrays sorted ascending,
 * finite, n and m at least 1. */
int bootstrap_medians(struct bootstrap *boot, const double *a, size_t n, const double *b, size_t m,
                      struct signif_interval *absolute, struct signif_interval *relative,
                      struct pg_error *err);

/* Of the median of one side; sorted ascending, finite, n at least 1. */
int bootstrap_median(struct bootstrap *boot, const double *sorted, size_t n,
                     struct signif_interval *out, struct pg_error *err);

/* bootstrap_medians of values that were measured side by side, a[i] and b[i] in one turn: a
 * resample draws turns, so that what moved both sides moves neither end of the interval. Any order;
 * n at least 1.
 */
int bootstrap_paired(struct bootstrap *boot, const double *a, const double *b, size_t n,
                     struct signif_interval *absolute, struct signif_interval *relative,
                     struct pg_error *err);

/* (b - a) / |a|: 0 for 0 against 0, infinite for anything else against 0. */
double signif_relative(double a, double b);

#endif
