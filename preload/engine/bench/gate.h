/* gate.h - what a change may cost: one rule, written as people type it.
 *
 *   [PATTERN ]UNIT<=LIMIT[:advisory]        instructions/op<=+1%
 *   [PATTERN ]UNIT>=LIMIT[:advisory]        Sort* MB/s>=-5%:advisory
 *
 * LIMIT bounds the difference NEW - OLD of the medians: with % as a share of OLD, without in the
 * unit of the metric ("allocs/op<=0": not one more). PATTERN is matched against the name with or
 * without its "Benchmark" and its procs suffix; * stands for anything, also for slashes, and ? for
 * one character. Pure. [any thread]
 */
#ifndef PERFGO_BENCH_GATE_H
#define PERFGO_BENCH_GATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GATE_TEXT_MAX = 512, /* a longer expression is refused */
};

struct gate {
    char text[GATE_TEXT_MAX]; /* as written */
    char pattern[GATE_TEXT_MAX], unit[GATE_TEXT_MAX];
    bool at_least; /* >=: differences below the limit are too much */
    bool relative; /* limit is a fraction of OLD: 0.01 for 1% */
    bool advisory; /* reported, never fails */
    double limit;
};

/* PG_E_INVALID says what is wrong and how it should be. */
int gate_parse(const char *text, struct gate *out, struct pg_error *err);

/* Does the rule speak of this benchmark and unit? name: "BenchmarkX/sub". */
bool gate_matches(const struct gate *g, const char *name, uint32_t procs, const char *unit);

/* Does a pattern mean this benchmark? "" means all. */
bool gate_names(const char *pattern, const char *name, uint32_t procs);

/* * and ? only. */
bool gate_glob(const char *pattern, const char *text);

#endif
