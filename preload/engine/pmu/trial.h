/* trial.h - can an event be counted here? Found by opening it. */
#ifndef PERFGO_PMU_TRIAL_H
#define PERFGO_PMU_TRIAL_H

#include "pmu/caps.h"
#include "pmu/fit.h"
#include "pmu/resolve.h"

enum trial {
    TRIAL_NO,
    TRIAL_USER, /* in user mode only */
    TRIAL_YES,
};

struct trial_machine {
    struct resolve_roots roots;
    const struct pmu_caps *caps;
    const struct fit_kernel *kernel;
};

/* Opens an event, written as in an event list, for the calling thread, and closes it again; the
 * rules are those of a plan (pmu.h). `reason` says why it cannot be counted, "" when it can. A
 * tracepoint takes the kernel some 40 ms to close. [one thread at a time] */
enum trial trial_open(const struct trial_machine *machine, const char *event,
                      char reason[CAPS_TEXT_SIZE]);

#endif
