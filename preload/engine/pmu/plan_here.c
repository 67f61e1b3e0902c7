/* plan_here.c - the planner on the machine that this runs on. */
#include "pmu/plan_priv.h"

#include <stdlib.h>
#include <string.h>

/* This machine; the caller frees *caps. */
static int real_machine(struct plan_machine *machine, struct pmu_caps **caps, struct pg_error *err)
{
    *caps = malloc(sizeof **caps);
    if (*caps == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory for a plan of events");
    caps_probe("/proc", "/sys", *caps);
    *machine = (struct plan_machine){.kernel = &fit_real_kernel,
                                     .roots = {"/sys", (*caps)->tracefs},
                                     .caps = *caps,
                                     .selftest = selftest_measure};
    return 0;
}

int pmu_plan(const char *events, enum pg_backend backend, struct pg_plan *plan,
             struct pg_error *err)
{
    struct plan_machine machine;
    struct pmu_caps *caps;
    int rc;

    memset(plan, 0, sizeof *plan);
    rc = real_machine(&machine, &caps, err);
    if (rc == 0)
        rc = plan_make(&machine, events, backend, plan, err);
    free(caps);
    return rc;
}

int pmu_plan_list(const char *events, bool partial, struct pg_plan *plan, struct pmu_cause *cause,
                  struct pg_error *err)
{
    struct plan_machine machine;
    struct pmu_caps *caps;
    int rc = real_machine(&machine, &caps, err);

    *cause = (struct pmu_cause){.code = PG_E_NOMEM};
    if (rc == 0)
        rc = plan_make_list(&machine, events, partial, plan, cause, err);
    free(caps);
    return rc;
}
