/* changepoint.h - where in a series of measurements did the level change? Pure. [any thread] */
#ifndef PERFGO_BENCH_CHANGEPOINT_H
#define PERFGO_BENCH_CHANGEPOINT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CHANGEPOINT_MIN = 6,      /* noisy values needed before anything can be said */
    CHANGEPOINT_MAX = 100000, /* values; more are refused */
};

/* Finds the indices (ascending, each the first value of a new level) at which the level of
 * value[n], finite and in order of time, changes; at most n - 1 of them, in change[], which has
 * room for n. With `exact` every difference is a change; else those that noise does not explain:
 * the segmentation that minimises squared deviations plus a penalty per change, with segments of at
 * least two values. Returns how many, or a negative code.
 * (Killick, Fearnhead, Eckley: Optimal detection of changepoints with a linear computational cost,
 * JASA 2012; penalty: Zhang and Siegmund's modified BIC, Biometrics 2007) */
int changepoint_find(const double *value, size_t n, bool exact, size_t *change,
                     struct pg_error *err);

#endif
