/* record.h - one benchmark line, as it is kept: what Go printed and what perfgo counted.
 *
 * The same struct serves the writer (a session in the test binary) and every reader (report,
 * compare). Its JSON form is proto/record.schema.json. All strings are NUL-terminated valid UTF-8
 * owned by the record, never NULL. Absent is absent: what could not be measured has no entry.
 */
#ifndef PERFGO_BENCH_RECORD_H
#define PERFGO_BENCH_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "hot/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_SCHEMA = 1,
    RECORD_MAX_BYTES = 16 << 20, /* a longer JSON line is refused unread */
};

struct record_metric {
    const char *name;    /* "instructions", "cycles:u", "IPC" */
    const char *unit;    /* as on the line, without blanks: "instructions/op", "IPC" */
    const char *backend; /* "pmu", "software", "timer", "simulate" */
    double value;        /* counted over the final run: scaled to its unit, perfgo's own cost taken
                            off, never below 0; NOT extrapolated. Derived: the ratio */
    double per_op;       /* what stands on the line: the best estimate per iteration, extrapolated
                            by 1/coverage when `scaled`. Derived: the same as value */
    double coverage;     /* running / enabled, 0 < coverage <= 1; of the worst input when derived */
    uint64_t enabled_ns, running_ns;
    double marginal;               /* simulated: what one more iteration costs; NaN: not known */
    double own_cost, own_residual; /* per window, in the unit of value; see pg_counter */
    bool scaled;                   /* coverage < 1: per_op is an estimate; keep it out of gates */
    bool exclude_kernel;           /* user mode only */
    bool derived;                  /* computed from other metrics of this record */
};

struct record_value { /* one number by name: what Go printed, or a thread's share of a metric */
    const char *name;
    double value;
};

struct record_thread {
    int32_t tid;
    size_t n_values;
    struct record_value *value; /* as counted: own cost not taken off, not extrapolated */
};

struct record_region { /* a part of the benchmark that it named itself */
    const char *name;
    uint64_t entered; /* how often, in the final run */
    size_t n_values;
    struct record_value *value; /* counted in it: perfgo's own share taken off, not extrapolated */
};

struct record_tag {
    const char *key, *value;
};

struct record {
    struct arena arena; /* owns everything below */
    uint32_t schema;
    const char *pkg, *name; /* name without the procs suffix: "BenchmarkX/sub" */
    uint32_t procs;         /* 1 when Go printed no suffix; 0: not known (absent in JSON) */
    uint64_t n;             /* iterations of the final run, as printed */
    bool has_ns_per_op;     /* false when Go printed none */
    double ns_per_op;       /* exactly the number that Go printed */
    uint64_t counted;       /* iterations that the metrics are of; n except when simulated */
    int64_t duration_ns;    /* timed duration of the final run; 0: simulated, there is none */
    uint64_t iterations_run, windows;
    uint64_t threads_missed; /* threads that could not be counted: the metrics lack them */
    size_t n_metrics, n_go, n_threads, n_regions, n_tags;
    struct record_metric *metric; /* counters in plan order, then derived */
    struct record_value *go;      /* all that Go itself printed, in its order; name = unit */
    struct record_thread *thread;
    struct record_region *region;
    struct record_tag *tag;
    bool has_samples;
    uint64_t samples_taken, samples_lost, samples_throttled;
};

/* What a record starts from; nothing is kept. */
struct record_head {
    const char *pkg, *name, *printed_name; /* printed_name NULL: procs is not known */
    const char *text;                      /* Go's result text, not terminated */
    size_t text_size;
    const char *tags;    /* "key=value,key=value" (PERFGO_TAGS) or NULL */
    uint64_t n, counted; /* counted 0: n */
    int64_t duration_ns; /* 0: no time was measured; then the text has none either */
    uint64_t iterations_run, windows, threads_missed;
};

/* Makes a record without metrics. n and ns/op are taken from the text where it can be parsed.
 * The caller frees with record_free. [any thread] */
int record_new(const struct record_head *head, struct record **out, struct pg_error *err);
void record_free(struct record *r); /* NULL is fine */

/* Adds the metrics of a plan's counts (the sum over all threads), then the derived ones. Call once.
 * A counter whose group never ran is left out. */
int record_add_counts(struct record *r, const struct pg_plan *plan, const struct pg_counts *total,
                      struct pg_error *err);

/* Adds metrics that were made elsewhere, behind those that are there; their strings must live as
 * long as the record. */
int record_add_metrics(struct record *r, const struct record_metric *metric, size_t n,
                       struct pg_error *err);

/* Adds what one more iteration costs, from a run of fewer iterations; after record_add_counts. */
void record_add_marginal(struct record *r, const struct pg_plan *plan,
                         const struct pg_counts *total, const struct pg_counts *half,
                         uint64_t half_counted, uint64_t half_windows);

/* Adds one thread's share; room for `expected` threads is made with the first. */
int record_add_thread(struct record *r, const struct pg_plan *plan, int32_t tid,
                      const struct pg_counts *counts, size_t expected, struct pg_error *err);

/* Adds a region; room for `expected` regions is made with the first; a name that is there already
 * is left as it is. After record_add_counts. */
int record_add_region(struct record *r, const struct pg_plan *plan, const char *name,
                      uint64_t entered, const struct pg_counts *counts, size_t expected,
                      struct pg_error *err);

/* NULL when absent. By metric name; by unit of what Go printed. */
const struct record_metric *record_metric(const struct record *r, const char *name);
const struct record_value *record_go(const struct record *r, const char *unit);

/* name as Go prints it: with "-procs" behind it when procs > 1. Appends to *out. */
void record_printed_name(const struct record *r, struct strbuf *out);

/* Deep equality of everything that the JSON form holds. */
bool record_equal(const struct record *a, const struct record *b);

/* JSON: one line, without newline, appended to *out; and back. A record that was read is valid by
 * proto/record.schema.json: PG_E_FORMAT otherwise (also for a key that stands twice). Unknown
 * members are ignored; a newer schema number is PG_E_UNSUPPORTED. (record_json.c) [any thread] */
int record_to_json(const struct record *r, struct strbuf *out, struct pg_error *err);
int record_from_json(const char *json, size_t size, struct record **out, struct pg_error *err);

#endif
