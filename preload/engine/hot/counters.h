/* counters.h - the counters of one thread: open, read, close.
 *
 * Counters are opened enabled and never toggled: a window is two reads and a subtraction, because
 * one read costs a quarter of a disable/enable pair (design: hooking.md, section 6).
 *
 * Idle threads are recognised without a system call: one page of the thread's first event is
 * mapped, and the kernel bumps `lock` in it whenever the thread is scheduled in. A thread whose
 * `lock` and counts did not change between two reads was not running at the second, and as long as
 * `lock` stays the same it has not run since, so its last counts still hold. (linux/perf_event.h,
 * struct perf_event_mmap_page)
 */
#ifndef PERFGO_HOT_COUNTERS_H
#define PERFGO_HOT_COUNTERS_H

#include "hot/plan.h"

#include <stddef.h>

struct hot_self; /* self.h */

/* Since when the thread has not been scheduled, and what was read then (selfread.c). */
struct hot_slice {
    bool possible;      /* the plan allows for it */
    bool counts_faults; /* the plan has page faults, of which getrusage must be asked */
    bool valid;
    uint32_t seq;           /* idle_page->lock */
    uint64_t clock;         /* the moment of `times` */
    uint64_t read_at;       /* of the last real read, and */
    uint64_t faults;        /* how many page faults getrusage knew of then */
    struct pg_counts times; /* only the times in it matter */
};

/* Pages of the hardware events (userread.h). */
struct hot_user {
    bool possible;
    bool tried; /* by the thread itself: `possible` is final */
    const struct perf_event_mmap_page *page[PG_MAX_EVENTS]; /* NULL: not a hardware event */
};

struct hot_counters {
    int32_t tid;
    int32_t fd[PG_MAX_EVENTS];                    /* -1: not open */
    const struct perf_event_mmap_page *idle_page; /* NULL: idleness cannot be seen */
    uint32_t idle_seq;                            /* idle_page->lock at the last read */
    bool idle;                                    /* confirmed at the last read */
    uint64_t raw_enabled_ns[PG_MAX_GROUPS];       /* as read; `last` may be by the clock */
    uint64_t raw_running_ns[PG_MAX_GROUPS];
    struct hot_slice slice;
    struct hot_user user;
    struct pg_counts last; /* the last read */
};

/* Opens the plan's events for the calling thread, whose id is tid; descriptors are close-on-exec
 * and, where the limit allows, above those that programs count on. Returns 0, or -errno of the
 * first event that failed, with everything closed again. [go thread] */
int hot_counters_open(struct hot_counters *c, const struct pg_plan *plan, int32_t tid);

/* Brings c->last up to date. Counters of a group that cannot be read keep their last value.
 * PG_SOURCE_RUSAGE counters are not per thread and are left alone. [go thread] */
void hot_counters_read(struct hot_counters *c, const struct pg_plan *plan);

/* Does c->last hold still? Then reading would change nothing. [go thread] */
static inline bool hot_counters_idle(const struct hot_counters *c)
{
    return c->idle && c->idle_page != NULL &&
           __atomic_load_n(&c->idle_page->lock, __ATOMIC_ACQUIRE) == c->idle_seq;
}

/* The same for the calling thread, whose counters c must be, by the clock where that is as good.
 * The times are those of the end of the call, or with `closing` of its beginning. False when
 * hardware counters were left as they are: hot_user_read (userread.h) brings them. [go thread] */
bool hot_counters_read_self(struct hot_counters *c, const struct pg_plan *plan,
                            const struct hot_self *self, bool closing);
/* Lowers the times in *now to at most `most` ns above those in *base. [any] */
void hot_cap_times(struct pg_counts *now, const struct pg_counts *base, const struct pg_plan *plan,
                   uint64_t most);
bool hot_plan_counts_faults(const struct pg_plan *plan);
/* Whether that can be cheaper than hot_counters_read at all; user_reads: hardware counters are read
 * by hot_user_read. [any] */
bool hot_plan_has_slices(const struct pg_plan *plan, bool user_reads);

/* Closes what is open. [go thread] */
void hot_counters_close(struct hot_counters *c, const struct pg_plan *plan);

/* Reads the process-wide counters (PG_SOURCE_RUSAGE) into *out; leaves the others alone.
 * [go thread] */
void hot_process_read(const struct pg_plan *plan, struct pg_counts *out);

/* Those of the plan alone: a pg_counts is large, and most plans are small. [any] */
void hot_counts_clear(struct pg_counts *c, const struct pg_plan *plan);
void hot_counts_copy(struct pg_counts *to, const struct pg_counts *from,
                     const struct pg_plan *plan);
/* sum += now - base, for all counters and groups of the plan. [any] */
void hot_counts_add(struct pg_counts *sum, const struct pg_counts *now,
                    const struct pg_counts *base, const struct pg_plan *plan);

#endif
