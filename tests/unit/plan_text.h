/* plan_text.h - a plan as text that a test can compare. */
#ifndef PERFGO_TESTS_UNIT_PLAN_TEXT_H
#define PERFGO_TESTS_UNIT_PLAN_TEXT_H

#include "pmu/plan_priv.h"

#include <assert.h>
#include <string.h>

/* "[a b] [c] clock:d rusage:e" */
static inline void render(const struct pg_plan *plan, char *out, size_t size)
{
    *out = '\0';
    for (unsigned g = 0; g < plan->n_groups; g++) {
        const struct pg_group *group = &plan->group[g];
        for (unsigned e = group->first_event; e < group->first_event + group->n_events; e++) {
            const char *name = "?";
            assert(plan->event[e].group == g);
            for (unsigned c = 0; c < plan->n_counters; c++)
                if (plan->counter[c].source == PG_SOURCE_PERF && plan->counter[c].event == e)
                    name = plan->counter[c].name;
            planner_append(out, size, "%s%s", e == group->first_event ? "[" : " ", name);
        }
        planner_append(out, size, "] ");
    }
    for (unsigned c = 0; c < plan->n_counters; c++)
        if (plan->counter[c].source != PG_SOURCE_PERF)
            planner_append(out, size, "%s:%s ",
                           plan->counter[c].source == PG_SOURCE_RUSAGE ? "rusage" : "clock",
                           plan->counter[c].name);
    if (*out != '\0')
        out[strlen(out) - 1] = '\0';
}

#endif
