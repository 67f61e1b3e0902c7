/* pfm.h - event names of libpfm4. pfm.c is the only file that knows the library. */
#ifndef PERFGO_PMU_PFM_H
#define PERFGO_PMU_PFM_H

#include "base/error.h"

#include <linux/perf_event.h>

/* Sets type, config, config1, config2 of *attr for a libpfm4 event string ("INST_RETIRED:ANY_P",
 * "skl::L2_RQSTS:MISS:c=1"), and what its modifiers say of modes, precision, pinning and guests in
 * addition to what *attr says already; period and freq are ignored. Initialises libpfm4
 * (milliseconds, some 100 KiB) with the first call of the process. PG_E_NOTFOUND: no CPU has it.
 * PG_E_UNSUPPORTED: another CPU than this one has it, or it needs a unit mask. [one thread at a
 * time] */
int pfmevent_encode(const char *event, struct perf_event_attr *attr, struct pg_error *err);

struct pfmevent {
    const char *pmu, *pmu_text; /* "skl", "Intel Skylake" */
    const char *event, *umask;  /* umask "" when the event has none */
    const char *text, *umask_text;
};

/* Shows every event of the PMUs that libpfm4 finds on this machine, once for each unit mask. The
 * strings stay libpfm4's. Generic events and tracepoints are left out: others know them. [one
 * thread at a time] */
void pfmevent_each(void (*visit)(void *context, const struct pfmevent *event), void *context);

#endif
