/* waits.c - from context switches to waits.
 *
 * A thread leaves the CPU with a sample, which has its stack, and a SWITCH record, which says
 * whether it was preempted; it comes back with another SWITCH record. In between it was woken,
 * which pmu/wakeups.c knows where that may be watched: from then on, or from the start when it was
 * preempted, it only waited for a processor, which is the run-queue latency.
 *
 * Only what lies in windows counts. A wait that begins in one window and ends in another counts for
 * its part in each; a thread that sleeps through a whole window has nothing in its ring there and
 * is idle, not waiting.
 *
 * A thread of Go's without a goroutine to run sleeps in its scheduler: that is idleness, not
 * waiting, and neither is the sleep of sysmon between two looks. What goroutines wait for does not
 * show there. (Go: src/runtime/proc.go, stopm, sysmon)
 *
 * Why a thread gave up the CPU by itself is read from the kernel's part of its stack: through
 * io_schedule it went to sleep for a disk.
 */
#include "collect/waits.h"

#include "base/spread.h"
#include "sym/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct wait {       /* of one thread */
    bool out;       /* it is off the CPU */
    bool in_window; /* it left it in a window of the present run */
    enum wait_reason reason;
    uint64_t since;  /* it left */
    uint64_t at;     /* where in the ring */
    uint64_t closed; /* that window; UINT64_MAX: not yet */
    struct samples_stack stack;
    uint64_t address[STACK_MAX];
};

enum { IDLE_FUNCTIONS = 4 };
static const char *const idle_functions[IDLE_FUNCTIONS] = {
    "runtime.stopm", "runtime.findRunnable", "runtime.sysmon", "runtime.templateThread"};

struct waits {
    struct samples *samples;
    struct {
        uint64_t start, end;
    } idle[IDLE_FUNCTIONS]; /* run-time addresses; 0, 0: the program has no such function */
    bool (*add)(struct samples *, const struct samples_stack *);
    struct wakeups *wakeups; /* NULL: cannot be watched */
    waits_woken *woken_at;
    struct kernel *kernel; /* NULL: not asked yet, or hidden */
    bool asked;
    uint64_t ns[WAIT_REASONS];
    struct spread latency;
    uint64_t unseen; /* wake-ups */
};

const char *wait_reason_name(enum wait_reason reason)
{
    static const char *const names[WAIT_REASONS] = {"preempted", "voluntary", "I/O", "idle"};

    return names[reason];
}

struct waits *waits_new(struct samples *samples, const struct stack_program *program,
                        bool (*add)(struct samples *, const struct samples_stack *),
                        waits_woken *woken_at)
{
    struct waits *w = calloc(1, sizeof *w);
    struct gobin_function f;

    if (w == NULL)
        return NULL;
    w->samples = samples;
    w->add = add;
    w->woken_at = woken_at;
    if (woken_at == wakeups_find)
        wakeups_open(CLOCK_MONOTONIC_RAW, &w->wakeups, NULL);
    for (int i = 0; program != NULL && i < IDLE_FUNCTIONS; i++)
        if (gobin_function_by_name(program->bin, idle_functions[i], &f)) {
            w->idle[i].start = f.entry + program->bias;
            w->idle[i].end = f.end + program->bias;
        }
    return w;
}

void waits_free(struct waits *w)
{
    if (w == NULL)
        return;
    kernel_close(w->kernel);
    wakeups_close(w->wakeups);
    free(w);
}

void waits_begin(struct waits *w)
{
    memset(w->ns, 0, sizeof w->ns);
    w->latency = (struct spread){0};
    w->unseen = 0;
}

void waits_forget(struct hot_sampler *from)
{
    free(from->wait);
    from->wait = NULL;
}

static struct wait *wait_of(struct hot_sampler *from)
{
    if (from->wait == NULL)
        from->wait = calloc(1, sizeof(struct wait));
    return from->wait;
}

void waits_switch_sample(struct hot_sampler *from, const struct samples_stack *stack)
{
    struct wait *wait = wait_of(from);

    if (wait == NULL)
        return;
    wait->stack = *stack;
    for (uint32_t i = 0; i < stack->n; i++)
        wait->address[i] = stack->address[i];
    wait->stack.address = wait->address;
}

static bool begins(const char *name, const char *with)
{
    return name != NULL && strncmp(name, with, strlen(with)) == 0;
}

static bool is_idle(const struct waits *w, const struct wait *wait)
{
    for (uint32_t i = 0; i < wait->stack.n; i++)
        for (int k = 0; k < IDLE_FUNCTIONS; k++)
            if (wait->address[i] > w->idle[k].start && wait->address[i] <= w->idle[k].end)
                return true;
    return false;
}

static enum wait_reason reason_of(struct waits *w, const struct record *r, const struct wait *wait)
{
    const char *module;

    if (r->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT)
        return WAIT_PREEMPTED;
    if (is_idle(w, wait))
        return WAIT_IDLE;
    if (!w->asked)
        kernel_open(&w->kernel, NULL); /* some 100 000 names: once, and only when needed */
    w->asked = true;
    for (uint32_t i = 0; i < wait->stack.n && stack_in_kernel(wait->address[i]); i++)
        if (begins(kernel_function(w->kernel, wait->address[i] - 1, &module), "io_schedule"))
            return WAIT_IO;
    return WAIT_VOLUNTARY;
}

static bool count(struct waits *w, struct wait *wait, uint64_t ns)
{
    struct samples_stack stack = wait->stack;

    if (ns == 0 || stack.n == 0) /* nothing, or in perfgo's own code */
        return true;
    stack.event = wait->reason;
    stack.count = 1;
    stack.weight = ns;
    w->ns[wait->reason] += ns;
    if (wait->reason == WAIT_IDLE)
        return true;
    return w->add(w->samples, &stack);
}

static uint64_t between(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

/* How long the wait that ends now was in windows: the one it began in, and the one it ends in. */
static uint64_t in_windows(const struct wait *wait, uint64_t now, const struct wait_window *window)
{
    uint64_t ns = 0;

    if (wait->in_window)
        ns += between(wait->since, wait->closed < now ? wait->closed : now);
    if (window->in && !(wait->in_window && wait->closed >= now))
        ns += between(window->opened > wait->since ? window->opened : wait->since, now);
    return ns;
}

static void leave(struct waits *w, struct wait *wait, const struct record *r, uint64_t at,
                  const struct wait_window *window)
{
    wait->out = true;
    wait->in_window = window->in;
    wait->since = r->id.time;
    wait->at = at;
    wait->closed = window->in ? window->closed : 0;
    wait->reason = reason_of(w, r, wait);
}

static bool wakeups_watched(const struct waits *w)
{
    return w->woken_at != NULL && (w->wakeups != NULL || w->woken_at != wakeups_find);
}

/* How long it could have run before it did. */
static void add_latency(struct waits *w, const struct wait *wait, int32_t tid, uint64_t now)
{
    uint64_t ready = wait->since;

    if (wait->reason == WAIT_IDLE)
        return;
    if (wait->reason != WAIT_PREEMPTED) {
        ready = wakeups_watched(w) ? w->woken_at(w->wakeups, tid, wait->since, now) : 0;
        w->unseen += wakeups_watched(w) && ready == 0;
    }
    if (ready != 0)
        spread_add(&w->latency, between(ready, now));
}

static bool come_back(struct waits *w, struct wait *wait, int32_t tid, uint64_t now,
                      const struct wait_window *window)
{
    bool room;

    if (!wait->out)
        return true; /* it began before we looked */
    room = count(w, wait, in_windows(wait, now, window));
    if (window->in)
        add_latency(w, wait, tid, now);
    wait->out = wait->in_window = false;
    return room;
}

bool waits_switch(struct waits *w, struct hot_sampler *from, const struct record *r, uint64_t at,
                  const struct wait_window *window)
{
    struct wait *wait = wait_of(from);

    if (wait == NULL)
        return false;
    if (!(r->misc & PERF_RECORD_MISC_SWITCH_OUT))
        return come_back(w, wait, from->tid, r->id.time, window);
    leave(w, wait, r, at, window);
    return true;
}

void waits_closed(struct hot_sampler *from, const struct hot_range *range, int64_t clock_offset)
{
    struct wait *wait = from->wait;

    if (wait != NULL && wait->out && wait->in_window && wait->at >= range->from &&
        wait->at < range->to)
        wait->closed = range->closed + (uint64_t)clock_offset;
}

bool waits_settle(struct waits *w, struct hot_sampler *from)
{
    struct wait *wait = from->wait;
    bool room;

    if (wait == NULL || !wait->out || !wait->in_window || wait->closed == UINT64_MAX)
        return true;
    room = count(w, wait, between(wait->since, wait->closed));
    wait->in_window = false; /* what comes of it is another window's */
    return room;
}

void waits_sums(const struct waits *w, struct samples_waits *out)
{
    *out = (struct samples_waits){
        .preempted_ns = w->ns[WAIT_PREEMPTED],
        .voluntary_ns = w->ns[WAIT_VOLUNTARY],
        .io_ns = w->ns[WAIT_IO],
        .idle_ns = w->ns[WAIT_IDLE],
        .io_known = !w->asked || w->kernel != NULL,
        .latencies = w->latency.n,
        .p50_ns = spread_quantile(&w->latency, 0.5),
        .p99_ns = spread_quantile(&w->latency, 0.99),
        .unseen = w->unseen,
    };
}
