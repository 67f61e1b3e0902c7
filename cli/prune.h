/* prune.h - a history that does not grow for ever. */
#ifndef PERFGO_CLI_PRUNE_H
#define PERFGO_CLI_PRUNE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prune {
    uint64_t keep;      /* the newest runs; at least 1 */
    uint64_t keep_days; /* and those younger than this; 0: none */
    bool dry;           /* only tell */
    /* Called for each run that goes; may be NULL. */
    void (*tell)(void *context, const char *id);
    void *context;
};

struct prune_result {
    size_t removed, kept;
};

/* Removes the older runs of a history directory. A run that is being written stays. */
int prune_history(const char *history, const struct prune *p, struct prune_result *out,
                  struct pg_error *err);

#endif
