/* plan_priv.h - the planner with its machine as a parameter. For plan.c and its tests. */
#ifndef PERFGO_PMU_PLAN_PRIV_H
#define PERFGO_PMU_PLAN_PRIV_H

#include "pmu/caps.h"
#include "pmu/fit.h"
#include "pmu/pmu.h"
#include "pmu/resolve.h"
#include "pmu/selftest.h"

struct plan_machine {
    const struct fit_kernel *kernel;
    struct resolve_roots roots;
    const struct pmu_caps *caps;
    int (*selftest)(struct selftest_counts *out, struct pg_error *err);
};

/* pmu_plan() and pmu_plan_list() on a given machine. */
int plan_make(const struct plan_machine *machine, const char *events, enum pg_backend backend,
              struct pg_plan *plan, struct pg_error *err);
int plan_make_list(const struct plan_machine *machine, const char *events, bool partial,
                   struct pg_plan *plan, struct pmu_cause *cause, struct pg_error *err);

/* One event of the list on its way into the plan. */
struct plan_want {
    const struct evspec_term *term;
    struct resolved event;
    bool usable;      /* may be opened with this back end */
    char reason[200]; /* why it cannot be counted; "" while it can */
    int substitute;   /* enum pg_source that stands in for perf; -1: none */
};

/* State of one attempt at a plan. */
struct planner {
    const struct plan_machine *machine;
    enum pg_backend backend; /* the best one this attempt may use */
    struct pg_plan *plan;
    struct pg_error *err;
    struct evspec *spec;
    size_t n;
    struct plan_want want[PG_MAX_COUNTERS];
    struct fit_event fit[PG_MAX_COUNTERS]; /* of want[i] */
    char why[256];                         /* the first reason why a better back end is not used */
    char left_out[400];                    /* "name, name (reason), name (reason)…" */
    char last_reason[480];                 /* of left_out's last entry */
    bool user_only;                        /* a counter had to do without kernel mode */
    struct pmu_cause cause;                /* of the first one that was left out */
};

/* Parses and resolves the list and decides what may be opened. plan_want.c */
int planner_want(struct planner *p, const char *events);

/* Puts into want[i].reason why fit[i] could not be opened. */
void planner_explain(struct planner *p, size_t i);

/* Appends to a string of `size` bytes; what does not fit is replaced by "…". */
void planner_append(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes that a counter is not in the plan; names with the same reason share it. */
void planner_leave_out(struct planner *p, const char *name, const char *reason);

#endif
