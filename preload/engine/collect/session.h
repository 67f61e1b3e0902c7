/* session.h - one test binary under measurement: ties records, run directory and lines together.
 *
 * The agent owns one session in its recorder thread. A session creates the run directory with the
 * first benchmark line, never earlier: a test binary without benchmarks leaves nothing behind.
 */
#ifndef PERFGO_COLLECT_SESSION_H
#define PERFGO_COLLECT_SESSION_H

#include "base/error.h"
#include "hot/plan.h"
#include "proto/settings.h"

struct samples;
struct session; /* opaque */

struct session_target {
    const char *executable; /* path of the test binary as started (argv[0]) */
    const char *go_version, *module, *goarch;
    int32_t pid; /* its process; 0: the caller's own */
    int argc;
    char *const *argv; /* the command line, for testrun.json */
};

struct session_thread {
    int32_t tid;
    struct pg_counts counts;
};

/* A named part of a benchmark, marked by the program itself. */
struct session_region {
    const char *name;        /* valid until session_close */
    uint32_t number;         /* of its bit in samples, below HOT_REGIONS; the same in every line */
    uint64_t entered;        /* how often, in the final run */
    struct pg_counts counts; /* perfgo's own share taken off */
};

/* One finished benchmark line, as the hooks saw it. All pointers valid during the call only. */
struct session_line {
    const char *pkg;          /* import path from testing.B */
    const char *name;         /* testing.B's name, no procs suffix: "BenchmarkX/sub" */
    const char *printed_name; /* as Go prints it, with the -N suffix if any; NULL: unknown */
    const char *text;         /* Go's result text: "     100\t  123.4 ns/op\t…", not terminated */
    size_t text_size;
    uint64_t n;              /* iterations of the final run, as printed */
    uint64_t counted;        /* iterations that the counts are of; n except under simulate */
    int64_t duration_ns;     /* its timed duration */
    uint64_t iterations_run; /* over all runs of this line, ramp-up included */
    uint64_t windows;        /* Start/Stop pairs of the final run */
    bool simulated;          /* no time was measured: duration and ns/op mean nothing */
    /* Simulated: another run of fewer iterations, for the cost at the margin; 0: there is none. */
    uint64_t half_counted, half_windows;
    struct pg_counts half;
    const char *dump;           /* Valgrind's dump of what was counted; NULL: there is none */
    struct samples *samples;    /* of the final run; NULL: nothing was sampled */
    uint64_t threads_unsampled; /* so far */
    struct pg_counts total;     /* final run, all threads */
    uint64_t threads_missed;    /* threads so far that could not be counted: the totals lack them */
    size_t n_threads;
    const struct session_thread *thread; /* threads that counted anything */
    size_t n_regions;
    const struct session_region *region; /* those that were entered */
};

/* Opens a session. Settings, plan and target are borrowed until session_close. [constructor] */
int session_open(const struct pg_settings *settings, const struct pg_plan *plan,
                 const struct session_target *target, struct session **out, struct pg_error *err);

/* Appends the record of a line to the run and writes the text Go shall print instead (Go's own text
 * with metrics behind it) to out, without NUL; *out_size bytes. With PERFGO_INLINE=0 that is Go's
 * text. When the record cannot be written the metrics are still given and err says why (return
 * value negative, *out_size valid; 0 bytes when even that failed). [recorder] */
int session_line(struct session *s, const struct session_line *line, char *out, size_t capacity,
                 size_t *out_size, struct pg_error *err);

/* Finishes the run: exit code and duration go to testrun.json. exit_code < 0: not known. Frees the
 * session. [recorder] */
int session_close(struct session *s, int exit_code, struct pg_error *err);

/* Number of lines recorded or attempted so far. */
uint64_t session_lines(const struct session *s);

#endif
