/* ticks.h - samples without perf_event_open: a CPU timer per thread, and a signal.
 *
 * The timer runs on the thread's own CPU clock and sends SIGNAL to that thread alone. The handler
 * writes a record as the kernel would, into a ring of the same shape, so that windows and recorder
 * treat both alike. It follows frame pointers; every page that it reads from is first shown to the
 * kernel, because code without frame pointers may leave anything in that register.
 *
 * The kernel looks at CPU timers at its ticks, which may be 4 ms apart: a signal then stands for
 * several periods, and the record says how many. So the sum over a whole thread is right though
 * samples are fewer; that over its windows is not (collect/samples_share.c).
 * (timer_create(2); Linux: kernel/time/posix-cpu-timers.c)
 */
#ifndef PERFGO_HOT_TICKS_H
#define PERFGO_HOT_TICKS_H

#include "hot/sampler.h"

#include <signal.h>

enum {
    /* Go installs no handler for it, and unblocks it on its threads: it is musl's, which needs that
     * (Go: src/runtime/sigtab_linux_generic.go). With glibc it is SIGRTMIN. */
    TICKS_SIGNAL = 34,
};

/* Makes ring and timer of the calling thread. The signal's value is the sampler. 0 or -errno; the
 * caller cleans up with hot_ticks_close. [go thread] */
int hot_ticks_open(struct hot_sampler *s, const struct pg_sampling *sampling);
/* [recorder], or whoever opened it */
void hot_ticks_close(struct hot_sampler *s);

/* Is the signal's handler still this one? [go thread] */
bool hot_ticks_handled_by(void (*handler)(int, siginfo_t *, void *));

/* What the handler does, for a sampler of the calling thread: writes a record that stands for
 * `expired` periods, and wakes the recorder (wake_fd, -1: nobody) when the ring becomes half full.
 * `context` is the handler's ucontext_t. [signal] */
void hot_tick(struct hot_sampler *s, const struct pg_sampling *sampling, const void *context,
              uint64_t expired, int wake_fd);

#endif
