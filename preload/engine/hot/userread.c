#include "hot/userread.h"

#include "hot/sys.h"
#include "pmc.h" /* hot/arch/<cpu>/ */

#include <sys/mman.h>

enum {
    PAGE = 1,   /* the kernel rounds up, whatever its page size is */
    TRIES = 16, /* the thread is scheduled anew while its page is read: rare, twice is a wonder */
};

bool hot_is_hardware(const struct pg_event *event)
{
    return event->attr.type != PERF_TYPE_SOFTWARE && event->attr.type != PERF_TYPE_TRACEPOINT &&
           event->attr.type != PERF_TYPE_BREAKPOINT;
}

void hot_user_open(struct hot_counters *c, const struct pg_plan *plan)
{
    bool any = false;

    c->user.possible = true;
    c->user.tried = false;
    for (uint32_t i = 0; i < plan->n_events; i++) {
        const struct perf_event_mmap_page *page;

        c->user.page[i] = NULL;
        if (!c->user.possible || !hot_is_hardware(&plan->event[i]))
            continue;
        any = true;
        page = sys_mmap(PAGE, PROT_READ, MAP_SHARED, c->fd[i]);
        if (sys_is_error(page)) {
            c->user.possible = false;
            continue;
        }
        c->user.page[i] = page;
        /* Of an event that is not on the hardware now a kernel may say neither yes nor no. */
        c->user.possible = page->cap_user_rdpmc || page->index == 0;
    }
    c->user.possible &= any;
    if (!c->user.possible)
        hot_user_close(c, plan);
}

void hot_user_close(struct hot_counters *c, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_events; i++) {
        if (c->user.page[i] != NULL)
            sys_munmap((void *)(uintptr_t)c->user.page[i], PAGE);
        c->user.page[i] = NULL;
    }
    c->user.possible = false;
}

void hot_user_try(struct hot_counters *c, const struct pg_plan *plan)
{
    struct pg_counts now;

    c->user.tried = true;
    if (c->user.possible && !hot_user_read(c, plan, &now))
        hot_user_close(c, plan);
}

bool hot_user_count(const struct perf_event_mmap_page *page, bool (*read)(uint32_t, uint64_t *),
                    uint64_t *count)
{
    for (int i = 0; i < TRIES; i++) {
        uint32_t seq = __atomic_load_n(&page->lock, __ATOMIC_ACQUIRE);
        uint32_t index = __atomic_load_n(&page->index, __ATOMIC_RELAXED);
        uint64_t offset = (uint64_t)__atomic_load_n(&page->offset, __ATOMIC_RELAXED), value = 0;
        uint16_t width = __atomic_load_n(&page->pmc_width, __ATOMIC_RELAXED);
        bool can = page->cap_user_rdpmc && index != 0 && width > 0 && width <= 64;

        if (can)
            can = read(index - 1, &value);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&page->lock, __ATOMIC_RELAXED) != seq)
            continue;
        /* The counter began at -period or at anything else: its sign belongs to the count. */
        if (can)
            *count = offset + (uint64_t)((int64_t)(value << (64 - width)) >> (64 - width));
        return can;
    }
    return false;
}

static bool is_user_read(const struct hot_counters *c, const struct pg_counter *counter)
{
    return counter->source == PG_SOURCE_PERF && c->user.page[counter->event] != NULL;
}

bool hot_user_read(const struct hot_counters *c, const struct pg_plan *plan, struct pg_counts *out)
{
    uint64_t value[PG_MAX_EVENTS];

    if (!c->user.possible)
        return false;
    for (uint32_t i = 0; i < plan->n_events; i++)
        if (c->user.page[i] != NULL && !hot_user_count(c->user.page[i], pmc_read, &value[i]))
            return false;
    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (is_user_read(c, &plan->counter[i]))
            out->value[i] = value[plan->counter[i].event];
    return true;
}

void hot_user_copy(const struct hot_counters *c, const struct pg_plan *plan,
                   const struct pg_counts *from, struct pg_counts *to)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (is_user_read(c, &plan->counter[i]))
            to->value[i] = from->value[i];
}
