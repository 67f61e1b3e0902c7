/* summary.h - a run's records as people compare them: one row per benchmark, one column per metric,
 * the median over repeats in each cell. */
#ifndef PERFGO_CLI_SUMMARY_H
#define PERFGO_CLI_SUMMARY_H

#include "bench/run.h"

#include <stdbool.h>
#include <stddef.h>

struct summary_column {
    const char *unit;    /* "ns/op", "instructions/op", "IPC" */
    const char *backend; /* of the first record that has it; NULL: printed by Go itself */
};

struct summary_cell {
    size_t n;                /* repeats that have the metric; 0: absent */
    double median, min, max; /* per operation */
    double coverage;         /* the worst one */
};

struct summary_row {
    const char *pkg, *name; /* borrowed from the records */
    uint32_t procs;         /* 0: not known */
    size_t repeats;
    const struct record **record; /* repeats of them, borrowed */
    struct summary_cell *cell;    /* n_columns */
};

struct summary {
    size_t n_columns, n_rows, n_packages;
    struct summary_column *column; /* Go's own first, then perfgo's, in order of appearance */
    struct summary_row *row;       /* in order of appearance */
};

/* The strings are the records': `data` must live as long. */
void summary_make(struct summary *s, const struct run_data *data);
void summary_free(struct summary *s);

/* The values of the repeats that have the metric, in the order in which they ran, into an array of
 * row->repeats; returns how many. *coverage: the worst one's. */
size_t summary_values(const struct summary_row *row, const struct summary_column *column,
                      double *values, double *coverage);

/* "BenchmarkX-8" without its "Benchmark"; malloc'ed. */
char *summary_label(const struct summary_row *row);

/* The largest distance of a repeat from the median, as a fraction of it; 0 for a single one or a
 * median of 0. */
double summary_spread(const struct summary_cell *cell);

#endif
