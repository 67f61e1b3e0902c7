/* self_arch.h (amd64) - what a thread knows without a system call: who it is, and the time. */
#ifndef PERFGO_HOT_ARCH_SELF_ARCH_H
#define PERFGO_HOT_ARCH_SELF_ARCH_H

#include <stdint.h>
#include <time.h>

struct hot_self {
    bool has_key;                               /* self_key() works here */
    bool has_clock;                             /* hot_self_clock() does */
    int (*clock)(clockid_t, struct timespec *); /* the vDSO's clock_gettime */
};

/* The thread pointer, whoever set it: no two living threads have the same. */
static inline uint64_t self_key(void)
{
    uint64_t base;

    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

/* The vDSO's clock uses integer registers only; a hook lets it clobber no more than calls of Go's
 * own do. */
static inline uint64_t hot_self_clock(const struct hot_self *self)
{
    struct timespec t = {0, 0};

    self->clock(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
