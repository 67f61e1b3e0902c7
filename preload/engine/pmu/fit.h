/* fit.h - which events can be counted here, and in which groups.
 *
 * The kernel is reached through four functions, so that a test can put a model of a PMU in its
 * place.
 */
#ifndef PERFGO_PMU_FIT_H
#define PERFGO_PMU_FIT_H

#include "hot/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fit_reading {
    uint64_t enabled_ns, running_ns, value;
};

struct fit_kernel {
    void *context;
    /* Opens an event on the calling thread; group_fd -1: a leader. A descriptor or -errno. */
    int (*open)(void *context, const struct perf_event_attr *attr, int group_fd);
    void (*close)(void *context, int fd);
    /* Lets some time pass on the CPU, until the group was on the hardware or patience is out, and
     * reports the times of the group with that leader. 0 or -errno. */
    int (*observe)(void *context, int leader, uint64_t *enabled_ns, uint64_t *running_ns);
    /* Exercises the CPU (exercise.h) until the event with that descriptor has counted or patience
     * is out, some 0.5 ms, and reports what it then reads. 0 or -errno. */
    int (*exercise)(void *context, int fd, struct fit_reading *out);
};

/* errno values that stand for what only fit_groups can find out */
enum {
    FIT_NEVER_RUNS = 10001,     /* opens alone, and never gets on the hardware */
    FIT_BAD_GROUP = 10002,      /* cannot be scheduled together with its braces */
    FIT_TOO_MANY = 10003,       /* more events or groups than a plan holds */
    FIT_COUNTS_NOTHING = 10004, /* is on the hardware, and reads 0 whatever the CPU does */
};

/* For an event that cannot be counted because of what fit_groups found out: why, as a clause to
 * stand behind its name. False: the number is an errno, or about braces. */
bool fit_reason(int error, char *out, size_t size);

struct fit_event {
    struct perf_event_attr attr; /* in: as resolved; out: as it opens */
    bool software;               /* may join a group of any PMU */
    uint32_t pmu;                /* hardware events with the same number may share a group */
    uint16_t braces;             /* 0: free; else the user's group */
    bool weak;                   /* its braces may be given up */
    bool precise_max;            /* lower precise_ip until it opens */
    bool guests_too;             /* exclude_guest may be given up for a PMU that cannot tell */
    bool kernel_only;            /* in user mode it counts nothing: never set exclude_kernel */
    int error;                   /* out: 0, errno of the open, or FIT_* */
    int group;                   /* out: number of its group, from 0; -1: none */
    bool kernel_denied;          /* out: exclude_kernel had to be set */
};

/* Fills the outputs. Returns the number of groups; members keep their order. With FIT_BAD_GROUP in
 * an event's error the user's braces cannot be honoured. [any thread] */
int fit_groups(const struct fit_kernel *kernel, struct fit_event *events, size_t n);

/* Finds the form in which one event opens, and fills its outputs but `group`. [any thread] */
void fit_alone(const struct fit_kernel *kernel, struct fit_event *event);

/* The real kernel. */
extern const struct fit_kernel fit_real_kernel;

#endif
