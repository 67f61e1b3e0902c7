/* pfm.h - event names of libpfm4. pfm.c is the only file that knows the library. */
#ifndef PERFGO_PMU_PFM_H
#define PERFGO_PMU_PFM_H

#include "base/error.h"

#include <linux/perf_event.h>

/* Sets type, config, config1, config2 of *attr for a libpfm4 event string ("INST_RETIRED:ANY_P",
 * "skl::L2_RQSTS:MISS"). Initialises libpfm4 (milliseconds, some 100 KiB) with the first call of
 * the process. PG_E_NOTFOUND: no CPU has it. PG_E_UNSUPPORTED: another CPU than this one has it, or
 * it needs a unit mask. [one thread at a time] */
int pfmevent_encode(const char *event, struct perf_event_attr *attr, struct pg_error *err);

#endif
