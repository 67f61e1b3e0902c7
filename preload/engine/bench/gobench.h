/* gobench.h - Go's benchmark format, read: single result texts and whole files.
 *
 * A pure parser: nothing is allocated, all slices point into the input. Format: the design document
 * "Go Benchmark Data Format" (golang/proposal 14313) with the Unit lines of
 * golang.org/x/perf/benchfmt.
 */
#ifndef PERFGO_BENCH_GOBENCH_H
#define PERFGO_BENCH_GOBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gobench_slice {
    const char *p;
    size_t size;
};

struct gobench_value {
    double value;
    struct gobench_slice number, unit; /* as written */
};

enum gobench_kind {
    GOBENCH_OTHER,  /* PASS, ok, log output, blank */
    GOBENCH_CONFIG, /* "goos: linux" */
    GOBENCH_RESULT, /* "BenchmarkX-8  100  12.3 ns/op …" */
    GOBENCH_UNIT,   /* "Unit instructions/op better=lower" */
};

enum { GOBENCH_KEPT = 16 };

struct gobench_line {
    enum gobench_kind kind;
    struct gobench_slice key, value; /* CONFIG; UNIT: unit and its "key=value …" text */
    struct gobench_slice name;       /* RESULT: with Benchmark, without procs suffix */
    uint32_t procs;                  /* RESULT: 1 without suffix */
    uint64_t n;                      /* RESULT: iterations */
    size_t n_values;                 /* RESULT */
    struct gobench_slice values;     /* RESULT: for gobench_next */
    /* RESULT: the first n_values, as gobench_next gives them, for who reads many lines. */
    struct gobench_value kept[GOBENCH_KEPT];
};

/* Takes the next line (without "\n" or "\r\n") off *rest; false at the end. */
bool gobench_next_line(struct gobench_slice *rest, struct gobench_slice *line);

/* What one line is. A line that looks like a result but is not one is OTHER. */
enum gobench_kind gobench_line(struct gobench_slice line, struct gobench_line *out);

/* What Go's testing prints behind the name: "     100\t  123.4 ns/op\t…". Fills n, n_values, values
 * and returns true, or returns false. */
bool gobench_text(struct gobench_slice text, struct gobench_line *out);

/* Takes the next "number unit" pair off *values; false at the end. */
bool gobench_next(struct gobench_slice *values, struct gobench_value *out);

/* Splits "BenchmarkX-8" into the name and its procs suffix; returns procs, 1 without a suffix. */
uint32_t gobench_procs(struct gobench_slice *name);

#endif
