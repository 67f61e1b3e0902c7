/* cmd_test.c - go test, with perfgo inside every test binary.
 *
 * All it does to go test is one more -exec: `perfgo exec`, which each package's binary then goes
 * through; a -exec of the user's own is run inside of it. Everything else travels in PERFGO_*
 * variables, among them the name of the run, so that all packages write to the same one. Output
 * passes through as it comes and is kept in the run; the summary goes to standard error, because
 * standard output is go test's.
 */
#include "cli/against.h"
#include "cli/archive.h"
#include "cli/command.h"
#include "cli/goenv.h"
#include "cli/gotest.h"
#include "cli/launch.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/progress.h"
#include "cli/prune.h"
#include "cli/repeat.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/simulate.h"
#include "cli/spread.h"
#include "cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test_flags {
    bool keep, verbose, quiet, json, passes;
    uint64_t seeds;
    struct against_flags against;
};

#define ROW(field) offsetof(struct test_flags, field)
static const struct option_row rows[] = {
    {"keep", 0, NULL, "keep the rewritten copies of static test binaries", OPTION_BOOL, ROW(keep)},
    {"quiet", 'q', NULL, "no summary", OPTION_BOOL, ROW(quiet)},
    {"json", 0, NULL, "the summary on standard error as JSON (as perfgo report --format=json)",
     OPTION_BOOL, ROW(json)},
    {"seeds", 0, "K", "simulate: run with K seeds, beginning with --seed, and report the spread",
     OPTION_NUMBER, ROW(seeds)},
    {"passes", 0, NULL,
     "run as often as it takes to count every event all the time, instead of in turns", OPTION_BOOL,
     ROW(passes)},
    {"verbose", 'v', NULL, "say what was armed", OPTION_BOOL, ROW(verbose)},
    {"against", 0, "REF",
     "run the benchmarks of git revision REF too, taking turns, and compare: the exit status is "
     "that of perfgo compare",
     OPTION_TEXT, ROW(against.ref)},
    {"control", 0, NULL,
     "run the older version twice, to see what noise alone does; without --against: this version "
     "against itself",
     OPTION_BOOL, ROW(against.control)},
    {"rounds", 0, "N",
     "--against: so many turns for each version (default: -count, else 10; "
     "simulate: 1)",
     OPTION_NUMBER, ROW(against.rounds)},
    {"gate", 'g', "EXPR", "--against: what this version may cost, as for perfgo compare",
     OPTION_TEXTS, ROW(against.gates)},
    {"format", 'f', "NAME", "--against: format of the comparison, as for perfgo compare",
     OPTION_TEXT, ROW(against.format)},
};
static const struct options options = {
    .usage = "[stat|profile|off-cpu|simulate] -- [GO TEST ARGUMENT...]",
    .doc = "Run go test with counters on every benchmark line, in a record per line and in a "
           "summary on standard error. stat counts while the benchmarks run; profile also samples "
           "and writes a pprof file for each; off-cpu tells where their threads wait, how long and "
           "why; "
           "simulate runs them under Valgrind, for counts that "
           "are the same on every machine and in every run.\v"
           "For example: perfgo test -- -bench=. ./...\n"
           "The exit status is that of go test.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_DASHES,
    .settings = true,
};

/* What can be done with a test binary; more to come. */
static const struct {
    const char *name, *mode, *backend; /* backend NULL: as set */
} modes[] = {
    {"stat", "stat", NULL},
    {"profile", "profile", NULL},
    {"off-cpu", "off-cpu", NULL},
    {"simulate", "stat", "simulate"},
};

struct test_run {
    struct test_flags flags;
    const char *mode; /* its name on the command line */
    struct option_result given;
    struct goenv env;
    struct gotest args;
    struct words command; /* go test … */
    char *self;
    struct tempdir dir;
    struct notes notes;
    struct progress progress;
    bool simulate;
    bool side_by_side; /* -bench is hidden from go, which would run package after package */
    struct run *run;   /* NULL: could not be made; go test runs all the same */
    struct timespec start;
};

/* ---- the command line ---- */

static int choose_mode(struct test_run *t)
{
    const struct words *words = &t->given.words;

    t->mode = modes[0].name;
    if (words->n == 0)
        return 0;
    if (words->n > 1)
        return say_error("test: '%s' is unexpected: arguments of go test belong behind --",
                         words->item[1]);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(words->item[0], modes[i].name) == 0) {
            t->mode = modes[i].name;
            t->given.settings.mode = modes[i].mode;
            if (modes[i].backend != NULL)
                t->given.settings.backend = modes[i].backend;
            return 0;
        }
    return say_error("test: there is no '%s', only 'stat', 'profile', 'off-cpu' and 'simulate': "
                     "go test belong behind --, as in perfgo test -- -bench=. ./...",
                     words->item[0]);
}

/* A cross build has its own way to run test binaries: go looks for go_$GOOS_$GOARCH_exec in PATH
 * when no -exec is given, and perfgo's -exec would hide it. */
static void find_cross_exec(struct test_run *t)
{
    const struct goenv *env = &t->env;
    char *name, *path;

    if (t->args.exec != NULL || env->goos[0] == '\0' ||
        (strcmp(env->goos, env->hostos) == 0 && strcmp(env->goarch, env->hostarch) == 0))
        return;
    name = text_format("go_%s_%s_exec", env->goos, env->goarch);
    path = target_find(name);
    if (path != NULL) {
        struct words one = {0};

        words_add(&one, path);
        if (words_join_quoted(&one, &t->args.exec, NULL) < 0)
            t->args.exec = NULL;
        words_free(&one);
    }
    free(path);
    free(name);
}

/* The value of -exec: perfgo exec [--keep] [--inner=N] -- [PROG ARG...]. */
static int exec_value(const struct test_run *t, char **out, struct pg_error *err)
{
    struct words inner = {0}, all = {0};
    int rc = 0;

    if (t->args.exec != NULL)
        rc = words_split_quoted(t->args.exec, &inner, err);
    words_add(&all, t->self);
    words_add(&all, "exec");
    if (t->flags.keep)
        words_add(&all, "--keep");
    if (t->side_by_side) {
        words_add(&all, "--bench");
        words_add(&all, t->args.bench);
        if (!t->args.verbose)
            words_add(&all, "--quiet-test");
    }
    if (inner.n > 0) {
        char *option = text_format("--inner=%zu", inner.n);

        words_add(&all, option);
        free(option);
    }
    words_add(&all, "--");
    words_add_all(&all, inner.item, inner.n);
    if (rc == 0)
        rc = words_join_quoted(&all, out, err);
    words_free(&inner);
    words_free(&all);
    return rc;
}

/* go test strips the binaries that it does not keep, and C functions in them would have no names:
 * of Go's functions perfgo knows the names all the same. */
static bool wants_symbols(const struct test_run *t)
{
    if (strcmp(t->given.settings.mode, "profile") != 0 ||
        (t->env.goflags != NULL && strstr(t->env.goflags, "-ldflags") != NULL))
        return false;
    for (size_t i = 0; i < t->args.args.n; i++) {
        const char *word = t->args.args.item[i];

        if (strncmp(word + strspn(word, "-"), "ldflags", sizeof "ldflags" - 1) == 0)
            return false;
    }
    return true;
}

/* Without -bench go test takes the packages for tests: it would not show their output without -v,
 * might find it in its cache, and would stop them after ten minutes. */
static void add_arguments(const struct test_run *t, struct words *argv)
{
    const struct words *args = t->side_by_side ? &t->args.plain : &t->args.args;

    if (t->side_by_side && !t->args.verbose)
        words_add(argv, "-v");
    if (t->args.count != NULL || t->side_by_side) {
        char *count = text_format("-count=%s", t->args.count != NULL ? t->args.count : "1");

        words_add(argv, count);
        free(count);
    }
    if (t->side_by_side && !t->args.timed)
        words_add(argv, "-timeout=0");
    if (wants_symbols(t))
        words_add(argv, "-ldflags=-s=0");
    words_add_all(argv, args->item, args->n);
}

static int go_command(const struct test_run *t, struct words *argv, struct pg_error *err)
{
    char *value = NULL;
    int rc = exec_value(t, &value, err);

    if (rc == 0) {
        words_add(argv, "go");
        words_add(argv, "test");
        words_add_all(argv, t->args.lead.item, t->args.lead.n);
        words_add(argv, "-exec");
        words_add(argv, value);
        add_arguments(t, argv);
    }
    free(value);
    return rc;
}

/* ---- the run ---- */

static int open_run_dir(const struct test_run *t)
{
    return t->run != NULL ? open(run_dir(t->run), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* Runs go test to its end; 0 and its wait status, or an exit status of perfgo's. */
static int run_go(struct test_run *t, char *const *argv, int *status)
{
    const struct launch_tick tick = {progress_tick, &t->progress};
    const int dir = open_run_dir(t);
    struct tee tee;
    pid_t pid;
    int failure = tee_open(&tee, dir, "stdout.txt", "stderr.txt");

    if (dir >= 0)
        close(dir);
    if (failure != 0)
        return say_error("cannot make pipes: %s", strerror(failure));
    failure = launch_start(&(struct child_spec){.file = "go",
                                                .argv = argv,
                                                .out = tee.child_end[0],
                                                .err = tee.child_end[1],
                                                .death_signal = SIGTERM},
                           &pid);
    tee_started(&tee);
    if (failure == 0)
        *status = launch_wait_ticking(pid, &tee, t->progress.path != NULL ? &tick : NULL);
    for (int i = 0; failure == 0 && i < TEE_STREAMS; i++)
        if (dir >= 0 && tee.stream[i].copy_errno != 0)
            say("the copy of go test's output in %s is not complete: %s", run_dir(t->run),
                strerror(tee.stream[i].copy_errno));
    tee_close(&tee);
    return failure == 0 ? 0 : say_error("go cannot be run: %s", strerror(failure));
}

static int run_once(void *context, int *status)
{
    struct test_run *t = context;

    return run_go(t, t->command.item, status);
}

static int run_all(struct test_run *t, int *status)
{
    const struct pg_settings *s = &t->given.settings;

    if (t->simulate)
        return repeat_seeds(s, t->flags.seeds, run_once, t, status);
    return t->flags.passes ? repeat_passes(s, run_once, t, status) : run_once(t, status);
}

/* ---- afterwards ---- */

static int64_t elapsed_ns(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - start->tv_sec) * 1000000000 + (now.tv_nsec - start->tv_nsec);
}

static void print_summary(const struct test_run *t, int status)
{
    struct run_data *data;
    struct pg_error err;

    if (run_load(run_dir(t->run), &data, &err) < 0) {
        say("%s", err.text);
        return;
    }
    report_complain(data);
    if (t->flags.json) {
        report_write(stderr, &format_json, data, output_style(stderr));
    } else if (data->n_records > 0) {
        fputc('\n', stderr);
        report_write(stderr, &format_table, data, output_style(stderr));
    } else if (status == 0) {
        say("no benchmark line was recorded: does -bench=%s match any?", t->args.bench);
    }
    if (t->flags.seeds > 1 && !t->flags.json && data->n_records > 0)
        spread_write(stderr, data, t->flags.seeds, output_style(stderr));
    if (!t->flags.json)
        say("%s", run_dir(t->run));
    run_data_free(data);
}

/* Old runs go when the history has become longer than it may be. */
static void bound_history(const struct test_run *t)
{
    const struct prune p = {.keep = t->given.settings.keep_runs};
    char *history = text_copy(run_dir(t->run));
    struct prune_result result;
    struct pg_error err;

    *strrchr(history, '/') = '\0';
    if (p.keep > 0 && prune_history(history, &p, &result, &err) < 0)
        say("%s", err.text);
    else if (p.keep > 0 && result.removed > 0)
        say("%zu runs removed: the history keeps %" PRIu64 " (--keep-runs)", result.removed,
            p.keep);
    free(history);
}

static void finish_run(struct test_run *t, int status)
{
    struct pg_error err;

    if (t->run != NULL &&
        run_update_result(t->run, launch_status_code(status), elapsed_ns(&t->start), &err) < 0)
        say("%s", err.text);
    notes_finish(&t->notes, t->flags.verbose);
    if (t->run != NULL && !t->flags.quiet)
        print_summary(t, status);
    if (t->run != NULL)
        bound_history(t);
}

static int measure(struct test_run *t, char *const *own_argv, int *status)
{
    struct pg_error err;
    int rc;

    clock_gettime(CLOCK_MONOTONIC, &t->start);
    t->simulate = simulate_wanted(&t->given.settings);
    t->side_by_side = t->simulate && t->args.go_bench && t->args.many;
    if (t->simulate && simulate_check(&t->given.settings, &t->given.settings.deadline, &err) < 0)
        return say_error("%s", err.text);
    find_cross_exec(t);
    if (go_command(t, &t->command, &err) < 0)
        return say_error("test: %s", err.text);
    options_export(&t->given.settings);
    tempdir_sweep(tempdir_base());
    if (tempdir_create(&t->dir, tempdir_base(), false, &err) < 0)
        t->dir = (struct tempdir){.fd = -1};
    else
        notes_begin(&t->notes, t->dir.path);
    if (t->simulate && t->dir.fd >= 0 && (t->flags.verbose || isatty(STDERR_FILENO) == 1))
        progress_begin(&t->progress, t->dir.path);
    if (archive_begin(&t->given.settings, &t->env, t->args.dir, own_argv, &t->run, &err) < 0)
        notes_add(&t->notes, NULL, "%s", err.text);
    rc = run_all(t, status);
    finish_run(t, rc == 0 ? *status : PERFGO_EXIT_ERROR << 8);
    progress_end(&t->progress);
    return rc;
}

/* go test as the user gave it: nothing to measure. */
static int run_plainly(const struct option_result *given, int *status)
{
    struct words argv = {0};
    pid_t pid;
    int failure;

    words_add(&argv, "go");
    words_add(&argv, "test");
    words_add_all(&argv, given->rest, given->n_rest);
    failure = launch_start(
        &(struct child_spec){
            .file = "go", .argv = argv.item, .out = -1, .err = -1, .death_signal = SIGTERM},
        &pid);
    words_free(&argv);
    if (failure != 0)
        return say_error("go cannot be run: %s", strerror(failure));
    *status = launch_wait(pid, NULL);
    return 0;
}

/* The status of the comparison is this command's own, whatever go test's was. */
static int compare_versions(const struct test_run *t)
{
    return against_run(&(struct against_request){
        .flags = &t->flags.against,
        .given = &t->given,
        .self = t->self,
        .mode = t->mode,
        .keep = t->flags.keep,
        .verbose = t->flags.verbose,
        .seeds = t->flags.seeds,
    });
}

static int test(struct test_run *t, char *const *argv, int *status)
{
    struct pg_error err;
    int rc = choose_mode(t), failure;

    if (rc != 0)
        return rc;
    failure = launch_begin();
    if (failure != 0)
        return say_error("cannot watch for signals: %s", strerror(failure));
    t->self = preload_self();
    if (t->self == NULL)
        return say_error("test: /proc/self/exe cannot be read: is /proc mounted?");
    if (against_wanted(&t->flags.against))
        return compare_versions(t);
    /* -C is go's to complain about when it is not a directory. */
    if (gotest_scan(t->given.n_rest, t->given.rest, NULL, &t->args, &err) == 0) {
        rc = goenv_read(t->args.dir, &t->env, &err);
        gotest_free(&t->args);
        if (rc < 0)
            return say_error("test: %s", err.text);
    }
    if (gotest_scan(t->given.n_rest, t->given.rest, t->env.goflags, &t->args, &err) < 0)
        return say_error("test: GOFLAGS: %s", err.text);
    if (!gotest_benchmarks(&t->args)) {
        say("nothing to measure: no benchmarks are run without -bench, as in perfgo test -- "
            "-bench=. "
            "./...");
        return run_plainly(&t->given, status);
    }
    if (strcmp(t->given.settings.mode, "off") == 0)
        return run_plainly(&t->given, status);
    return measure(t, argv, status);
}

int cmd_test(int argc, char **argv)
{
    struct test_run t = {.dir = {.fd = -1}};
    struct words own = {0}; /* the parser may reorder argv */
    bool compared;
    int rc, status = 0;

    words_add(&own, "perfgo");
    words_add(&own, "test");
    words_add_all(&own, argv + 1, (size_t)argc - 1);
    options_parse(&options, argc, argv, &t.flags, &t.given);
    compared = against_wanted(&t.flags.against);
    rc = test(&t, own.item, &status);
    words_free(&t.flags.against.gates);
    run_close(t.run);
    words_free(&t.command);
    tempdir_remove(&t.dir);
    gotest_free(&t.args);
    goenv_free(&t.env);
    options_free(&t.given);
    words_free(&own);
    free(t.self);
    if (rc == 0 && !compared)
        launch_exit_like(status);
    return rc;
}
