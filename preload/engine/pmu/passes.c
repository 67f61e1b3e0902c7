#include "pmu/passes.h"

#include "hot/userread.h"

#include <string.h>

/* The hardware event that tells which PMU the group is on; NULL: only the kernel's own events. */
static const struct pg_event *hardware_of(const struct pg_plan *plan, uint32_t group)
{
    const struct pg_group *g = &plan->group[group];

    for (uint32_t i = 0; i < g->n_events; i++)
        if (hot_is_hardware(&plan->event[g->first_event + i]))
            return &plan->event[g->first_event + i];
    return NULL;
}

/* Generic events and cache events are of the CPU's own PMU, as raw codes are; where there are
 * several kinds of cores, the upper half of config says which. (linux/perf_event.h,
 * PERF_PMU_TYPE_SHIFT) */
static uint32_t pmu_of(const struct pg_event *event)
{
    const uint32_t type = event->attr.type, kind = (uint32_t)(event->attr.config >> 32);

    if (type != PERF_TYPE_HARDWARE && type != PERF_TYPE_HW_CACHE)
        return type;
    return kind != 0 ? kind : PERF_TYPE_RAW;
}

static bool same_pmu(const struct pg_plan *plan, uint32_t a, uint32_t b)
{
    const struct pg_event *x = hardware_of(plan, a), *y = hardware_of(plan, b);

    return x != NULL && y != NULL && pmu_of(x) == pmu_of(y);
}

/* Groups of the same PMU as `group`, it included; and how many of them stand before it. */
static uint32_t rivals(const struct pg_plan *plan, uint32_t group, uint32_t *before)
{
    uint32_t n = 0;

    *before = 0;
    for (uint32_t i = 0; i < plan->n_groups; i++) {
        if (i != group && !same_pmu(plan, i, group))
            continue;
        n++;
        *before += i < group;
    }
    return n;
}

uint32_t passes_needed(const struct pg_plan *plan)
{
    uint32_t most = 1, before;

    for (uint32_t i = 0; i < plan->n_groups; i++) {
        const uint32_t n = rivals(plan, i, &before);

        most = n > most ? n : most;
    }
    return most;
}

void passes_keep(struct pg_plan *plan, uint32_t pass)
{
    const struct pg_plan all = *plan;
    uint8_t event_of[PG_MAX_EVENTS];

    plan->n_groups = plan->n_events = plan->n_counters = 0;
    memset(event_of, UINT8_MAX, sizeof event_of);
    for (uint32_t g = 0; g < all.n_groups; g++) {
        uint32_t before, n = rivals(&all, g, &before);

        if (hardware_of(&all, g) != NULL && (pass - 1) % n != before)
            continue;
        plan->group[plan->n_groups].first_event = (uint8_t)plan->n_events;
        plan->group[plan->n_groups].n_events = all.group[g].n_events;
        for (uint32_t i = 0; i < all.group[g].n_events; i++) {
            const uint32_t from = all.group[g].first_event + i;

            event_of[from] = (uint8_t)plan->n_events;
            plan->event[plan->n_events] = all.event[from];
            plan->event[plan->n_events++].group = (uint8_t)plan->n_groups;
        }
        plan->n_groups++;
    }
    for (uint32_t i = 0; i < all.n_counters; i++) {
        const struct pg_counter *c = &all.counter[i];

        if (c->source == PG_SOURCE_PERF && event_of[c->event] == UINT8_MAX)
            continue;
        plan->counter[plan->n_counters] = *c;
        if (c->source == PG_SOURCE_PERF)
            plan->counter[plan->n_counters].event = event_of[c->event];
        plan->n_counters++;
    }
}
