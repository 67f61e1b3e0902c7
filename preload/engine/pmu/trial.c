#include "pmu/trial.h"

#include "pmu/plan_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* What became of one of the events that a name stands for. */
static enum trial try_want(struct planner *p, size_t i)
{
    if (!p->want[i].usable)
        return TRIAL_NO;
    fit_alone(p->machine->kernel, &p->fit[i]);
    if (p->fit[i].error != 0)
        planner_explain(p, i);
    return p->fit[i].error != 0 ? TRIAL_NO : p->fit[i].kernel_denied ? TRIAL_USER : TRIAL_YES;
}

enum trial trial_open(const struct trial_machine *machine, const char *event,
                      char reason[CAPS_TEXT_SIZE])
{
    const struct plan_machine m = {
        .kernel = machine->kernel, .roots = machine->roots, .caps = machine->caps};
    struct planner *p = calloc(1, sizeof *p);
    enum trial best = TRIAL_NO;
    struct pg_error err;

    snprintf(reason, CAPS_TEXT_SIZE, "out of memory");
    if (p == NULL)
        return TRIAL_NO;
    p->machine = &m;
    p->backend = PG_BACKEND_PMU;
    p->err = &err;
    if (planner_want(p, event) != 0)
        snprintf(reason, CAPS_TEXT_SIZE, "%.*s", CAPS_TEXT_SIZE - 1, err.text);
    else if (p->n == 0)
        snprintf(reason, CAPS_TEXT_SIZE, "%.*s", CAPS_TEXT_SIZE - 1, p->last_reason);
    for (size_t i = 0; i < p->n; i++) {
        enum trial t = try_want(p, i);
        if (i == 0 || t > best) {
            best = t;
            snprintf(reason, CAPS_TEXT_SIZE, "%s", p->want[i].reason);
        }
    }
    evspec_free(p->spec);
    free(p);
    return best;
}
