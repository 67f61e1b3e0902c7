/* hybrid.c - sums over the kinds of cores of a hybrid machine.
 *
 * Each kind has a PMU of its own, and an event is opened on each. A thread's event on a PMU is
 * enabled all the time and runs while the thread is on a core of that kind, so the parts are added
 * as they were counted: scaling one of them up by its coverage would guess what the other has
 * counted. Together they should have run all the time; what is missing then was lost to
 * multiplexing, and only for that the sum is an estimate. (Linux: tools/perf/Documentation/
 * intel-hybrid.txt)
 */
#include "bench/hybrid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Switching between the PMUs takes its time too; no more than this is switching. */
#define SWITCHING 0.001

static const struct pg_counter *counter_of(const struct pg_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (strcmp(plan->counter[i].name, name) == 0)
            return &plan->counter[i];
    return NULL;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void add_part(struct record_metric *sum, const struct record_metric *part)
{
    sum->value += part->value;
    sum->running_ns += part->running_ns;
    sum->enabled_ns = part->enabled_ns > sum->enabled_ns ? part->enabled_ns : sum->enabled_ns;
    sum->own_cost = larger(sum->own_cost, part->own_cost);
    sum->own_residual = larger(sum->own_residual, part->own_residual);
    sum->exclude_kernel |= part->exclude_kernel;
}

static void finish(struct record_metric *sum, const struct record *r)
{
    if (sum->running_ns > sum->enabled_ns)
        sum->running_ns = sum->enabled_ns;
    if (sum->running_ns < sum->enabled_ns)
        sum->coverage = (double)sum->running_ns / (double)sum->enabled_ns;
    sum->scaled = sum->coverage < 1 - SWITCHING;
    sum->per_op = sum->value / (sum->scaled ? sum->coverage : 1) / (double)r->counted;
}

/* The sum of the parts of `whole`, `first` among them. */
static bool sum_of(struct record *r, const struct pg_plan *plan, const char *whole,
                   const struct record_metric *first, struct record_metric *out)
{
    char unit[PG_NAME_SIZE + 4];

    snprintf(unit, sizeof unit, "%s/op", whole);
    *out = (struct record_metric){
        .name = arena_utf8(&r->arena, whole, strlen(whole)),
        .unit = arena_utf8(&r->arena, unit, strlen(unit)),
        .backend = first->backend,
        .coverage = 1,
        .marginal = NAN,
    };
    for (size_t i = 0; i < r->n_metrics; i++) {
        const struct pg_counter *c = counter_of(plan, r->metric[i].name);

        if (c != NULL && strcmp(c->whole, whole) == 0)
            add_part(out, &r->metric[i]);
    }
    finish(out, r);
    return out->name != NULL && out->unit != NULL;
}

/* Two counters at least are on the machine's kinds of cores, whether or not both ran. */
static bool has_parts(const struct pg_plan *plan, const char *whole)
{
    int n = 0;

    for (uint32_t i = 0; i < plan->n_counters; i++)
        n += strcmp(plan->counter[i].whole, whole) == 0;
    return n > 1;
}

bool hybrid_sum(struct record *r, const struct pg_plan *plan)
{
    const size_t n = r->n_metrics;

    for (size_t i = 0; i < n; i++) {
        const struct pg_counter *c = counter_of(plan, r->metric[i].name);

        if (c == NULL || c->whole[0] == '\0' || !has_parts(plan, c->whole) ||
            record_metric(r, c->whole) != NULL)
            continue;
        if (!sum_of(r, plan, c->whole, &r->metric[i], &r->metric[r->n_metrics]))
            return false;
        r->n_metrics++;
    }
    return true;
}
