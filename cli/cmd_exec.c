/* cmd_exec.c - runs one Go test binary with libperfgo.so inside.
 *
 * Also the value of `go test -exec`, so it has to be a stand-in for the binary in every respect
 * that go test and the tests can see: working directory, arguments with argv[0] as it was, standard
 * streams, signals, exit status. Whatever keeps perfgo out of the binary, the binary runs.
 *
 * A static binary is run from a rewritten copy (elf/preloadable.h) in a private directory, and in a
 * simulation a dynamic one too. It cannot be removed before the end: tests execute os.Executable()
 * again.
 */
#include "cli/archive.h"
#include "cli/command.h"
#include "cli/godebug.h"
#include "cli/launch.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/say.h"
#include "cli/simulate.h"
#include "cli/target.h"
#include "cli/tempdir.h"
#include "cli/testflags.h"

#include "arch/arch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct exec_flags {
    bool keep, verbose, quiet_test;
    const char *exec, *bench;
    uint64_t inner;
};

#define ROW(field) offsetof(struct exec_flags, field)
static const struct option_row rows[] = {
    {"exec", 0, "'PROG ARG...'", "run PROG ARG... ./pkg.test instead (your own go test -exec)",
     OPTION_TEXT, ROW(exec)},
    {"bench", 0, "PATTERN", "run these benchmarks (as -test.bench=PATTERN)", OPTION_TEXT,
     ROW(bench)},
    {"quiet-test", 0, NULL, "take -test.v out of the test's flags", OPTION_BOOL, ROW(quiet_test)},
    {"inner", 0, "N", "the same, with PROG ARG... as the first N words behind --", OPTION_NUMBER,
     ROW(inner)},
    {"keep", 0, NULL, "keep the rewritten copy of a static binary and say where it is", OPTION_BOOL,
     ROW(keep)},
    {"verbose", 'v', NULL, "say what was armed", OPTION_BOOL, ROW(verbose)},
};
static const struct options options = {
    .usage = "[--] ./pkg.test [TEST FLAG...]",
    .doc = "Run a Go test binary, static or dynamic, with counters on its benchmark lines.\v"
           "For go test: go test -exec 'perfgo exec --' -bench=. ./...",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_COMMAND,
    .settings = true,
};

struct exec_run {
    struct exec_flags flags;
    struct words inner; /* the user's own -exec */
    struct words own;   /* what argv points into when it was changed */
    char **argv;        /* the binary and its arguments */
    size_t argc;
    struct tempdir dir;
    struct notes notes;
    struct target target;
    bool preloaded;
    char *simulator;      /* the library of simulations, where one is wanted; else NULL */
    char *preload_before; /* LD_PRELOAD as it was, or NULL */
};

/* What perfgo test hides from go test, so that packages are run side by side. */
static void change_flags(struct exec_run *run)
{
    struct words args = {0};

    if (run->flags.bench == NULL && !run->flags.quiet_test)
        return;
    words_add_all(&args, run->argv + 1, run->argc - 1);
    if (run->flags.bench != NULL)
        testflags_set(&args, "bench", run->flags.bench);
    if (run->flags.quiet_test)
        testflags_remove(&args, "v");
    words_add(&run->own, run->argv[0]);
    words_add_all(&run->own, args.item, args.n);
    words_free(&args);
    run->argv = run->own.item;
    run->argc = run->own.n;
}

/* Splits what was given into the wrapper and the binary; 0 or an exit status. */
static int take_command(struct exec_run *run, const struct option_result *given)
{
    struct pg_error err;

    run->argv = given->rest;
    run->argc = given->n_rest;
    if (run->flags.exec != NULL && words_split_quoted(run->flags.exec, &run->inner, &err) < 0)
        return say_error("--exec: %s", err.text);
    if (run->flags.inner > 0 && run->flags.inner < run->argc) {
        words_add_all(&run->inner, run->argv, run->flags.inner);
        run->argv += run->flags.inner;
        run->argc -= run->flags.inner;
    } else if (run->flags.inner > 0) {
        return say_error("exec: --inner %llu leaves no test binary to run",
                         (unsigned long long)run->flags.inner);
    }
    if (run->argc == 0)
        return say_error("exec: which test binary? perfgo exec -- ./pkg.test -test.bench=.");
    change_flags(run);
    return 0;
}

static void open_dir(struct exec_run *run)
{
    struct pg_error err;

    tempdir_sweep(tempdir_base());
    if (tempdir_create(&run->dir, tempdir_base(), run->flags.keep, &err) < 0)
        run->dir = (struct tempdir){.fd = -1};
    else
        notes_begin(&run->notes, run->dir.path);
}

/* Links to the library, and to the engine it loads from the directory it was found in, under a path
 * that LD_PRELOAD can name; replaces *library. */
static int link_library(char **library, const struct tempdir *dir, struct pg_error *err)
{
    char *name = text_format("%s/libperfgo.so", dir->path);
    char *engine_name = text_format("%s/libperfgo-engine.so", dir->path);
    char *engine =
        text_format("%.*s/libperfgo-engine.so", (int)(strrchr(*library, '/') - *library), *library);
    int rc = 0;

    if (dir->fd < 0 || !preload_path_usable(name) || symlink(*library, name) < 0 ||
        symlink(engine, engine_name) < 0)
        rc = pg_error_set(err, PG_E_UNSUPPORTED,
                          "LD_PRELOAD cannot name %s (it has a blank, colon or $): move it",
                          *library);
    free(engine);
    free(engine_name);
    free(*library);
    *library = name;
    return rc;
}

/* Puts libperfgo.so into LD_PRELOAD; false with one sentence in *err. */
static bool preload(struct exec_run *run, struct pg_error *err)
{
    char *library = NULL, *value;

    if (run->target.carries_library)
        return true;
    if (run->simulator != NULL)
        library = text_copy(run->simulator);
    else if (preload_library(&library, err) < 0)
        return false;
    if (!preload_path_usable(library) && link_library(&library, &run->dir, err) < 0) {
        free(library);
        return false;
    }
    if (getenv("LD_PRELOAD") != NULL)
        run->preload_before = text_copy(getenv("LD_PRELOAD"));
    value = preload_value(library, run->preload_before);
    setenv("LD_PRELOAD", value, 1);
    free(value);
    free(library);
    return true;
}

static bool asks_for_benchmarks(char *const *argv)
{
    for (; *argv != NULL; argv++) {
        const char *arg = argv[0][0] == '-' && argv[0][1] == '-' ? *argv + 1 : *argv;

        if (strncmp(arg, "-test.bench=", 12) == 0)
            return arg[12] != '\0';
        if (strcmp(arg, "-test.bench") == 0)
            return argv[1] != NULL;
    }
    return false;
}

static bool switched_off(const struct pg_settings *s)
{
    return s->mode != NULL && strcmp(s->mode, "off") == 0;
}

/* Lets the agent end chains of frame pointers, which makes samples cheaper (agent/chain.c). */
static void leave_frame_pointers(const struct pg_settings *s)
{
    const bool samples =
        s->mode != NULL && (strcmp(s->mode, "profile") == 0 || strcmp(s->mode, "off-cpu") == 0);

    if (samples && arch_host()->walk_faults && !godebug_has("tracefpunwindoff"))
        godebug_add("tracefpunwindoff=1");
}

/* Prepares the binary and LD_PRELOAD; *why tells when it will run without perfgo though it should
 * not. */
static void arm(struct exec_run *run, const struct pg_settings *settings, struct pg_error *why)
{
    const bool bench = asks_for_benchmarks(run->argv);
    const bool on = !switched_off(settings);

    *why = (struct pg_error){0};
    if (on && bench && simulate_wanted(settings) && preload_simulator(&run->simulator, why) < 0)
        return;
    target_prepare(&run->target, &(struct target_wish){.name = run->argv[0],
                                                       .dir = run->dir.fd >= 0 ? &run->dir : NULL,
                                                       .interpreter = run->simulator,
                                                       .measure = on && bench,
                                                       .keep = run->flags.keep});
    if (run->simulator != NULL && run->target.path != NULL &&
        !simulate_possible(run->target.path, why))
        return;
    if (on && run->target.preloadable)
        run->preloaded = preload(run, why);
    else if (on)
        *why = run->target.why;
    if (run->preloaded && bench)
        leave_frame_pointers(settings);
}

static int start(struct exec_run *run, pid_t *pid)
{
    const char *program =
        run->preloaded && run->target.copy != NULL ? run->target.copy : run->target.path;
    struct child_spec spec = {.out = -1, .err = -1, .death_signal = SIGKILL};
    struct words argv = {0};
    int failure;

    if (run->inner.n > 0) {
        words_add_all(&argv, run->inner.item, run->inner.n);
        words_add(&argv, program);
        spec.file = argv.item[0];
    } else {
        words_add(&argv, run->argv[0]);
        spec.file = program;
    }
    words_add_all(&argv, run->argv + 1, run->argc - 1);
    spec.argv = argv.item;
    failure = launch_start(&spec, pid);
    words_free(&argv);
    return failure;
}

static int cannot_run(const struct exec_run *run, int failure, const struct pg_error *why)
{
    const char *name = run->inner.n > 0 ? run->inner.item[0] : run->argv[0];

    if (failure == ENOENT && access(name, F_OK) != 0)
        say("%s: no such program", name);
    else if (failure == ENOEXEC && why->code != 0)
        say("%s cannot be run: %s", name, why->text);
    else
        say("%s cannot be run: %s", name, strerror(failure));
    return failure == ENOENT ? PERFGO_EXIT_NOT_FOUND : PERFGO_EXIT_CANNOT_RUN;
}

/* Killed in the loader, before any code of its own or of perfgo's could run. */
static bool died_at_start(const struct exec_run *run, int status)
{
    return run->preloaded && run->target.copy != NULL && run->inner.n == 0 && WIFSIGNALED(status) &&
           (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS ||
            WTERMSIG(status) == SIGILL) &&
           run->notes.path != NULL && !notes_heard(&run->notes);
}

/* Runs the command to its end: 0 and its wait status, or an exit status of perfgo's. */
static int run_command(struct exec_run *run, struct pg_error *why, int *status)
{
    pid_t pid;
    int failure;

    if (run->target.path == NULL && run->inner.n == 0)
        return cannot_run(run, ENOENT, why);
    failure = start(run, &pid);
    if (failure != 0)
        return cannot_run(run, failure, why);
    *status = launch_wait(pid, NULL);
    if (!died_at_start(run, *status))
        return 0;
    /* Fail open: as far as anybody can tell the test has not begun. */
    pg_error_set(why, PG_E_FORMAT, "its rewritten copy was killed by a %s while it was loaded",
                 strsignal(WTERMSIG(*status)));
    run->preloaded = false;
    unsetenv("LD_PRELOAD");
    if (run->preload_before != NULL)
        setenv("LD_PRELOAD", run->preload_before, 1);
    failure = start(run, &pid);
    if (failure != 0)
        return cannot_run(run, failure, why);
    *status = launch_wait(pid, NULL);
    return 0;
}

static bool simulates(const struct exec_run *run, const struct pg_settings *settings)
{
    return run->preloaded && asks_for_benchmarks(run->argv) && simulate_wanted(settings);
}

/* The same under Valgrind. A simulation that was asked for is not replaced by something else. */
static int run_simulated(struct exec_run *run, const struct pg_settings *settings, int *status)
{
    const struct simulate_spec spec = {
        .settings = settings,
        .original = run->target.path,
        .program = run->target.copy != NULL ? run->target.copy : run->target.path,
        .dir = run->dir.path,
        .inner = &run->inner,
        .args = run->argv + 1,
        .n_args = run->argc - 1,
        .verbose = run->flags.verbose,
        .notes = &run->notes,
    };

    if (run->dir.fd < 0)
        return say_error("simulating needs a directory for Valgrind's files, and none can be made "
                         "in %s: set TMPDIR to one that can be written",
                         tempdir_base());
    return simulate_run(&spec, status);
}

static void report(struct exec_run *run, const struct pg_error *why)
{
    const char *program = run->argv[0];

    if (why->code != 0)
        notes_add(&run->notes, program, "runs without perfgo: %s", why->text);
    else if (run->preloaded && run->notes.path != NULL && asks_for_benchmarks(run->argv) &&
             !notes_heard(&run->notes))
        notes_add(&run->notes, program,
                  "was not measured: libperfgo.so was never loaded into it; does something in "
                  "between (sudo, env -i) drop LD_PRELOAD?");
    if (run->flags.keep && run->target.copy != NULL)
        notes_add(&run->notes, NULL, "the rewritten copy of %s is %s", program, run->target.copy);
}

/* Leaves nothing behind, except what --keep is for. */
static void clean_up(struct exec_run *run)
{
    notes_finish(&run->notes, run->flags.verbose);
    if (run->flags.keep && run->target.copy != NULL && run->dir.fd >= 0)
        unlinkat(run->dir.fd, "notes", 0);
    else
        tempdir_remove(&run->dir);
    target_release(&run->target, run->flags.keep);
    free(run->preload_before);
    free(run->simulator);
    words_free(&run->inner);
}

int cmd_exec(int argc, char **argv)
{
    struct exec_run run = {.dir = {.fd = -1}};
    struct option_result given;
    struct pg_error why;
    int failure, status = 0, rc;

    options_parse(&options, argc, argv, &run.flags, &given);
    rc = take_command(&run, &given);
    if (rc != 0)
        goto out;
    failure = launch_begin();
    if (failure != 0) {
        rc = say_error("cannot watch for signals: %s", strerror(failure));
        goto out;
    }
    options_export(&given.settings);
    open_dir(&run);
    arm(&run, &given.settings, &why);
    rc = simulates(&run, &given.settings) ? run_simulated(&run, &given.settings, &status)
                                          : run_command(&run, &why, &status);
    if (rc == 0)
        report(&run, &why);
    if (rc == 0 && run.preloaded && archive_binary(&given.settings, run.target.path, &why) < 0)
        notes_add(&run.notes, NULL, "%s", why.text);
    clean_up(&run);
out:
    words_free(&run.inner);
    words_free(&run.own);
    options_free(&given);
    if (rc == 0)
        launch_exit_like(status);
    return rc;
}
