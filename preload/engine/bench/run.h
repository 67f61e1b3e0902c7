/* run.h - the run store: a directory per run, written by several processes at once, read by the
 * CLI.
 *
 *   DIR/history/<id>/testrun.json       one object, see struct testrun; read-modify-write under a
 * lock DIR/history/<id>/benchmarks.jsonl   one record per line, appended whole
 *   DIR/history/<id>/profiles/…         see run_put_profile
 *   DIR/history/<id>/.lock              flock(2)ed by writers
 *
 * DIR is `.perfgo` beside the nearest go.mod upward from where the test runs, or PERFGO_OUTPUT.
 * Nothing here forks, and nothing but the named directory is written.
 */
#ifndef PERFGO_BENCH_RUN_H
#define PERFGO_BENCH_RUN_H

#include "base/error.h"
#include "bench/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    TESTRUN_SCHEMA = 1,
    RUN_ID_SIZE = 256, /* with NUL */
};

/* ---- where (run_path.c) ---- */

/* The process that stands for "one go test": the `go` command that started `pid`, directly or
 * through perfgo; `pid` itself when it was not started by one. */
struct run_launcher {
    pid_t pid;
    uint64_t start_ticks; /* since boot, in clock ticks: /proc/PID/stat field 22 */
    bool is_go;
};
int run_launcher(pid_t pid, struct run_launcher *out, struct pg_error *err);

/* "YYYYMMDD-HHMMSS-<8 hex>" (UTC): the same for all processes with the same launcher. */
int run_default_id(const struct run_launcher *launcher, char id[RUN_ID_SIZE], struct pg_error *err);

/* True for a usable PERFGO_RUN: a file name, not "." or "..", no slash or control character,
 * shorter than RUN_ID_SIZE. */
bool run_id_valid(const char *id);

/* The directory of the nearest go.mod at or above `dir`, in place; false when there is none. */
bool run_module_root(char *dir);

/* Absolute path of the history directory; nothing is created. `output`: PERFGO_OUTPUT or NULL; when
 * relative it is meant from `base` (where the user stands). `cwd`: where the test runs; NULL: the
 * process's. base NULL: the same as cwd. */
int run_history_dir(const char *output, const char *base, const char *cwd, char *out, size_t size,
                    struct pg_error *err);

/* ---- writing (run.c, run_update.c) ---- */

struct run; /* opaque: an open run directory; one thread at a time */

/* Creates history/<id>/ (mkdir -p) and an empty testrun.json if there is none / opens one that
 * exists. The error names the directory and the cure. run_close(NULL) is fine. */
int run_create(const char *history, const char *id, struct run **out, struct pg_error *err);
int run_open(const char *dir, struct run **out, struct pg_error *err);
void run_close(struct run *run);
const char *run_dir(const struct run *run);
const char *run_id(const struct run *run);

/* Appends one line (the newline is added here) to benchmarks.jsonl: whole or not at all. */
int run_append(struct run *run, const char *json, size_t size, struct pg_error *err);

/* Writes profiles/PKG/NAME.pb.gz. `name` has the procs suffix. One that is there stays, unless
 * `replace`. (run_profile.c) */
int run_put_profile(struct run *run, const char *pkg, const char *name, bool replace,
                    const char *data, size_t size, struct pg_error *err);

/* Copies a test binary to binaries/PKG.test of the run, unless one is there. (run_profile.c) */
int run_put_binary(struct run *run, const char *pkg, const char *path, struct pg_error *err);

/* Where that profile lies in the run directory `dir`, appended to *path. */
int run_profile_path(const char *dir, const char *pkg, const char *name, struct strbuf *path,
                     struct pg_error *err);

/* Each merges into testrun.json under the lock; members it does not know are kept. NULL strings and
 * absent values leave what stands there. */
struct run_description { /* by the first line of a session; does not overwrite what is there */
    const char *const *command; /* NULL-terminated argv */
    const char *go_version, *goos, *goarch, *module;
    const char *cwd;  /* git and module are looked for from here upward */
    const char *tags; /* "k=v,k=v" */
    const char *backend, *note;
    const struct record_tag *setting; /* n_settings: variable name, value */
    size_t n_settings;
    const struct pg_plan *plan; /* events */
};
int run_update_description(struct run *run, const struct run_description *d, struct pg_error *err);

struct run_process { /* one test binary; found again by pid and start */
    int32_t pid;
    int64_t start_ns; /* wall clock, nanoseconds since 1970 */
    const char *pkg;
    const char *const *argv; /* NULL-terminated */
    const char *backend, *note;
    bool has_result;
    int exit_code; /* < 0: not known */
    int64_t duration_ns;
    uint64_t lines;
};
/* With has_result the run's own exit code and duration are merged too: the first exit code that is
 * not 0 stays; the duration reaches from the first start to the last end. */
int run_update_process(struct run *run, const struct run_process *p, struct pg_error *err);

/* For the CLI, which knows better than the test binaries: these overwrite. */
int run_update_command(struct run *run, const char *const *argv, struct pg_error *err);
int run_update_git_dirty(struct run *run, bool dirty, struct pg_error *err);
int run_update_result(struct run *run, int exit_code, int64_t duration_ns, struct pg_error *err);

/* ---- reading (run_read.c, testrun_json.c) ---- */

struct testrun_event {
    const char *name, *unit, *backend;
    bool exclude_kernel;
    double own_cost, own_residual; /* per window */
};

struct testrun_process {
    int32_t pid;
    const char *pkg, *start, *backend, *note; /* NULL when absent */
    const char **argv;                        /* NULL-terminated */
    bool has_exit_code, has_duration;
    int exit_code;
    int64_t duration_ns;
};

struct testrun { /* strings are NULL when absent, lists empty */
    struct arena arena;
    uint32_t schema;
    const char *id, *time; /* time: RFC 3339, UTC */
    const char **command;  /* NULL-terminated, never NULL */
    bool has_exit_code, has_duration;
    int exit_code;
    int64_t duration_ns;
    const char *go_version, *goos, *goarch, *module, *backend, *note;
    const char *git_commit, *git_branch;
    bool has_git_dirty, git_dirty;
    const char *cpu, *microcode, *kernel, *governor, *virtualization;
    uint32_t cpus;    /* 0: absent */
    const char **pmu; /* NULL-terminated, never NULL */
    size_t n_settings, n_tags, n_events, n_processes;
    struct record_tag *setting, *tag;
    struct testrun_event *event;
    struct testrun_process *process;
};

int testrun_from_json(const char *json, size_t size, struct testrun **out, struct pg_error *err);
void testrun_free(struct testrun *t); /* NULL is fine */

/* Removes a run: its directory disappears in one step. PG_E_PERMISSION or PG_E_IO. (run_remove.c)
 */
int run_remove(const char *dir, struct pg_error *err);

/* The directories below `history`, newest first (by testrun.json's time, else the directory's).
 * A history that does not exist is an empty list. Free with run_list_free. */
struct run_entry {
    char *id, *dir;
    int64_t time; /* seconds since 1970 */
};
struct run_list {
    struct run_entry *entry;
    size_t n;
};
int run_list(const char *history, struct run_list *out, struct pg_error *err);
void run_list_free(struct run_list *list);

/* Directory of the run that `which` names: NULL the newest; a path (has a slash, or is a directory
 * with testrun.json or benchmarks.jsonl); an id; a prefix that only one id has. *dir is malloc'ed.
 * PG_E_NOTFOUND names what was looked for and where; PG_E_INVALID lists ids of an ambiguous prefix.
 */
int run_resolve(const char *history, const char *which, char **dir, struct pg_error *err);

/* A run as it lies on disk. A run that was killed still loads: lines that are not records are
 * counted, not fatal; info is NULL only when testrun.json is missing or damaged, and info_error
 * says why. */
struct run_data {
    struct testrun *info;
    char *id, *dir;
    struct record **record;
    size_t n_records;
    size_t bad_lines;         /* not a record */
    size_t first_bad_line;    /* 1-based, 0: none */
    struct pg_error bad_line; /* why, of the first one */
    struct pg_error info_error;
};
int run_load(const char *dir, struct run_data **out, struct pg_error *err);
/* The same without keeping records: each is only there while `each` looks at it, which returns
 * false when memory is out. */
int run_scan(const char *dir, bool (*each)(const struct record *r, void *arg), void *arg,
             struct run_data **out, struct pg_error *err);
void run_data_free(struct run_data *data); /* NULL is fine */

#endif
