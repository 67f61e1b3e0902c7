/* hook_abi.h - what the Go package gohook and libperfgo.so agree on. Both sides compile it.
 *
 * libperfgo.so exports one function, perfgo_hook(), which hands out a table of functions; the
 * package refuses a table of another version. Nothing here depends on any other header of perfgo,
 * so that the package can be copied away from the source tree.
 *
 * Every function may be called on any thread that libc made (with cgo all of Go's are), and from
 * several at once; but one counter is used by one caller at a time. Those marked [fast] make no
 * allocation and take no lock for long. Where a function fails it returns -errno, or -1 when no
 * system call did, and fills *err.
 */
#ifndef PERFGO_HOOK_ABI_H
#define PERFGO_HOOK_ABI_H

#include <stddef.h>
#include <stdint.h>

#define PERFGO_HOOK_VERSION 1u /* raised with every change below */

enum {
    PERFGO_HOOK_EVENTS = 48, /* in one plan */
    PERFGO_HOOK_GROUPS = 16, /* that the kernel schedules as one */
    PERFGO_HOOK_TEXT = 480,
};

/* Why something failed; the sentinel errors of the package. */
enum perfgo_hook_code {
    PERFGO_HOOK_OK,
    PERFGO_HOOK_FAILED,
    PERFGO_HOOK_NO_PMU,      /* a hardware event, and no hardware that counts it */
    PERFGO_HOOK_PERMISSION,  /* the kernel forbids it */
    PERFGO_HOOK_UNSUPPORTED, /* this kernel, machine or scope cannot */
    PERFGO_HOOK_INVALID,     /* the event list does not parse, or names an unknown event */
    PERFGO_HOOK_LIMIT,       /* descriptors or memory */
};

struct perfgo_hook_error {
    int32_t code;                /* enum perfgo_hook_code */
    int32_t number;              /* errno, or 0 */
    char text[PERFGO_HOOK_TEXT]; /* one sentence */
};

/* One event of a plan. Its value in a unit that people read is raw * scale. */
struct perfgo_hook_event {
    char name[96]; /* as in the list: "cycles:u" */
    char unit[96]; /* per operation, as on a benchmark line: "task-ns/op" */
    double scale;
    uint32_t group;    /* index of its times in perfgo_hook_counts */
    uint8_t has_times; /* 0: always counting, so its coverage is 1 */
    uint8_t user_only; /* kernel mode is left out, for want of permission or by its modifiers */
    uint8_t is_clock;  /* nanoseconds of CPU time */
    char backend[16];  /* "pmu", "software", "timer" */
};

struct perfgo_hook_counts {
    uint64_t value[PERFGO_HOOK_EVENTS];
    uint64_t enabled_ns[PERFGO_HOOK_GROUPS], running_ns[PERFGO_HOOK_GROUPS];
};

/* A list of events that was parsed, resolved and tried on this machine. */
struct perfgo_hook_plan {
    uint32_t n_events;
    struct perfgo_hook_event event[PERFGO_HOOK_EVENTS];
    char note[512]; /* what is not counted and why; "" when all is well */
};

enum perfgo_hook_scope {
    PERFGO_HOOK_PROCESS, /* all threads there are and will be */
    PERFGO_HOOK_THREADS, /* those given, and those that join */
};

/* A counter as its owner sees it; filled by the functions marked "counts". */
struct perfgo_hook_counter {
    struct perfgo_hook_counts counts; /* over the closed windows, and up to `read` of an open one */
    uint64_t windows;                 /* closed ones */
    uint32_t threads;                 /* that are counted now */
    uint32_t missed;                  /* threads of the process that could not be */
    uint32_t running;                 /* a window is open */
};

/* What a benchmark under way is measured with. */
enum perfgo_hook_state {
    PERFGO_HOOK_IDLE,  /* the process was not asked to run benchmarks, or nothing could be done */
    PERFGO_HOOK_ARMED, /* hooks and counters are in place; metrics are on Go's lines */
    PERFGO_HOOK_SIMULATE, /* the same under Valgrind, whose counts are not to be had from inside */
};

struct profiling; /* opaque */
struct perfgo_hook_sums {
    uint64_t taken, lost; /* samples */
    uint64_t missed;      /* threads that could not be sampled */
};

/* return type, name, parameters */
#define PERFGO_HOOK_FUNCTIONS(X)                                                                 \
    /* events NULL or "": the default set of the machine. partial: leave out what cannot be      \
       counted, unless that is all. */                                                           \
    X(int, plan,                                                                                 \
      (const char *events, int partial, struct perfgo_hook_plan **, struct perfgo_hook_error *)) \
    X(void, plan_free, (struct perfgo_hook_plan *))                                              \
    /* The plan is borrowed until close. tid: for PERFGO_HOOK_THREADS. Nothing is left open when \
       it fails. */                                                                              \
    X(int, open,                                                                                 \
      (const struct perfgo_hook_plan *, int scope, const int32_t *tid, size_t n,                 \
       struct perfgo_hook_counter **, struct perfgo_hook_error *))                               \
    X(void, close, (struct perfgo_hook_counter *))                                               \
    /* The calling thread joins or leaves a set; what it counted stays. */                       \
    X(int, join, (struct perfgo_hook_counter *, struct perfgo_hook_error *))                     \
    X(void, leave, (struct perfgo_hook_counter *))                                               \
    X(void, start, (struct perfgo_hook_counter *)) /* [fast] */                                  \
    X(void, stop, (struct perfgo_hook_counter *))  /* [fast] counts */                           \
    X(void, read, (struct perfgo_hook_counter *))  /* [fast] counts */                           \
    X(void, reset, (struct perfgo_hook_counter *)) /* [fast] counts */                           \
    /* Attaches a loaded BPF program to an event (index in the plan) on all threads. */          \
    X(int, attach_bpf,                                                                           \
      (struct perfgo_hook_counter *, uint32_t event, int fd, struct perfgo_hook_error *))        \
    X(int, state, (void))                                                                        \
    /* The plan of the armed process, which is not to be freed; NULL when it is not armed. */    \
    X(const struct perfgo_hook_plan *, armed_plan, (void))                                       \
    /* What the timer's windows of the benchmark under way counted so far, perfgo's own share    \
       taken off. */                                                                             \
    X(void, armed_read, (struct perfgo_hook_counts *))                                           \
    /* The counter's window follows the timer of the benchmark under way: 0 when it will, until  \
       follow(NULL). */                                                                          \
    X(int, follow, (struct perfgo_hook_counter *, struct perfgo_hook_error *))                   \
    /* A number for a region's name, the same each time; -1: too long, or too many. */           \
    X(int, region, (const char *name, size_t size))                                              \
    X(void, region_begin, (int region)) /* [fast] */                                             \
    X(void, region_end, (int region))   /* [fast] */                                             \
    /* Samples all threads until profile_finish; events "": CPU time. */                         \
    X(int, profile_start,                                                                        \
      (const char *events, uint64_t freq, struct profiling **, struct perfgo_hook_error *))      \
    /* To be called now and then, before rings are full. */                                      \
    X(int, profile_drain, (struct profiling *, struct perfgo_hook_error *))                      \
    /* Ends it in any case. *bytes: pprof, for free(3); NULL: no sample. */                      \
    X(int, profile_finish,                                                                       \
      (struct profiling *, const char *name, char **bytes, size_t *size,                         \
       struct perfgo_hook_sums *, struct perfgo_hook_error *))

struct perfgo_hook_api {
    uint32_t version; /* PERFGO_HOOK_VERSION */
    uint32_t size;    /* sizeof(struct perfgo_hook_api) */
#define PERFGO_HOOK_MEMBER(type, name, params) type(*name) params;
    PERFGO_HOOK_FUNCTIONS(PERFGO_HOOK_MEMBER)
#undef PERFGO_HOOK_MEMBER
};

/* The table. Threads made after the first call are known from their first instruction on. */
const struct perfgo_hook_api *perfgo_hook(void);

#endif
