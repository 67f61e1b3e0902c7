/* count.h - perf events for small test programs in the lab. */
#ifndef PERFGO_TESTS_PMU_COUNT_H
#define PERFGO_TESTS_PMU_COUNT_H

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct counted {
    uint64_t value, enabled, running;
};

/* A hardware event of the calling thread, in user mode unless flags say otherwise. */
static inline struct perf_event_attr hardware(uint64_t config)
{
    return (struct perf_event_attr){.type = PERF_TYPE_HARDWARE,
                                    .size = sizeof(struct perf_event_attr),
                                    .config = config,
                                    .exclude_kernel = 1,
                                    .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                   PERF_FORMAT_TOTAL_TIME_RUNNING};
}

static inline int event_open(const struct perf_event_attr *attr, int group)
{
    long fd = syscall(SYS_perf_event_open, attr, 0, -1, group, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

static inline struct counted event_read(int fd)
{
    struct counted c = {0, 0, 0};

    if (read(fd, &c, sizeof c) != sizeof c)
        perror("read");
    return c;
}

/* Exactly 4 * turns instructions. */
static inline void spin(uint64_t turns)
{
    uint64_t a = 0, b = 0;

    __asm__ volatile("1: add %1, %1, #1\n\tadd %2, %2, #1\n\tsubs %0, %0, #1\n\tb.ne 1b"
                     : "+r"(turns), "+r"(a), "+r"(b)
                     :
                     : "cc");
}

#endif
