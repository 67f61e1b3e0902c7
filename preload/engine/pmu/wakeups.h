/* wakeups.h - when threads became able to run: the sched_waking tracepoint of all CPUs.
 *
 * sched_waking comes where the waker runs, before an idle CPU is told; sched_wakeup, which comes
 * there once that CPU is up, leaves its way back out of the latency. Machines were seen (6.18, a
 * virtual one) on which the idle task of one CPU counts tracepoints but gives no samples of them
 * any more: wake-ups that a timer causes on that CPU while it is idle are not reported then. A
 * wake-up happens on the CPU of whoever wakes, and the kernel does not hand it to events of the
 * woken thread; so it is watched everywhere, which takes CAP_PERFMON or kernel.perf_event_paranoid
 * below 0, and a tracefs that may be read.
 */
#ifndef PERFGO_PMU_WAKEUPS_H
#define PERFGO_PMU_WAKEUPS_H

#include "base/error.h"

#include <stdint.h>

struct wakeups; /* opaque; one thread at a time */

/* clock: what times are taken by (CLOCK_MONOTONIC_RAW). Descriptors are close-on-exec and above
 * those that programs count on. PG_E_PERMISSION or PG_E_UNSUPPORTED: it cannot be known. */
int wakeups_open(int32_t clock, struct wakeups **out, struct pg_error *err);
void wakeups_close(struct wakeups *w); /* NULL is fine */

/* The last time in (since, until] at which a thread was woken; 0: none that is known. Of a thread
 * that is woken hundreds of times between two calls the oldest are forgotten. w may be NULL. */
uint64_t wakeups_find(struct wakeups *w, int32_t tid, uint64_t since, uint64_t until);

#endif
