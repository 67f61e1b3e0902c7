/* plan.h - what is counted: the one description that planner, hooks, records and reports share.
 *
 * pmu/ turns an event list into a plan, the agent opens the plan's groups on every thread, bench/
 * turns counts into metrics. A plan is plain data: no pointers, so code on a Go thread can use it
 * with nothing but loads.
 *
 * Terms: an EVENT is one perf_event_attr; a GROUP is a set of events that the kernel schedules and
 * reads together; a COUNTER is what a user asked for and sees by name. A counter is read from an
 * event of a group, from the thread's CPU clock, or from getrusage of the process.
 */
#ifndef PERFGO_HOT_PLAN_H
#define PERFGO_HOT_PLAN_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    PG_MAX_GROUPS = 16,
    PG_MAX_EVENTS = 48,       /* all groups together */
    PG_MAX_GROUP_EVENTS = 16, /* in one group */
    PG_MAX_COUNTERS = 48,
    PG_MAX_SAMPLING = 4, /* events that are sampled at the same time */
    PG_NAME_SIZE = 96,
};

/* Where a counter's value comes from. */
enum pg_source {
    PG_SOURCE_PERF,         /* read(2) of the thread's perf event group */
    PG_SOURCE_THREAD_CLOCK, /* clock_gettime of the thread's CPU clock, nanoseconds */
    PG_SOURCE_RUSAGE,       /* getrusage(RUSAGE_SELF): the whole process, no per-thread value */
    PG_SOURCE_SIMULATE,     /* Valgrind's callgrind: the whole process, no per-thread value */
};

/* Which back end delivered a counter (product.md, "Back ends"). */
enum pg_backend {
    PG_BACKEND_AUTO, /* only in settings: take the best that works */
    PG_BACKEND_PMU,
    PG_BACKEND_SOFTWARE,
    PG_BACKEND_TIMER,
    PG_BACKEND_SIMULATE,
};

enum pg_rusage_field { PG_RUSAGE_PAGE_FAULTS, PG_RUSAGE_CONTEXT_SWITCHES, PG_RUSAGE_FIELDS };

struct pg_event {
    struct perf_event_attr attr; /* opened per thread, cpu -1; `disabled` is the opener's */
    uint8_t group;               /* index into plan.group */
};

struct pg_group {
    uint8_t first_event; /* its events are plan.event[first_event .. first_event+n_events) */
    uint8_t n_events;    /* the first one is the leader */
};

struct pg_counter {
    char name[PG_NAME_SIZE];  /* perf's name with modifiers: "instructions", "cycles:u",
                                 "page-faults" */
    char unit[PG_NAME_SIZE];  /* as on the benchmark line: "instructions/op", "task-ns/op" */
    char whole[PG_NAME_SIZE]; /* on one of several kinds of cores: the name that stands for all of
                                 them, "instructions"; else "" */
    uint8_t source;           /* enum pg_source */
    uint8_t backend;          /* enum pg_backend */
    uint8_t event;            /* PG_SOURCE_PERF: index into plan.event */
    uint8_t rusage;           /* PG_SOURCE_RUSAGE: enum pg_rusage_field */
    bool exclude_kernel;      /* counted in user mode only */
    double scale;             /* value = raw * scale (sysfs .scale; 1 otherwise) */
    uint64_t own_cost;     /* perfgo's own share per window, raw like pg_counts; to be subtracted */
    uint64_t own_residual; /* spread of that share per window: what subtraction cannot remove */
};

struct pg_sampling_event {
    struct perf_event_attr attr; /* opened per thread, cpu -1 */
    char name[PG_NAME_SIZE];     /* perf's name with modifiers */
    bool clock;                  /* it counts nanoseconds of CPU time */
};

/* How threads are sampled. With perf events, those of a thread share one ring, in the format of
 * event[0].attr; the timer back end fills a ring of its own in the same format. */
struct pg_sampling {
    uint32_t n_events; /* 0: threads are not sampled */
    bool waits;        /* event[0] is the context switch, with records of both its sides; times
                          are CLOCK_MONOTONIC_RAW */
    struct pg_sampling_event event[PG_MAX_SAMPLING];
    uint8_t backend;     /* enum pg_backend */
    uint32_t page_size;  /* of memory */
    uint32_t ring_pages; /* wanted for the records of a thread; a power of 2 */
    bool native;         /* samples hold what native code can be unwound by */
    uint32_t max_stack;  /* a callchain with that many addresses may go on */
    char note[512];      /* one sentence on what could not be had; may be "" */
};

struct pg_plan {
    uint32_t n_groups, n_events, n_counters;
    struct pg_group group[PG_MAX_GROUPS];
    struct pg_event event[PG_MAX_EVENTS];
    struct pg_counter counter[PG_MAX_COUNTERS];
    struct pg_sampling sampling;
    uint8_t backend; /* enum pg_backend: the best one in use */
    char
        note[512]; /* one sentence: which back end is used and why better ones are not; may be "" */
};

/* What was counted over some windows, by one thread or by all. Indexed like plan.counter and
 * plan.group. Raw: neither scaled nor corrected for perfgo's own cost. */
struct pg_counts {
    uint64_t value[PG_MAX_COUNTERS];
    uint64_t enabled_ns[PG_MAX_GROUPS]; /* time the group was enabled on running threads */
    uint64_t running_ns[PG_MAX_GROUPS]; /* time it was really on the hardware */
};

#endif
