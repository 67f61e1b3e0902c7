/* stats.h - descriptive statistics over repeats of one benchmark. Pure; [any thread]. */
#ifndef PERFGO_BENCH_STATS_H
#define PERFGO_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct stats {
    size_t n;
    double min, q1, median, q3, max, mean;
    double stddev; /* of the sample, n - 1; 0 for n < 2 */
};

/* Ascending; finite values. */
void stats_sort(double *values, size_t n);
bool stats_is_sorted(const double *values, size_t n);

/* Sorts `values` in place and describes them. All 0 for n = 0. Values must be finite. */
struct stats stats_describe(double *values, size_t n);

/* The median of sorted values; n is at least 1. */
double stats_median(const double *sorted, size_t n);

/* Quantile 0 <= q <= 1 of sorted values: Hyndman and Fan's type 8, median-unbiased. */
double stats_quantile(const double *sorted, size_t n, double q);

/* Geometric mean; NAN when n = 0 or a value is not above 0. */
double stats_geomean(const double *values, size_t n);

#endif
