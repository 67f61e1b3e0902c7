/* host.h - the fingerprint of a machine: what must agree before two runs may be compared. */
#ifndef PERFGO_BENCH_HOST_H
#define PERFGO_BENCH_HOST_H

#include <stddef.h>

enum { HOST_MAX_PMUS = 64 };

struct host { /* "" and 0: not known */
    char cpu[128], microcode[32], kernel[136], governor[32], virtualization[64];
    unsigned cpus;
    size_t n_pmus;
    char pmu[HOST_MAX_PMUS][48]; /* sysfs event sources, sorted */
};

/* Reads /proc and /sys; starts nothing. [any thread with libc] */
void host_read(struct host *out);

#endif
