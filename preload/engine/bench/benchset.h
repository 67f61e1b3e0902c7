/* benchset.h - the samples of one side of a comparison: benchmark by benchmark, unit by unit.
 *
 * The key is package, name, procs and unit. Filled from runs and from text in Go's benchmark
 * format, several of each; all strings are copied. One thread at a time.
 */
#ifndef PERFGO_BENCH_BENCHSET_H
#define PERFGO_BENCH_BENCHSET_H

#include "bench/metrics.h"
#include "bench/run.h"

struct sample {   /* one unit of one benchmark */
    size_t bench; /* index of its benchmark */
    const char *unit;
    enum metric_better better;
    double *value; /* n finite values in order of appearance until benchset_sort */
    double *turn;  /* the same in order of appearance, after benchset_keep_turns; else NULL */
    size_t n, capacity;
    size_t n_exact;      /* values that equal code must repeat */
    size_t n_scaled;     /* estimated, because the counter ran only part of the time */
    size_t n_bad;        /* NaN, infinite, or of a line with no iterations; not among the values */
    const char *backend; /* of perfgo's counters; "mixed"; NULL: not known */
    size_t of;           /* private: which unit */
    size_t n_text;       /* private: values, bad ones too, of the text that is being read */
};

struct bench {
    const char *pkg, *name;
    uint32_t procs;
    size_t first; /* index + 1 of its first sample; 0: a line without values */
};

enum {
    BENCHSET_LINE_MAX = 1 << 20, /* of a text; no benchmark prints that much on its line */
};

/* What the numbers depend on beside the code. */
enum benchset_fact {
    FACT_CPU,
    FACT_GO,
    FACT_OS,
    FACT_ARCH,
    FACT_BACKEND,
    FACTS,
};

/* A hash table of indices into an array; private to benchset.c. */
struct benchset_index {
    struct benchset_slot *slot;
    size_t slots;
};

struct benchset {
    struct arena arena;
    struct bench *bench; /* in order of appearance */
    struct sample *sample;
    size_t n_bench, n_sample, results; /* results: benchmark lines read */
    const char *fact[FACTS];           /* several values are joined by " | "; NULL: not known */
    size_t bad_lines;                  /* lines of runs that were no record */
    int exit_code;                     /* the first of a run that is not 0 */
    struct benchset_unit *unit;        /* private */
    size_t n_unit;
    struct benchset_index by_name, by_unit, by_sample;
};

/* After an error the set is only good for benchset_free; a zeroed one is empty. */
int benchset_add_run(struct benchset *s, const struct run_data *run, struct pg_error *err);
/* The two parts of that: each of a run's records, then what else the run says. */
int benchset_add_record(struct benchset *s, const struct record *r, struct pg_error *err);
int benchset_add_info(struct benchset *s, const struct run_data *run, struct pg_error *err);
int benchset_add_text(struct benchset *s, const char *text, size_t size, struct pg_error *err);
/* Of a file or a pipe, read piece by piece: what is kept in memory is results. PG_E_LIMIT with the
 * line's number for a line above BENCHSET_LINE_MAX bytes. */
int benchset_add_file(struct benchset *s, const char *path, struct pg_error *err);
void benchset_free(struct benchset *s);

/* Sorts every sample's values ascending: what comparing wants. */
void benchset_sort(struct benchset *s);

/* Before sorting: the order of the values means something, as the n-th one of another set was
 * measured beside the n-th one of this. The copies are the set's; PG_E_NOMEM leaves it usable. */
int benchset_keep_turns(struct benchset *s, struct pg_error *err);

/* NULL when there is none. bench: one of s; like: of any set. */
const struct bench *benchset_bench(const struct benchset *s, const struct bench *like);
const struct sample *benchset_sample_of(const struct benchset *s, const struct bench *bench,
                                        const char *unit);
const struct sample *benchset_sample(const struct benchset *s, const struct bench *like,
                                     const char *unit);

/* "cpu", "go", "os", "arch", "back end" */
const char *benchset_fact_name(enum benchset_fact fact);

#endif
