/* waits.h - where threads were off the CPU while windows were open, for how long, and why. */
#ifndef PERFGO_COLLECT_WAITS_H
#define PERFGO_COLLECT_WAITS_H

#include "collect/samples.h"
#include "pmu/records.h"
#include "pmu/wakeups.h"

enum wait_reason { WAIT_PREEMPTED, WAIT_VOLUNTARY, WAIT_IO, WAIT_IDLE, WAIT_REASONS };

/* "preempted", "voluntary", "I/O", "idle" */
const char *wait_reason_name(enum wait_reason reason);

/* Where a record lies. Times are the records' own. */
struct wait_window {
    bool in;                 /* a window of the present run */
    uint64_t opened, closed; /* closed UINT64_MAX: still open */
    uint64_t regions;        /* that were open, a bit each */
};

struct waits; /* opaque */

/* When a thread was last woken in (since, until]: wakeups_find, and then waits open and own the
 * wakeups; or a test's. NULL: it is not known. */
typedef uint64_t waits_woken(struct wakeups *, int32_t tid, uint64_t since, uint64_t until);

/* `add` keeps a stack with its time in nanoseconds as weight and the reason as event; false: no
 * room. Idle threads are not added. `program` may be NULL, and then none is idle. NULL: no memory.
 */
struct waits *waits_new(struct samples *samples, const struct stack_program *program,
                        bool (*add)(struct samples *, const struct samples_stack *),
                        waits_woken *woken_at);
void waits_free(struct waits *w); /* NULL is fine */

/* A new run: forgets what was summed up. Threads that wait go on waiting. */
void waits_begin(struct waits *w);

/* Takes a sample of the context switch: its stack. */
void waits_switch_sample(struct hot_sampler *from, const struct samples_stack *stack);
/* Takes a SWITCH record, which lies at `at` in the ring. False: a wait had no room. */
bool waits_switch(struct waits *w, struct hot_sampler *from, const struct record *r, uint64_t at,
                  const struct wait_window *window);

/* The window [from, to) of the ring, in which the thread may have begun to wait, closed. */
void waits_closed(struct hot_sampler *from, const struct hot_range *range, int64_t clock_offset);

/* No more records of this run come: what began in a window and has not ended counts up to the
 * window's end. */
bool waits_settle(struct waits *w, struct hot_sampler *from);

/* The thread is gone, and so is what is known of it. */
void waits_forget(struct hot_sampler *from);

void waits_sums(const struct waits *w, struct samples_waits *out);

#endif
