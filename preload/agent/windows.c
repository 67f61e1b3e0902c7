#include "windows.h"

#include "hot/counters.h"
#include "hot/lock.h"
#include "hot/self.h"
#include "hot/sys.h"
#include "hot/userread.h"
#include "samplers.h"

#include <errno.h>
#include <sys/mman.h>

enum {
    MAX_SLOTS =
        4096, /* live threads; Go's own limit is 10 000, and 4 descriptors each end sooner */
    MAX_ENDED = 1024, /* threads that ended during a run and are named in its record */
};

enum slot_state { SLOT_FREE, SLOT_OPENING, SLOT_LIVE };

struct slot {
    struct hot_counters counters;
    struct hot_sampler *sampler; /* NULL: not sampled */
    struct pg_counts base;       /* at the start of the open window */
    struct pg_counts sum;        /* over the closed windows of the run */
};

/* A thread that was idle when its base was taken and has not run since if *lock still is seq:
 * nothing of its slot has to be looked at. Kept apart because most threads are idle most of the
 * time, and a slot is several cache lines in pages of its own. */
struct idle_watch {
    const uint32_t *lock; /* NULL: look at the slot */
    uint32_t seq;
};

struct windows {
    struct hot_lock lock;
    const struct pg_plan *plan;
    struct samplers *samplers; /* or NULL */
    struct hot_gate *gate;     /* theirs, or own_gate */
    struct hot_gate own_gate;
    struct hot_self self;
    bool open;
    bool have_early;    /* `early` was read, from the starter's pages */
    bool self_is_fresh; /* the last read of the calling thread itself has its hardware counters */
    bool reads_process; /* the plan has PG_SOURCE_RUSAGE counters */
    uint64_t opened;    /* when the window was opened, by hot_self_clock */
    uint32_t starter;   /* slot of the thread that opened the window */
    uint32_t n_slots;   /* slots [0, n_slots) have been used */
    uint32_t n_ended;
    uint64_t windows, missed;
    struct pg_counts process_base, process_sum;
    struct pg_counts early; /* hardware counters as a closing window found them */
    uint8_t state[MAX_SLOTS];
    int32_t tid[MAX_SLOTS];
    uint64_t key[MAX_SLOTS]; /* self_key() of the thread, or 0: not known */
    struct idle_watch watch[MAX_SLOTS];
    struct session_thread ended[MAX_ENDED + 1]; /* the last one, tid 0, adds up the rest */
    struct slot slot[MAX_SLOTS];
};

struct windows *windows_create(const struct pg_plan *plan, struct samplers *samplers)
{
    struct windows *w = sys_mmap(sizeof *w, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

    if (sys_is_error(w))
        return NULL;
    w->plan = plan;
    w->samplers = samplers;
    w->gate = samplers != NULL ? &samplers->gate : &w->own_gate;
    self_find(&w->self);
    for (uint32_t i = 0; i < plan->n_counters; i++)
        w->reads_process |= plan->counter[i].source == PG_SOURCE_RUSAGE;
    return w;
}

/* What the recorder sees of the windows changes only in between. */
static void change_begin(struct windows *w)
{
    hot_lock(&w->lock);
    hot_gate_begin(w->gate);
}

static void change_end(struct windows *w)
{
    __atomic_store_n(&w->gate->open, w->open, __ATOMIC_RELAXED);
    __atomic_store_n(&w->gate->opened, w->opened, __ATOMIC_RELAXED);
    hot_gate_end(w->gate);
    hot_unlock(&w->lock);
}

static void counts_zero(struct pg_counts *c, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        c->value[i] = 0;
    for (uint32_t i = 0; i < plan->n_groups; i++)
        c->enabled_ns[i] = c->running_ns[i] = 0;
}

static void counts_copy(struct pg_counts *to, const struct pg_counts *from,
                        const struct pg_plan *plan)
{
    counts_zero(to, plan);
    for (uint32_t i = 0; i < plan->n_counters; i++)
        to->value[i] = from->value[i];
    for (uint32_t i = 0; i < plan->n_groups; i++) {
        to->enabled_ns[i] = from->enabled_ns[i];
        to->running_ns[i] = from->running_ns[i];
    }
}

/* Did the thread run at all? Then even a count of zero is a measurement. */
static bool counts_any(const struct pg_counts *c, const struct pg_plan *plan)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < plan->n_counters; i++)
        any |= c->value[i];
    for (uint32_t i = 0; i < plan->n_groups; i++)
        any |= c->enabled_ns[i];
    return any != 0;
}

/* The live slot of a thread, or n_slots. */
static uint32_t slot_of(const struct windows *w, int32_t tid)
{
    uint32_t i = 0;

    while (i < w->n_slots && (w->tid[i] != tid || w->state[i] != SLOT_LIVE))
        i++;
    return i;
}

/* The live slot of the calling thread, or n_slots; `likely` is looked at first, so that in a
 * window's end it does not matter how many others there are. A key costs nothing to read, an id a
 * system call. Keys may change (Go sets its own thread pointer on the first thread): an unknown one
 * is learned. */
static uint32_t slot_of_self(struct windows *w, uint32_t likely)
{
    uint64_t key = w->self.has_key ? self_key() : 0;
    int32_t tid;
    uint32_t i;

    if (key != 0 && likely < w->n_slots && w->key[likely] == key && w->state[likely] == SLOT_LIVE)
        return likely;
    for (i = 0; key != 0 && i < w->n_slots; i++)
        if (w->key[i] == key && w->state[i] == SLOT_LIVE)
            return i;
    tid = sys_gettid();
    i = likely < w->n_slots && w->tid[likely] == tid && w->state[likely] == SLOT_LIVE
            ? likely
            : slot_of(w, tid);
    if (i < w->n_slots)
        w->key[i] = key;
    return i;
}

/* A new thread has this key: whoever had it before is gone, or has another one by now. */
static void key_claim(struct windows *w, uint32_t slot)
{
    uint64_t key = w->self.has_key ? self_key() : 0;

    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->key[i] == key)
            w->key[i] = 0;
    w->key[slot] = key;
}

static uint32_t slot_reserve(struct windows *w)
{
    for (uint32_t i = 0; i < MAX_SLOTS; i++) {
        if (w->state[i] != SLOT_FREE)
            continue;
        w->state[i] = SLOT_OPENING;
        if (i >= w->n_slots)
            w->n_slots = i + 1;
        return i;
    }
    return MAX_SLOTS;
}

int windows_thread_begin(struct windows *w)
{
    const struct pg_plan *plan = w->plan;
    int32_t tid = sys_gettid();
    struct slot *slot;
    uint32_t i;
    int rc;

    hot_lock(&w->lock);
    if (slot_of(w, tid) < w->n_slots) {
        hot_unlock(&w->lock);
        return 0;
    }
    i = slot_reserve(w);
    if (i == MAX_SLOTS)
        w->missed++;
    hot_unlock(&w->lock);
    if (i == MAX_SLOTS)
        return -ENOSPC;

    /* Opening takes tens of microseconds: not under the lock that a window may wait for. */
    slot = &w->slot[i];
    rc = hot_counters_open(&slot->counters, plan, tid);
    slot->sampler = rc == 0 && w->samplers != NULL ? samplers_open(w->samplers, tid) : NULL;

    change_begin(w);
    if (rc == 0) {
        counts_zero(&slot->sum, plan);
        hot_counters_read(&slot->counters, plan);
        counts_copy(&slot->base, &slot->counters.last, plan);
        if (slot->sampler != NULL)
            hot_sampler_go(slot->sampler);
        w->tid[i] = tid;
        key_claim(w, i);
        w->watch[i].lock = NULL;
        w->state[i] = SLOT_LIVE;
    } else {
        w->state[i] = SLOT_FREE;
        w->missed++;
    }
    change_end(w);
    return rc;
}

/* Keeps what a thread counted in this run when its slot is freed. */
static void ended_keep(struct windows *w, const struct slot *slot)
{
    static const struct pg_counts zero;
    struct session_thread *to;

    if (!counts_any(&slot->sum, w->plan))
        return;
    to = &w->ended[w->n_ended];
    if (w->n_ended < MAX_ENDED) {
        to->tid = slot->counters.tid;
        counts_copy(&to->counts, &slot->sum, w->plan);
        w->n_ended++;
        w->ended[w->n_ended].tid = 0;
        counts_zero(&w->ended[w->n_ended].counts, w->plan);
    } else {
        hot_counts_add(&to->counts, &slot->sum, &zero, w->plan);
    }
}

/* UINT64_MAX where there is no clock to tell. */
static uint64_t length_of_window(const struct windows *w)
{
    return w->self.has_clock ? hot_self_clock(&w->self) - w->opened : UINT64_MAX;
}

static void sampler_end(struct windows *w, struct hot_sampler *s)
{
    hot_gate_begin(w->gate);
    if (w->open)
        hot_sampler_end_window(s, w->gate, w->opened + length_of_window(w));
    hot_gate_end(w->gate);
    samplers_end(w->samplers, s);
}

void windows_thread_end(struct windows *w)
{
    uint32_t i;

    hot_lock(&w->lock);
    i = slot_of(w, sys_gettid());
    if (i < w->n_slots) {
        struct slot *slot = &w->slot[i];

        if (w->open) {
            hot_counters_read(&slot->counters, w->plan);
            hot_counts_add(&slot->sum, &slot->counters.last, &slot->base, w->plan);
        }
        if (slot->sampler != NULL)
            sampler_end(w, slot->sampler);
        ended_keep(w, slot);
        hot_counters_close(&slot->counters, w->plan);
        w->state[i] = SLOT_FREE;
    }
    hot_unlock(&w->lock);
}

static void forget(struct windows *w)
{
    for (uint32_t i = 0; i < w->n_slots; i++) {
        if (w->state[i] != SLOT_LIVE)
            continue;
        counts_zero(&w->slot[i].sum, w->plan);
        if (w->slot[i].sampler != NULL)
            hot_sampler_begin_run(w->slot[i].sampler);
    }
    __atomic_store_n(&w->gate->run, w->gate->run + 1, __ATOMIC_RELAXED);
    counts_zero(&w->process_sum, w->plan);
    w->n_ended = 0;
    w->windows = 0;
}

static bool still_idle(const struct windows *w, uint32_t i)
{
    const struct idle_watch *watch = &w->watch[i];

    return watch->lock != NULL && __atomic_load_n(watch->lock, __ATOMIC_ACQUIRE) == watch->seq;
}

static void base_of(struct windows *w, uint32_t i, bool self)
{
    struct slot *slot = &w->slot[i];

    if (self)
        w->self_is_fresh = hot_counters_read_self(&slot->counters, w->plan, &w->self, false);
    else
        hot_counters_read(&slot->counters, w->plan);
    counts_copy(&slot->base, &slot->counters.last, w->plan);
    if (slot->sampler != NULL)
        hot_sampler_begin_window(slot->sampler);
    w->watch[i].lock = slot->counters.idle ? &slot->counters.idle_page->lock : NULL;
    w->watch[i].seq = slot->counters.idle_seq;
}

/* Hardware counters are read last when a window opens and first when it closes: what perfgo itself
 * executes in a window is then always the same, and can be subtracted to the instruction. */
static void take_hardware_base(struct windows *w)
{
    struct slot *slot = &w->slot[w->starter];

    if (w->starter >= w->n_slots || hot_user_read(&slot->counters, w->plan, &slot->base) ||
        w->self_is_fresh)
        return;
    hot_counters_read(&slot->counters, w->plan);
    counts_copy(&slot->base, &slot->counters.last, w->plan);
}

/* Takes the base of every thread, the caller's last. */
static void take_bases(struct windows *w)
{
    w->starter = slot_of_self(w, w->starter);
    if (w->reads_process)
        hot_process_read(w->plan, &w->process_base);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->state[i] == SLOT_LIVE && i != w->starter && !still_idle(w, i))
            base_of(w, i, false);
    if (w->starter < w->n_slots)
        base_of(w, w->starter, true);
    if (w->self.has_clock)
        w->opened = hot_self_clock(&w->self);
    take_hardware_base(w);
}

void windows_reset(struct windows *w)
{
    change_begin(w);
    forget(w);
    if (w->open)
        take_bases(w);
    change_end(w);
}

void windows_begin_run(struct windows *w)
{
    change_begin(w);
    forget(w);
    w->open = false;
    change_end(w);
}

void windows_start(struct windows *w)
{
    change_begin(w);
    if (!w->open) {
        w->open = true;
        take_bases(w);
    }
    change_end(w);
}

/* `length` is how long the window was open, in ns. The other threads are read before it opens and
 * after it closes: a thread that runs on another processor all the while seems to have used more
 * time than there was, in a window of a microsecond several times as much. */
static void add_slot(struct windows *w, uint32_t i, bool self, uint64_t length)
{
    struct slot *slot = &w->slot[i];
    const bool early = self && i == w->starter && w->have_early;
    struct pg_counts now;

    if (slot->sampler != NULL)
        hot_sampler_end_window(slot->sampler, w->gate, w->opened + length);
    if (!self || (!hot_counters_read_self(&slot->counters, w->plan, &w->self, true) && !early))
        hot_counters_read(&slot->counters, w->plan);
    counts_copy(&now, &slot->counters.last, w->plan);
    if (i != w->starter)
        hot_cap_times(&now, &slot->base, w->plan, length);
    if (early)
        hot_user_copy(&slot->counters, w->plan, &w->early, &now);
    hot_counts_add(&slot->sum, &now, &slot->base, w->plan);
}

bool windows_reads_by_user(const struct windows *w)
{
    return w->have_early;
}

void windows_stop(struct windows *w)
{
    change_begin(w);
    if (w->open) {
        /* Most often the caller is the thread that opened it; whether it is, is seen below. */
        const struct slot *starter = &w->slot[w->starter];
        uint64_t length;
        uint32_t first, self;

        w->have_early = w->starter < w->n_slots && w->state[w->starter] == SLOT_LIVE &&
                        hot_user_read(&starter->counters, w->plan, &w->early);
        length = length_of_window(w);
        first = w->starter;
        self = slot_of_self(w, first);
        if (first < w->n_slots && w->state[first] == SLOT_LIVE)
            add_slot(w, first, first == self, length);
        for (uint32_t i = 0; i < w->n_slots; i++)
            if (w->state[i] == SLOT_LIVE && i != first && !still_idle(w, i))
                add_slot(w, i, i == self, length);
        if (w->reads_process) {
            struct pg_counts now;

            hot_process_read(w->plan, &now);
            for (uint32_t i = 0; i < w->plan->n_counters; i++)
                if (w->plan->counter[i].source == PG_SOURCE_RUSAGE)
                    w->process_sum.value[i] += now.value[i] - w->process_base.value[i];
        }
        w->open = false;
        w->windows++;
    }
    change_end(w);
}

void windows_divide(struct windows *w, uint64_t regions)
{
    if (w->samplers == NULL || w->samplers->sampling->waits)
        return;
    change_begin(w);
    for (uint32_t i = 0; w->open && i < w->n_slots; i++)
        if (w->state[i] == SLOT_LIVE && w->slot[i].sampler != NULL && !still_idle(w, i))
            hot_sampler_divide_window(w->slot[i].sampler, w->gate);
    __atomic_store_n(&w->gate->regions, regions, __ATOMIC_RELAXED);
    change_end(w);
}

/* Adds one thread's share to the total and, as far as there is room, to the list. A thread that got
 * the id of one that ended shares its entry: a record names each id once. */
static void total_add(struct windows *w, struct windows_total *out, struct session_thread *thread,
                      size_t max, int32_t tid, const struct pg_counts *counts)
{
    static const struct pg_counts zero;
    size_t i = 0;

    if (!counts_any(counts, w->plan))
        return;
    hot_counts_add(&out->total, counts, &zero, w->plan);
    if (max == 0)
        return;
    while (i < out->n_threads && thread[i].tid != tid)
        i++;
    if (i == max) {
        i--;
        thread[i].tid = 0;
    }
    if (i == out->n_threads) {
        thread[i].tid = tid;
        counts_zero(&thread[i].counts, w->plan);
        out->n_threads++;
    }
    hot_counts_add(&thread[i].counts, counts, &zero, w->plan);
}

void windows_total(struct windows *w, struct windows_total *out, struct session_thread *thread,
                   size_t max)
{
    hot_lock(&w->lock);
    out->run = w->gate->run;
    out->windows = w->windows;
    out->missed = w->missed;
    out->n_threads = 0;
    counts_zero(&out->total, w->plan);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->state[i] == SLOT_LIVE)
            total_add(w, out, thread, max, w->tid[i], &w->slot[i].sum);
    for (uint32_t i = 0; i < w->n_ended; i++)
        total_add(w, out, thread, max, w->ended[i].tid, &w->ended[i].counts);
    if (w->n_ended == MAX_ENDED)
        total_add(w, out, thread, max, 0, &w->ended[MAX_ENDED].counts);
    for (uint32_t i = 0; i < w->plan->n_counters; i++)
        if (w->plan->counter[i].source == PG_SOURCE_RUSAGE)
            out->total.value[i] = w->process_sum.value[i];
    hot_unlock(&w->lock);
}

/* One thread's share of the open window. */
static void add_open(struct windows *w, uint32_t i, bool self, bool closing, struct pg_counts *out)
{
    struct slot *slot = &w->slot[i];
    struct pg_counts now;

    if (self)
        hot_counters_read_self(&slot->counters, w->plan, &w->self, closing);
    else
        hot_counters_read(&slot->counters, w->plan);
    counts_copy(&now, &slot->counters.last, w->plan);
    hot_counts_add(out, &now, &slot->base, w->plan);
}

/* The caller is read last at the beginning of a part, and first at its end. */
static void add_window(struct windows *w, bool closing, struct pg_counts *out)
{
    uint32_t self = slot_of_self(w, w->starter);

    if (closing && self < w->n_slots)
        add_open(w, self, true, true, out);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->state[i] == SLOT_LIVE && i != self && !still_idle(w, i))
            add_open(w, i, false, closing, out);
    if (!closing && self < w->n_slots)
        add_open(w, self, true, false, out);
}

void windows_counted(struct windows *w, bool closing, struct pg_counts *out)
{
    static const struct pg_counts zero;
    struct pg_counts now;

    hot_lock(&w->lock);
    counts_zero(out, w->plan);
    if (w->open)
        add_window(w, closing, out);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->state[i] == SLOT_LIVE)
            hot_counts_add(out, &w->slot[i].sum, &zero, w->plan);
    for (uint32_t i = 0; i <= w->n_ended && w->n_ended > 0; i++)
        hot_counts_add(out, &w->ended[i].counts, &zero, w->plan);
    if (w->reads_process) {
        hot_process_read(w->plan, &now);
        for (uint32_t i = 0; i < w->plan->n_counters; i++)
            if (w->plan->counter[i].source == PG_SOURCE_RUSAGE)
                out->value[i] = w->process_sum.value[i] +
                                (w->open ? now.value[i] - w->process_base.value[i] : 0);
    }
    hot_unlock(&w->lock);
}
