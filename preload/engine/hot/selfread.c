/* selfread.c - a thread reads its own counters, most often without reading them.
 *
 * A read of the calling thread's group costs 650 ns here, more than some windows last. A SLICE is a
 * stretch of time in which the thread was not scheduled: `lock` in its mapped page stays the same.
 * Within a slice, after one real read,
 *   - the times (task-clock, cpu-clock, enabled, running) have grown as the clock has,
 *   - context switches and migrations are what they were,
 *   - hardware counters are read in user mode (userread.h),
 *   - page faults are what they were when getrusage knows of none since, at a third of the price.
 * getrusage does not count faults that end in a signal, so a real read is trusted for FRESH_NS
 * only; beyond, its price does not matter. All times of a slice are on one scale, set by its first
 * read: the kernel takes them somewhere in the middle of the call.
 *
 * Hardware counters that user mode cannot read make every read a real one, always by the same path:
 * what a window contains of it is subtracted, and must not depend on how long the window was.
 *
 * A window is opened with the latest moment and closed with the earliest one, so that what perfgo
 * does at both its ends is outside.
 */
#include "hot/counters.h"

#include "hot/self.h"
#include "hot/sys.h"
#include "hot/userread.h"

enum {
    FRESH_NS = 20000,
    UNDISTURBED_NS = 3000, /* a read that took longer was interrupted: its moment is not known */
};

static bool is_time(const struct pg_event *event)
{
    return event->attr.type == PERF_TYPE_SOFTWARE &&
           (event->attr.config == PERF_COUNT_SW_TASK_CLOCK ||
            event->attr.config == PERF_COUNT_SW_CPU_CLOCK);
}

void hot_cap_times(struct pg_counts *now, const struct pg_counts *base, const struct pg_plan *plan,
                   uint64_t most)
{
    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct pg_counter *c = &plan->counter[i];
        bool time = c->source == PG_SOURCE_THREAD_CLOCK ||
                    (c->source == PG_SOURCE_PERF && is_time(&plan->event[c->event]));

        if (time && now->value[i] - base->value[i] > most)
            now->value[i] = base->value[i] + most;
    }
}

/* Within a slice one group of hardware events runs all the time or not at all; several take turns.
 */
static bool one_hardware_group(const struct pg_plan *plan)
{
    int group = -1;

    for (uint32_t i = 0; i < plan->n_events; i++) {
        if (!hot_is_hardware(&plan->event[i]))
            continue;
        if (group >= 0 && group != plan->event[i].group)
            return false;
        group = plan->event[i].group;
    }
    return true;
}

bool hot_plan_has_slices(const struct pg_plan *plan, bool user_reads)
{
    for (uint32_t i = 0; i < plan->n_events; i++) {
        const struct perf_event_attr *attr = &plan->event[i].attr;

        if (attr->inherit)
            return false;
        if (user_reads && hot_is_hardware(&plan->event[i]))
            continue;
        if (attr->type != PERF_TYPE_SOFTWARE)
            return false;
        switch (attr->config) {
        case PERF_COUNT_SW_CPU_CLOCK:
        case PERF_COUNT_SW_TASK_CLOCK:
        case PERF_COUNT_SW_PAGE_FAULTS:
        case PERF_COUNT_SW_PAGE_FAULTS_MIN:
        case PERF_COUNT_SW_PAGE_FAULTS_MAJ:
        case PERF_COUNT_SW_CONTEXT_SWITCHES:
        case PERF_COUNT_SW_CPU_MIGRATIONS:
        case PERF_COUNT_SW_DUMMY:
            break;
        default:
            return false;
        }
    }
    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (plan->counter[i].source == PG_SOURCE_THREAD_CLOCK)
            return false;
    return plan->n_events > 0 && one_hardware_group(plan);
}

bool hot_plan_counts_faults(const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_events; i++)
        switch (plan->event[i].attr.config) {
        case PERF_COUNT_SW_PAGE_FAULTS:
        case PERF_COUNT_SW_PAGE_FAULTS_MIN:
        case PERF_COUNT_SW_PAGE_FAULTS_MAJ:
            return true;
        }
    return false;
}

static uint64_t faults_of_self(const struct hot_slice *slice)
{
    struct rusage usage;

    if (!slice->counts_faults || sys_getrusage(RUSAGE_THREAD, &usage) != 0)
        return 0;
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

static uint32_t schedule_count(const struct hot_counters *c)
{
    return __atomic_load_n(&c->idle_page->lock, __ATOMIC_ACQUIRE);
}

static uint64_t not_below(uint64_t value, uint64_t least)
{
    return (int64_t)(value - least) < 0 ? least : value;
}

/* The times become those of the moment t of the slice. Time does not run backwards: a difference of
 * two reads must not be negative, whatever the scale's error. */
static void set_times(struct hot_counters *c, const struct pg_plan *plan, uint64_t t,
                      const struct pg_counts *least)
{
    const struct hot_slice *slice = &c->slice;
    uint64_t since = t - slice->clock; /* may wrap: t lies before the middle of the read */

    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct pg_counter *counter = &plan->counter[i];

        if (counter->source == PG_SOURCE_PERF && is_time(&plan->event[counter->event]))
            c->last.value[i] = not_below(slice->times.value[i] + since, least->value[i]);
    }
    for (uint32_t g = 0; g < plan->n_groups; g++) {
        c->last.enabled_ns[g] = not_below(slice->times.enabled_ns[g] + since, least->enabled_ns[g]);
        c->last.running_ns[g] = not_below(slice->times.running_ns[g] + since, least->running_ns[g]);
    }
}

/* A real read, and what the next ones in this slice need of it. `first` is the clock at entry, seq
 * the schedule count before: were it taken later, the clock could be that of an earlier slice. */
static void read_and_remember(struct hot_counters *c, const struct pg_plan *plan,
                              const struct hot_self *self, bool closing, uint64_t first,
                              uint32_t seq)
{
    struct hot_slice *slice = &c->slice;
    bool known = slice->valid && slice->seq == seq;
    struct pg_counts least;
    uint64_t before, after, now, faults;

    hot_counts_copy(&least, &c->last, plan);
    before = hot_self_clock(self);
    hot_counters_read(c, plan);
    after = hot_self_clock(self);
    faults = faults_of_self(slice);
    now = hot_self_clock(self);
    slice->valid = schedule_count(c) == seq && (known || after - before < UNDISTURBED_NS);
    if (!slice->valid)
        return;
    if (!known) {
        slice->seq = seq;
        slice->clock = before + (after - before) / 2;
        hot_counts_copy(&slice->times, &c->last, plan);
    }
    slice->read_at = after;
    slice->faults = faults;
    set_times(c, plan, closing ? first : now, &least);
}

bool hot_counters_read_self(struct hot_counters *c, const struct pg_plan *plan,
                            const struct hot_self *self, bool closing)
{
    struct hot_slice *slice = &c->slice;
    uint64_t now;
    uint32_t seq;

    if (!c->user.tried) {
        hot_user_try(c, plan);
        slice->possible &= hot_plan_has_slices(plan, c->user.possible);
    }
    if (!slice->possible || !self->has_clock) {
        hot_counters_read(c, plan);
        return true;
    }
    seq = schedule_count(c);
    now = closing ? hot_self_clock(self) : slice->read_at;
    if (slice->valid && slice->seq == seq && now - slice->read_at < FRESH_NS &&
        faults_of_self(slice) == slice->faults) {
        now = closing ? now : hot_self_clock(self);
        if (now - slice->read_at < FRESH_NS && schedule_count(c) == seq) {
            c->idle = false;
            set_times(c, plan, now, &c->last);
            return !c->user.possible;
        }
    }
    read_and_remember(c, plan, self, closing, now, seq);
    return true;
}
