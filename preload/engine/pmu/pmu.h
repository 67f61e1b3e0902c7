/* pmu.h - from an event list and this machine to a plan.
 *
 *   evspec.h   the grammar: text -> terms and groups, no machine needed
 *   resolve.h  a term -> perf_event_attr; sysfs.h, pfm.h: where names and bits come from
 *   fit.h      trial opening, groups that fit
 *   caps.h     what the machine allows, why not, and what would mend it
 *   selftest.h a loop of known length, counted
 *   pmu.h      the planner over all of these: back ends and default sets
 */
#ifndef PERFGO_PMU_PMU_H
#define PERFGO_PMU_PMU_H

#include "base/error.h"
#include "hot/plan.h"

/* Makes the plan for an event list (NULL: the default set of the back end) on the calling thread's
 * machine. `backend`: PG_BACKEND_AUTO tries pmu, software, timer in that order and says in
 * plan->note why a better one is not used; a named one is used or the call fails. Events that
 * cannot be counted here are left out of the plan and named in the note; it fails only when the
 * list does not parse, a group in braces cannot be counted as one (PG_E_UNSUPPORTED), or nothing at
 * all can be counted. Opens and closes perf events on the
 * calling thread. */
int pmu_plan(const char *events, enum pg_backend backend, struct pg_plan *plan,
             struct pg_error *err);

/* Why an event of a list is not in a plan, for callers that decide by it. */
struct pmu_cause {
    enum pg_code code; /* PG_OK: nothing was left out */
    int number;        /* errno of perf_event_open; 0: it was not tried */
    bool hardware;     /* the event needs a PMU */
};

/* The plan for exactly these events, with the best back end for each: what cannot be counted makes
 * the call fail, or with `partial` is left out and named in the note, unless nothing is left.
 * *cause is about the first such event. As pmu_plan otherwise; `events` must not be NULL. */
int pmu_plan_list(const char *events, bool partial, struct pg_plan *plan, struct pmu_cause *cause,
                  struct pg_error *err);

/* "pmu" -> PG_BACKEND_PMU …; false for an unknown name. */
bool pmu_backend_by_name(const char *name, enum pg_backend *out);
const char *pmu_backend_name(enum pg_backend backend);

#endif
