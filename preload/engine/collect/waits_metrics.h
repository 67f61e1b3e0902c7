/* waits_metrics.h - what threads waited, as metrics of a record. */
#ifndef PERFGO_COLLECT_WAITS_METRICS_H
#define PERFGO_COLLECT_WAITS_METRICS_H

#include "bench/record.h"
#include "collect/samples.h"

/* Adds off-cpu, its parts by reason, and the run-queue latency as far as it is known. Nothing when
 * waits were not sampled. */
int waits_metrics(struct record *r, const struct samples *s, struct pg_error *err);

#endif
