/* samples.h - what was sampled in the windows of one run: stacks and how often they were seen.
 *
 * The recorder drains the threads' rings into it while the benchmark runs. It holds the newest run
 * only: when a run begins anew or the timer is reset, what was there is forgotten.
 */
#ifndef PERFGO_COLLECT_SAMPLES_H
#define PERFGO_COLLECT_SAMPLES_H

#include "base/error.h"
#include "collect/stack.h"
#include "hot/sampler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct samples; /* opaque */

struct samples_program {
    const struct gobin *bin; /* borrowed; NULL: callchains are taken as they are */
    uint64_t bias;           /* run-time address minus link-time address */
    /* perfgo's own code, and the stacks that its hooks run on: what is sampled there is not the
     * benchmark's. */
    uint64_t own_start, own_limit, stacks_start, stacks_limit;
    bool each; /* every sample is kept, not only how many there were of each stack */
    /* CLOCK_MONOTONIC_RAW less hot_self_clock: records have the one, windows the other. */
    int64_t clock_offset;
};

struct samples_stack {
    int32_t tid;
    uint32_t event;   /* index into the sampling plan; of a wait, enum wait_reason */
    uint32_t n;       /* addresses, leaf first; return addresses as they were found */
    bool truncated;   /* there were more */
    uint64_t regions; /* of the program's that were open, a bit each */
    uint64_t hash;
    const uint64_t *address;
    uint64_t count, weight; /* samples; events, by the period of each. Waits; nanoseconds */
};

struct samples_sums {
    uint64_t taken, lost, throttled;
    uint64_t own; /* taken in perfgo's own code, left out */
};

/* What the threads of a run waited, in nanoseconds. */
struct samples_waits {
    uint64_t preempted_ns, voluntary_ns, io_ns;
    uint64_t idle_ns;   /* of threads that had nothing to do: not a wait */
    bool io_known;      /* else I/O is among the voluntary ones: the kernel's names are hidden */
    uint64_t latencies; /* waits that began to run in a window, of which the moment when */
    uint64_t p50_ns, p99_ns; /* they could have run is known, and how long after that they did */
    uint64_t unseen;         /* those of which it is not known, though wake-ups are watched */
};

/* NULL: no memory. The plan is borrowed. */
struct samples *samples_new(const struct pg_sampling *sampling, struct samples_program program);
void samples_free(struct samples *s); /* NULL is fine */

/* Forgets everything; what comes is of that run. */
void samples_begin(struct samples *s, uint32_t run);
uint32_t samples_run(const struct samples *s);

/* Takes what a sampler's ring holds up to the view, and gives the room back. Another run in the
 * view than before begins that run. Without memory the samples that have no room count as lost.
 * [recorder] */
int samples_drain(struct samples *s, struct hot_sampler *from, const struct hot_view *view,
                  struct pg_error *err);

/* With `each`: the samples of the run, thread by thread as they were drained. */
struct samples_one {
    uint64_t time_ns, period;
    const struct samples_stack *stack;
};
const struct samples_one *samples_each(const struct samples *s, size_t *n);

/* With `each`: samples that had no room, as they became known. */
struct samples_loss {
    int32_t tid;
    uint64_t time_ns, lost;
};
const struct samples_loss *samples_losses(const struct samples *s, size_t *n);

/* Fills address[STACK_MAX] with a stack, callers that became known after it was taken included.
 * Returns how many. */
uint32_t samples_addresses(const struct samples *s, const struct samples_stack *stack,
                           uint64_t *address, bool *truncated);

/* Accounts for losses that no record has told of yet, which the kernel writes with the next sample
 * only. [recorder] */
void samples_settle(struct samples *s, struct hot_sampler *from);
/* The sampler is about to be closed: nothing of it is kept but its stacks. [recorder] */
void samples_end(struct samples *s, struct hot_sampler *from);

/* How long a thread was in the windows. tid 0: those that are not in the list. */
struct samples_thread {
    int32_t tid;
    uint64_t ns;
};
/* Shares the total out over the samples of the only event, whatever their records said: among
 * threads by their times, in a thread evenly. False: no memory, and all is as it was. */
bool samples_share(struct samples *s, uint64_t total, const struct samples_thread *thread,
                   size_t n);

/* Adds the stacks and sums of another run. False: no memory. */
bool samples_merge(struct samples *to, const struct samples *from);

/* The stacks in an order that depends on nothing but their content: by event, addresses, thread.
 * The list is the caller's to free; NULL: no memory, or *n is 0. */
const struct samples_stack **samples_sorted(const struct samples *s, size_t *n);
struct samples_sums samples_sums(const struct samples *s);
/* False when waits are not what is sampled. */
bool samples_waits(const struct samples *s, struct samples_waits *out);

#endif
