#include "hot/counters.h"

#include "hot/sys.h"
#include "hot/userread.h"

#include <sys/mman.h>

enum { PAGE = 1 }; /* the kernel rounds up, whatever its page size is */

void hot_counts_clear(struct pg_counts *c, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        c->value[i] = 0;
    for (uint32_t i = 0; i < plan->n_groups; i++)
        c->enabled_ns[i] = c->running_ns[i] = 0;
}

/* The page is the first event's. The kernel touches it when a processor's own or a software event
 * is scheduled; for tracepoints, breakpoints and probes it does not. */
static bool plan_reads_idleness(const struct pg_plan *plan)
{
    switch (plan->event[0].attr.type) {
    case PERF_TYPE_HARDWARE:
    case PERF_TYPE_SOFTWARE:
    case PERF_TYPE_HW_CACHE:
    case PERF_TYPE_RAW:
        break;
    default:
        return false;
    }
    /* A thread clock has no page to look at: such a thread must always be read. */
    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (plan->counter[i].source == PG_SOURCE_THREAD_CLOCK)
            return false;
    return plan->n_groups > 0;
}

/* A leader is opened disabled and enabled when its group is complete. Siblings that join a group
 * which already counts may stay off until the thread is scheduled anew: behind a running
 * task-clock, Linux 6.18 counted no page fault until then. */
static int open_event(const struct pg_event *event, int32_t tid, int leader)
{
    struct perf_event_attr attr = event->attr;

    attr.disabled = leader < 0;
    return sys_move_fd((int)sys_perf_event_open(&attr, tid, leader, PERF_FLAG_FD_CLOEXEC));
}

int hot_counters_open(struct hot_counters *c, const struct pg_plan *plan, int32_t tid)
{
    c->tid = tid;
    c->idle_page = NULL;
    c->idle = false;
    c->slice.possible = false;
    c->slice.valid = false;
    c->slice.counts_faults = hot_plan_counts_faults(plan);
    c->user.possible = false;
    hot_counts_clear(&c->last, plan);
    for (uint32_t g = 0; g < plan->n_groups; g++)
        c->raw_enabled_ns[g] = c->raw_running_ns[g] = 0;
    for (uint32_t i = 0; i < plan->n_events; i++)
        c->fd[i] = -1;

    for (uint32_t i = 0; i < plan->n_events; i++) {
        uint32_t leader = plan->group[plan->event[i].group].first_event;
        int fd = open_event(&plan->event[i], tid, leader == i ? -1 : c->fd[leader]);

        if (fd < 0) {
            hot_counters_close(c, plan);
            return fd;
        }
        c->fd[i] = fd;
    }
    for (uint32_t g = 0; g < plan->n_groups; g++)
        sys_ioctl(c->fd[plan->group[g].first_event], PERF_EVENT_IOC_ENABLE, 0);
    if (plan_reads_idleness(plan)) {
        void *page = sys_mmap(PAGE, PROT_READ, MAP_SHARED, c->fd[0]);

        if (!sys_is_error(page))
            c->idle_page = page;
    }
    hot_user_open(c, plan);
    c->slice.possible = c->idle_page != NULL && hot_plan_has_slices(plan, c->user.possible);
    return 0;
}

void hot_counters_close(struct hot_counters *c, const struct pg_plan *plan)
{
    if (c->idle_page != NULL)
        sys_munmap((void *)(uintptr_t)c->idle_page, PAGE);
    c->idle_page = NULL;
    if (c->user.possible)
        hot_user_close(c, plan);
    for (uint32_t i = plan->n_events; i-- > 0;) {
        if (c->fd[i] >= 0)
            sys_close(c->fd[i]);
        c->fd[i] = -1;
    }
}

/* CLOCK_THREAD_CPUTIME_ID of any thread of the process: clock_getcpuclockid(3) for a thread. */
static uint64_t thread_clock(int32_t tid)
{
    struct timespec t = {0, 0};
    uint32_t clock = (~(uint32_t)tid << 3) | 4 /* per thread */ | 2 /* scheduler time */;

    if (sys_clock_gettime((int32_t)clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Counts only grow. What was told by the clock may be some nanoseconds ahead of the kernel. */
static void raise(uint64_t *value, uint64_t to)
{
    if ((int64_t)(to - *value) > 0)
        *value = to;
}

/* One group. True when its times moved since the last read, and then values[] has its events, in
 * plan order; a group whose times stand still did not run, so its counts stand still too. */
static bool read_group(struct hot_counters *c, const struct pg_plan *plan, uint32_t g,
                       uint64_t values[PG_MAX_EVENTS])
{
    /* PERF_FORMAT_GROUP | TOTAL_TIME_ENABLED | TOTAL_TIME_RUNNING (perf_event_open(2)) */
    struct {
        uint64_t nr, enabled, running, value[PG_MAX_GROUP_EVENTS];
    } data;
    const struct pg_group *group = &plan->group[g];
    size_t size = (3 + (size_t)group->n_events) * sizeof(uint64_t);

    if (sys_read(c->fd[group->first_event], &data, size) != (long)size)
        return false;
    if (c->raw_enabled_ns[g] == data.enabled && c->raw_running_ns[g] == data.running)
        return false;
    c->raw_enabled_ns[g] = data.enabled;
    c->raw_running_ns[g] = data.running;
    raise(&c->last.enabled_ns[g], data.enabled);
    raise(&c->last.running_ns[g], data.running);
    for (uint32_t i = 0; i < group->n_events; i++)
        values[group->first_event + i] = data.value[i];
    return true;
}

void hot_counters_read(struct hot_counters *c, const struct pg_plan *plan)
{
    uint64_t values[PG_MAX_EVENTS];
    uint32_t moved = 0; /* bit g: group g moved */
    uint32_t seq = 0;

    if (hot_counters_idle(c))
        return;
    if (c->idle_page != NULL)
        seq = __atomic_load_n(&c->idle_page->lock, __ATOMIC_ACQUIRE);
    for (uint32_t g = 0; g < plan->n_groups; g++)
        moved |= (uint32_t)read_group(c, plan, g, values) << g;
    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct pg_counter *counter = &plan->counter[i];

        if (counter->source == PG_SOURCE_PERF && (moved >> plan->event[counter->event].group & 1))
            raise(&c->last.value[i], values[counter->event]);
        else if (counter->source == PG_SOURCE_THREAD_CLOCK)
            raise(&c->last.value[i], thread_clock(c->tid)); /* 0 when the thread is no more */
    }
    /* Idle only if nothing moved since a read that saw the same schedule count. */
    c->idle = c->idle_page != NULL && moved == 0 && seq == c->idle_seq;
    c->idle_seq = seq;
}

void hot_process_read(const struct pg_plan *plan, struct pg_counts *out)
{
    struct rusage usage;
    bool have = false;

    for (uint32_t i = 0; i < plan->n_counters; i++) {
        if (plan->counter[i].source != PG_SOURCE_RUSAGE)
            continue;
        if (!have && sys_getrusage(RUSAGE_SELF, &usage) != 0)
            return;
        have = true;
        if (plan->counter[i].rusage == PG_RUSAGE_PAGE_FAULTS)
            out->value[i] = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
        else
            out->value[i] = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
    }
}

void hot_counts_copy(struct pg_counts *to, const struct pg_counts *from, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        to->value[i] = from->value[i];
    for (uint32_t g = 0; g < plan->n_groups; g++) {
        to->enabled_ns[g] = from->enabled_ns[g];
        to->running_ns[g] = from->running_ns[g];
    }
}

void hot_counts_add(struct pg_counts *sum, const struct pg_counts *now,
                    const struct pg_counts *base, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        sum->value[i] += now->value[i] - base->value[i];
    for (uint32_t i = 0; i < plan->n_groups; i++) {
        sum->enabled_ns[i] += now->enabled_ns[i] - base->enabled_ns[i];
        sum->running_ns[i] += now->running_ns[i] - base->running_ns[i];
    }
}
