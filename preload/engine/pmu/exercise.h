/* exercise.h - a short load for which every CPU counts something. */
#ifndef PERFGO_PMU_EXERCISE_H
#define PERFGO_PMU_EXERCISE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

/* One round in user mode: some 15 µs. Branch predictors learn what comes twice, so the seed
 * must be another one each time. [any thread] */
void exercise_round(uint64_t seed);

/* True when an event of this type and config has to count in a round wherever it exists, so that a
 * zero, with user mode counted, says that it does not work here. Pure. */
bool exercise_is_counted(const struct perf_event_attr *attr);

#endif
