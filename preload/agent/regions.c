#include "regions.h"

#include "agent.h"
#include "windows.h"

#include "hot/counters.h"
#include "hot/lock.h"

#include <stdlib.h>

struct region {
    char name[REGION_NAME + 1];
    uint64_t size;
    uint32_t depth;   /* how many are in it */
    uint64_t entered; /* how often, in this run */
    struct pg_counts base, sum;
};

static struct {
    struct hot_lock lock;
    uint32_t n;
    uint64_t open;        /* those that somebody is in, a bit each */
    struct pg_counts own; /* what one entry costs by itself */
    struct region region[MAX_REGIONS];
} regions;

static void zero(struct pg_counts *c)
{
    static const struct pg_counts none;

    *c = none;
}

static bool is_name(const struct region *r, const char *name, size_t size)
{
    if (r->size != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (r->name[i] != name[i])
            return false;
    return true;
}

int region_number(const char *name, size_t size)
{
    int found = -1;

    if (size > REGION_NAME)
        return -1;
    hot_lock(&regions.lock);
    for (uint32_t i = 0; i < regions.n && found < 0; i++)
        if (is_name(&regions.region[i], name, size))
            found = (int)i;
    if (found < 0 && regions.n < MAX_REGIONS) {
        struct region *r = &regions.region[regions.n];

        for (size_t i = 0; i < size; i++)
            r->name[i] = name[i];
        r->name[size] = '\0';
        r->size = size;
        found = (int)regions.n++;
    }
    hot_unlock(&regions.lock);
    return found;
}

static struct region *region_of(int number)
{
    return agent.windows != NULL && number >= 0 && (uint32_t)number < regions.n
               ? &regions.region[number]
               : NULL;
}

/* The samples from now on; outside of what the region counts. */
static void set_open(uint64_t open)
{
    if (open != regions.open)
        windows_divide(agent.windows, open);
    regions.open = open;
}

void region_begin(int number)
{
    struct region *r = region_of(number);

    if (r == NULL)
        return;
    hot_lock(&regions.lock);
    r->entered++;
    if (r->depth++ == 0) {
        set_open(regions.open | 1ull << number);
        windows_counted(agent.windows, false, &r->base);
    }
    hot_unlock(&regions.lock);
}

void region_end(int number)
{
    struct region *r = region_of(number);
    struct pg_counts now;

    if (r == NULL)
        return;
    hot_lock(&regions.lock);
    if (r->depth > 0 && --r->depth == 0) {
        windows_counted(agent.windows, true, &now);
        hot_counts_add(&r->sum, &now, &r->base, &agent.plan);
        set_open(regions.open & ~(1ull << number));
    }
    hot_unlock(&regions.lock);
}

void regions_forget(bool leave)
{
    hot_lock(&regions.lock);
    for (uint32_t i = 0; i < regions.n; i++) {
        struct region *r = &regions.region[i];

        if (leave)
            r->depth = 0;
        r->entered = r->depth;
        zero(&r->sum);
        zero(&r->base); /* as windows_counted is by now */
    }
    if (leave)
        set_open(0);
    hot_unlock(&regions.lock);
}

static void take_off(struct pg_counts *c, const struct region *r)
{
    for (uint32_t i = 0; i < agent.plan.n_counters; i++) {
        uint64_t own = regions.own.value[i] * r->entered;

        c->value[i] = c->value[i] > own ? c->value[i] - own : 0;
    }
}

size_t regions_total(struct session_region out[MAX_REGIONS])
{
    size_t n = 0;

    hot_lock(&regions.lock);
    for (uint32_t i = 0; i < regions.n; i++) {
        const struct region *r = &regions.region[i];

        if (r->entered == 0)
            continue;
        out[n].name = r->name;
        out[n].number = i;
        out[n].entered = r->entered;
        out[n].counts = r->sum;
        take_off(&out[n].counts, r);
        n++;
    }
    hot_unlock(&regions.lock);
    return n;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void regions_calibrate(void)
{
    enum { WARM_UP = 8, ROUNDS = 63 };
    static uint64_t seen[PG_MAX_COUNTERS][ROUNDS];
    struct region *r = &regions.region[0];

    regions.n = 1;
    for (int i = -WARM_UP; i < ROUNDS; i++) {
        windows_begin_run(agent.windows);
        regions_forget(true);
        windows_start(agent.windows);
        region_begin(0);
        region_end(0);
        windows_stop(agent.windows);
        for (uint32_t c = 0; i >= 0 && c < agent.plan.n_counters; c++)
            seen[c][i] = r->sum.value[c];
    }
    for (uint32_t c = 0; c < agent.plan.n_counters; c++) {
        qsort(seen[c], ROUNDS, sizeof seen[c][0], by_value);
        regions.own.value[c] = seen[c][ROUNDS / 2];
    }
    windows_begin_run(agent.windows);
    regions_forget(true);
    regions.n = 0; /* the number is free again */
}
