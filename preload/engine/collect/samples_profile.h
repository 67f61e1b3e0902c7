/* samples_profile.h - the stacks of a benchmark as a profile. */
#ifndef PERFGO_COLLECT_SAMPLES_PROFILE_H
#define PERFGO_COLLECT_SAMPLES_PROFILE_H

#include "collect/places.h"
#include "collect/samples.h"

struct samples_subject {
    const struct pg_sampling *sampling;
    const struct places *places;
    const char *benchmark, *package;
    const char *tags;             /* "key=value,…" or NULL */
    uint32_t procs;               /* 0: not known */
    uint32_t runs;                /* repetitions in it */
    uint64_t unsampled;           /* threads that could not be sampled */
    int64_t time_ns, duration_ns; /* when it began; the timed region */
    const char *const *region; /* HOT_REGIONS names, by the bit in samples; NULL: none are named */
};

/* The caller frees with profile_free. [any thread with libc] */
int samples_profile(const struct samples *s, const struct samples_subject *subject,
                    struct profile **out, struct pg_error *err);

#endif
