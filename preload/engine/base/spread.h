/* spread.h - how many values of what size: quantiles of millions of values in a fixed room. */
#ifndef PERFGO_BASE_SPREAD_H
#define PERFGO_BASE_SPREAD_H

#include <stdint.h>

enum { SPREAD_STEPS = 16, SPREAD_BUCKETS = 61 * SPREAD_STEPS };

/* Values below 16 are exact; above, each power of two has 16 buckets, so a quantile is off by 3 %
 * at most. Zero-initialised is empty. (the log-linear buckets of HdrHistogram) */
struct spread {
    uint64_t n;
    uint64_t bucket[SPREAD_BUCKETS];
};

void spread_add(struct spread *s, uint64_t value);

/* The value that a share q (0 to 1) of the values does not exceed; 0 when there is none. */
uint64_t spread_quantile(const struct spread *s, double q);

#endif
