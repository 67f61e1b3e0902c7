/* run_priv.h - what the files of the run store share. */
#ifndef PERFGO_BENCH_RUN_PRIV_H
#define PERFGO_BENCH_RUN_PRIV_H

#include "bench/json.h"
#include "bench/run.h"

#include <limits.h>

#define RUN_INFO  "testrun.json"
#define RUN_LINES "benchmarks.jsonl"
#define RUN_LOCK  ".lock"

enum {
    RUN_INFO_MAX = 16 << 20,
    RUN_LOCK_TRIES = 400, /* 5 ms apart: a stopped writer must not stop the others for ever */
};

struct run {
    char dir[PATH_MAX];
    const char *id; /* last part of dir */
};

/* Descriptor holding the run's lock, or a negative code. Close it to unlock. */
int run_lock(const struct run *run, struct pg_error *err);

/* Changes testrun.json under the lock: `change` gets the object and returns false when memory is
 * out. */
int run_change(struct run *run, bool (*change)(cJSON *root, void *context), void *context,
               struct pg_error *err);

/* RFC 3339 in UTC ("2026-11-20T11:00:00.123456789Z") to nanoseconds since 1970; false when it is
 * not.
 */
bool run_parse_time(const char *text, int64_t *ns);

#endif
