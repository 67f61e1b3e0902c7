/* passes.h - many events, each counted all the time: a run is repeated, and each pass has as many
 * of them as the hardware holds at once. */
#ifndef PERFGO_PMU_PASSES_H
#define PERFGO_PMU_PASSES_H

#include "hot/plan.h"

/* How many passes the plan needs so that no two groups of the same PMU take turns; at least 1.
 * [any thread] */
uint32_t passes_needed(const struct pg_plan *plan);

/* Reduces a plan to what pass 1 … passes_needed() counts: of each PMU one group, and everything
 * that needs no PMU. [any thread] */
void passes_keep(struct pg_plan *plan, uint32_t pass);

#endif
