/* turns.c - one thread of Go's scheduler at a time, in an order that is the same in every run.
 *
 * With one processor for Go (GOMAXPROCS=1) only one thread runs goroutines, but others are about:
 * some start, some have just been woken to take over, some are on their way to sleep. Which of them
 * is further decides whether the runtime wakes a thread or makes another one, and with that what it
 * allocates; the kernel decides it, differently in each run, and the counts follow.
 *
 * So Go's threads take turns. A thread keeps its turn until it sleeps; one that is woken or newly
 * made is put in a queue and goes on when it gets the turn. The runtime sleeps and wakes in one
 * place each, its calls of runtime.futex: there the hook sleeps in place of the kernel's futex, and
 * remembers who waits for which word. Words change before their waiters are woken, so a look at the
 * word and at the list under one lock misses nobody.
 *
 * It holds the order, not correctness: whatever does not fit (more threads than the table has, one
 * that comes back from where no hook is, several processors) runs as without it. A thread that
 * waits in the kernel with the turn and lets nobody else work is noticed from outside (cli/waker.c)
 * and loses the turn.
 *
 * What a wait costs must not depend on who came first: each makes its one system call in any case.
 * (Go: src/runtime/lock_futex.go, os_linux.go, proc.go)
 */
#include "simulator.h"

#include "go_g.h" /* hot/arch/<cpu>/ */
#include "hot/lock.h"
#include "hot/sys.h"

#include <errno.h>

enum {
    MOST = 24, /* threads that take turns; each may hold one of the 64 stacks of hooks */
    NOBODY = MOST,
};

struct turn_thread {
    int32_t tid;            /* 0: the entry is free, or its thread has not come yet … */
    uint64_t key;           /* … and this is its g0; 0: free */
    const uint32_t *awaits; /* sleeps until somebody wakes this word */
    uint32_t granted;       /* futex: has the turn */
};

static struct {
    bool on;
    struct hot_lock lock;
    uint32_t holder;
    uint32_t first, queued; /* a ring: whose turn is next */
    uint8_t queue[MOST];
    uint32_t n; /* entries in use end before it */
    struct turn_thread thread[MOST];
} turns = {.holder = NOBODY};

/* ---- with the lock ---- */

static void grant(uint32_t i)
{
    turns.holder = i;
    __atomic_store_n(&turns.thread[i].granted, 1, __ATOMIC_RELEASE);
    sys_futex_wake(&turns.thread[i].granted, 1);
}

static void pass_on(void)
{
    turns.holder = NOBODY;
    if (turns.queued == 0)
        return;
    grant(turns.queue[turns.first]);
    turns.first = (turns.first + 1) % MOST;
    turns.queued--;
}

static void put_in_queue(uint32_t i)
{
    if (turns.holder == NOBODY) {
        grant(i);
        return;
    }
    turns.queue[(turns.first + turns.queued) % MOST] = (uint8_t)i;
    turns.queued++;
}

static uint32_t find(int32_t tid, uint64_t key)
{
    for (uint32_t i = 0; i < turns.n; i++)
        if (turns.thread[i].tid == tid && turns.thread[i].key == key)
            return i;
    return NOBODY;
}

static uint32_t self(void)
{
    return find(sys_gettid(), 0);
}

/* Locks; false, and no lock, when nobody takes turns any more. Whoever acts while nobody has the
 * turn has it. */
static bool enter(uint32_t *me)
{
    if (!turns.on)
        return false;
    hot_lock(&turns.lock);
    *me = self();
    if (turns.holder == NOBODY)
        turns.holder = *me;
    if (turns.on)
        return true;
    hot_unlock(&turns.lock);
    return false;
}

static void leave(void)
{
    hot_unlock(&turns.lock);
}

/* ---- without ---- */

/* Sleeps until it is granted; -ETIMEDOUT when that took longer than `timeout`. */
static long wait_for_turn(uint32_t i, const struct timespec *timeout)
{
    uint32_t *granted = &turns.thread[i].granted;
    long rc = sys_futex_wait(granted, 0, timeout);

    while (__atomic_load_n(granted, __ATOMIC_ACQUIRE) == 0 && rc != -ETIMEDOUT)
        rc = sys_futex_wait(granted, 0, timeout);
    return rc;
}

static void take_turn(uint32_t i)
{
    wait_for_turn(i, NULL);
    turns.thread[i].granted = 0;
}

static void give_up(uint32_t i)
{
    hot_lock(&turns.lock);
    if (turns.thread[i].awaits != NULL)
        put_in_queue(i);
    turns.thread[i].awaits = NULL;
    hot_unlock(&turns.lock);
}

static uint32_t new_entry(uint64_t key)
{
    uint32_t i = 0;

    while (i < turns.n && (turns.thread[i].tid != 0 || turns.thread[i].key != 0))
        i++;
    if (i == MOST)
        return NOBODY;
    turns.n += i == turns.n;
    turns.thread[i] = (struct turn_thread){.key = key};
    return i;
}

/* ---- hooks [go thread] ---- */

/* Arguments of runtime.futex, which is assembly: (addr, op and val, timeout, …). */
enum { FUTEX_ADDR = 1, FUTEX_VALUE = 2, FUTEX_TIMEOUT = 3 };

/* runtime.futexsleep → runtime.futex(addr, FUTEX_WAIT_PRIVATE, val, timeout). */
void hook_turns_sleep(struct hook_regs *regs)
{
    uint64_t *args = regs->stack;
    const uint32_t *addr = (const uint32_t *)(uintptr_t)args[FUTEX_ADDR];
    const struct timespec *timeout = (const struct timespec *)(uintptr_t)args[FUTEX_TIMEOUT];
    uint32_t value = (uint32_t)(args[FUTEX_VALUE] >> 32), me;

    if (!enter(&me))
        return;
    if (me == NOBODY || __atomic_load_n(addr, __ATOMIC_ACQUIRE) != value) {
        leave();
        return;
    }
    turns.thread[me].awaits = addr;
    if (turns.holder == me)
        pass_on();
    leave();
    if (wait_for_turn(me, timeout) == -ETIMEDOUT) {
        clock_advance((uint64_t)timeout->tv_sec * 1000000000 + (uint64_t)timeout->tv_nsec);
        give_up(me);
    }
    take_turn(me);
    /* The kernel finds another value than this, and does not wait. */
    value = ~__atomic_load_n(addr, __ATOMIC_ACQUIRE);
    args[FUTEX_VALUE] = (uint64_t)value << 32 | (uint32_t)args[FUTEX_VALUE];
}

/* runtime.futexwakeup → runtime.futex(addr, FUTEX_WAKE_PRIVATE, how many). */
void hook_turns_wake(struct hook_regs *regs)
{
    const uint32_t *addr = (const uint32_t *)(uintptr_t)regs->stack[FUTEX_ADDR];
    uint32_t left = (uint32_t)(regs->stack[FUTEX_VALUE] >> 32), me;

    if (!enter(&me))
        return;
    for (uint32_t i = 0; i < turns.n && left > 0; i++) {
        if (turns.thread[i].awaits != addr)
            continue;
        turns.thread[i].awaits = NULL;
        put_in_queue(i);
        left--;
    }
    leave();
}

/* → runtime.newm1(*m): a thread is about to be made. Its g0 is the first word of its m. */
void hook_turns_new(struct hook_regs *regs)
{
    const uint64_t *m = (const uint64_t *)(uintptr_t)regs->arg[0];
    uint32_t me, child;

    if (!enter(&me))
        return;
    child = new_entry(*m);
    if (child != NOBODY)
        put_in_queue(child);
    leave();
}

/* runtime.mstart1 → runtime.minit, on g0: a new thread is about to run Go code. */
void hook_turns_begin(struct hook_regs *regs)
{
    uint32_t me;

    if (!turns.on)
        return;
    hot_lock(&turns.lock);
    me = find(0, go_g(regs->saved));
    if (me != NOBODY) {
        turns.thread[me].tid = sys_gettid();
        turns.thread[me].key = 0;
    }
    leave();
    if (me != NOBODY)
        take_turn(me);
}

/* Gives the turn away, and does not wait for another one. */
static void step_outside(bool for_good)
{
    uint32_t me;

    if (!enter(&me))
        return;
    if (me != NOBODY && turns.holder == me)
        pass_on();
    if (me != NOBODY && for_good)
        turns.thread[me] = (struct turn_thread){0};
    leave();
}

/* runtime.mexit → runtime.unminit: what the thread does from here on is not held in order. */
void hook_turns_end(struct hook_regs *regs)
{
    (void)regs;
    step_outside(true);
}

/* runtime.findRunnable → runtime.netpoll(delay): it may wait, for a timer or somebody outside, and
 * has the turn again when it acts and nobody else has it. */
void hook_turns_poll(struct hook_regs *regs)
{
    const int64_t delay_ns = (int64_t)regs->arg[0];

    if (delay_ns == 0)
        return;
    step_outside(false);
    clock_wait_begins(delay_ns > 0 ? (uint64_t)delay_ns : UINT64_MAX);
}

/* → runtime.procresize(n): several processors wait for each other in loops that no hook sees. */
void hook_turns_processors(struct hook_regs *regs)
{
    uint32_t me;

    if ((int32_t)regs->arg[0] <= 1 || !enter(&me))
        return;
    turns.on = false;
    while (turns.queued > 0)
        pass_on();
    for (uint32_t i = 0; i < turns.n; i++)
        if (turns.thread[i].awaits != NULL)
            grant(i);
    leave();
}

void turns_leave(void)
{
    step_outside(false);
}

void turns_take_away(void)
{
    uint32_t me;

    if (!enter(&me))
        return;
    if (turns.holder != me)
        pass_on();
    leave();
}

/* ---- [constructor] ---- */

void turns_start(uint32_t kinds)
{
    const uint32_t needed = 1u << SITE_THREAD_NEW | 1u << SITE_THREAD_BEGIN | 1u << SITE_SLEEP |
                            1u << SITE_WAKE | 1u << SITE_PROCESSORS;

    turns.thread[0] = (struct turn_thread){.tid = sys_gettid()};
    turns.n = 1;
    turns.holder = 0;
    turns.on = (kinds & needed) == needed;
}
