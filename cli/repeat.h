/* repeat.h - go test more than once, all into the same records: with other seeds, or with other
 * events. */
#ifndef PERFGO_CLI_REPEAT_H
#define PERFGO_CLI_REPEAT_H

#include "proto/settings.h"

/* Runs go test once: 0 and its wait status, or an exit status of perfgo's. */
typedef int repeat_once(void *context, int *status);

/* With `seeds` seeds from the settings' on (0: just that one). Both: the first failure of go test
 * is the status; what PERFGO_* variables say differs from run to run. */
int repeat_seeds(const struct pg_settings *s, uint64_t seeds, repeat_once *once, void *context,
                 int *status);

/* As often as it takes to count every event all the time (pmu/passes.h); once where all fit. */
int repeat_passes(const struct pg_settings *s, repeat_once *once, void *context, int *status);

#endif
