/* self.h - what a thread can tell about itself without entering the kernel. */
#ifndef PERFGO_HOT_SELF_H
#define PERFGO_HOT_SELF_H

#include "thread_key.h" /* hot/arch/<cpu>/ */

#include <stdbool.h>
#include <time.h>

struct hot_self {
    bool has_key;                               /* self_key() works here */
    int (*clock)(clockid_t, struct timespec *); /* the vDSO's clock_gettime, or NULL */
};

/* The clock that runs as fast as the kernel's task-clock: neither is slewed by NTP. Needs
 * self->clock. [any thread] */
static inline uint64_t hot_self_clock(const struct hot_self *self)
{
    struct timespec t = {0, 0};

    self->clock(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
