/* hybrid.h - one number for an event that several kinds of cores count apart. */
#ifndef PERFGO_BENCH_HYBRID_H
#define PERFGO_BENCH_HYBRID_H

#include "bench/record.h"

/* Adds to a record, behind its counters, the sum of each event that the plan has on several core
 * PMUs ("cpu_core/instructions/" and "cpu_atom/instructions/": "instructions"). The record has room
 * for half as many metrics as the plan has counters. False: no memory. */
bool hybrid_sum(struct record *r, const struct pg_plan *plan);

#endif
