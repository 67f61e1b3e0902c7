#include "base/spread.h"

#include <math.h>

static unsigned bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < SPREAD_STEPS)
        return (unsigned)value;
    shift = 59u - (unsigned)__builtin_clzll(value); /* value >> shift is in [16, 32) */
    return (shift + 1) * SPREAD_STEPS + (unsigned)(value >> shift) - SPREAD_STEPS;
}

/* The middle of a bucket. */
static uint64_t value_of(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * SPREAD_STEPS)
        return bucket;
    shift = bucket / SPREAD_STEPS - 1;
    return (((uint64_t)(bucket % SPREAD_STEPS + SPREAD_STEPS) << shift) + (1ull << shift) / 2);
}

void spread_add(struct spread *s, uint64_t value)
{
    s->bucket[bucket_of(value)]++;
    s->n++;
}

uint64_t spread_quantile(const struct spread *s, double q)
{
    const uint64_t rank = (uint64_t)ceil(q * (double)s->n);
    uint64_t seen = 0;

    for (unsigned i = 0; s->n > 0 && i < SPREAD_BUCKETS; i++) {
        seen += s->bucket[i];
        if (seen >= rank && seen > 0)
            return value_of(i);
    }
    return 0;
}
