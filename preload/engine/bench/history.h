/* history.h - one metric of one benchmark over the runs of a history. */
#ifndef PERFGO_BENCH_HISTORY_H
#define PERFGO_BENCH_HISTORY_H

#include "base/arena.h"
#include "bench/metrics.h"
#include "bench/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_query {
    const char *benchmark; /* pattern as in gate.h: with or without "Benchmark" and procs */
    const char *unit;      /* "ns/op"; NULL: see history_load */
    const char *branch;    /* only runs of it; NULL: all */
    size_t limit;          /* the newest runs; 0: all */
};

struct history_point { /* one run */
    const char *run;
    int64_t time;                 /* seconds since 1970 */
    const char *commit, *branch;  /* NULL: not known */
    const char *go_version, *cpu; /* NULL: not known */
    bool dirty;
    size_t n;                /* repeats */
    double median, min, max; /* per operation */
};

struct history_series {
    const char *pkg, *name, *unit;
    uint32_t procs;
    const char *backend; /* of perfgo's counters, NULL: printed by Go; others are another series */
    enum metric_better better;
    bool exact;
    struct history_point *point; /* n_points, oldest first */
    size_t n_points;
    size_t *change; /* n_changes indices of points that begin a new level */
    size_t n_changes;
};

struct history {
    struct arena arena;
    struct history_series *series; /* in order of appearance */
    size_t n_series;
    size_t n_runs; /* looked at */
};

/* Loads the runs of the directory `dir` (see run_list) and collects what matches. Without a unit
 * each benchmark gives one series: instructions/op where simulated or counted, else ns/op. Runs
 * that cannot be read are left out, and what perfgo test --against measured of other versions. The
 * caller frees with history_free. */
int history_load(const char *dir, const struct history_query *query, struct history *out,
                 struct pg_error *err);
void history_free(struct history *h);

/* The level that begins with point `first` and ends before `end`: the median of its runs. */
double history_level(const struct history_series *s, size_t first, size_t end);

#endif
