/* view.h - what perfgo view looks at: one run or two, or pprof files, and the benchmarks chosen. */
#ifndef PERFGO_CLI_VIEW_H
#define PERFGO_CLI_VIEW_H

#include "cli/output.h"
#include "cli/summary.h"
#include "cli/words.h"

enum { VIEW_OLD, VIEW_NEW, VIEW_SIDES };

struct view_side {
    struct run_data *run;   /* NULL: a lone profile, `file` */
    struct summary summary; /* of the run */
    char *file;
};

struct view_benchmark {
    char *pkg, *label;
    struct {
        const struct summary_row *row; /* NULL: the side has no such benchmark, or no counters */
        char *profile;                 /* path of a file that is there; NULL: none */
        uint64_t n;                    /* iterations that the profile is of; 0: not known */
    } side[VIEW_SIDES];
};

struct view {
    struct view_side side[VIEW_SIDES];
    size_t n_sides; /* 1: side[0] only; 2: OLD and NEW */
    struct view_benchmark *benchmark;
    size_t n_benchmarks, n_profiles; /* n_profiles: benchmarks that have one on every side */
};

/* Loads what the operands name: [RUN] [BENCHMARK], OLD NEW [BENCHMARK]; a run is an id, a unique
 * prefix, or a path, and may be a pprof file instead. A word that names no run is a benchmark, in
 * full or in part. `history`: directory of runs. After an error only view_free may follow. */
int view_load(struct view *v, const char *history, const struct words *operands,
              struct pg_error *err);
void view_free(struct view *v);

/* One page. (view_html.c) */
int view_html(FILE *f, const struct view *v, struct pg_error *err);

/* Head, counters, and which benchmarks have profiles, for a terminal. (view_text.c) */
void view_text(FILE *f, const struct view *v, struct output_style style);

#endif
