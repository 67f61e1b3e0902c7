#include "cli/simulate.h"

#include "cli/benchlist.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/godebug.h"
#include "cli/launch.h"
#include "cli/say.h"
#include "cli/scribe.h"
#include "cli/testflags.h"
#include "cli/valgrind.h"
#include "cli/waker.h"

#include "bench/run.h"
#include "gobin/gobin.h"
#include "pmu/pmu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ENVIRONMENT_STEP = 64 << 10, /* arguments and environment are filled up to a multiple */
    GO_WITH_SKIP = 20,           /* -test.skip came with Go 1.20 */
    MOST_RUNS = 200,             /* of one binary: that many benchmarks Valgrind may fail on */
};

/* The last one of a name counts, so these win over the user's. Preemption by signals stops
 * callgrind. Stacks shrink, and a concurrent collection marks, as real time allows: stacks keep
 * their size, and each collection is done where it is due. Samples of the memory profile, too, fall
 * at random. (Go: doc of package runtime, GODEBUG) */
#define FIXED_GODEBUG "asyncpreemptoff=1,gcshrinkstackoff=1,gcstoptheworld=1"

struct simulation {
    const struct simulate_spec *spec;
    char *valgrind;    /* path */
    char *label;       /* the package, or the program: for sentences */
    int go_minor;      /* 26 of "go1.26.8"; 0: not known */
    struct words args; /* of the binary, as changed */
    char *own_skip;    /* the user's -test.skip, or NULL */
    char *progress;    /* path of the agent's file */
    long offset;       /* how much of it is read */
    struct words begun;
    size_t told;        /* of them, in progress lines */
    struct words known; /* all top-level benchmarks; asked for when first needed */
    bool asked, progress_wanted;
    struct waker waker;
    struct scribe *scribe;
    uint64_t deadline_ns;
    bool late; /* the deadline has passed and the child was ended for it */
};

bool simulate_wanted(const struct pg_settings *s)
{
    enum pg_backend backend = PG_BACKEND_AUTO;

    return s->backend != NULL && pmu_backend_by_name(s->backend, &backend) &&
           backend == PG_BACKEND_SIMULATE;
}

/* ---- the binary ---- */

static int minor_of(const char *version)
{
    return strncmp(version, "go1.", 4) == 0 ? atoi(version + 4) : 0;
}

/* Calls back with the opened binary; nothing happens when it is no Go binary that can be read. */
static void with_binary(const char *path, void (*use)(const struct gobin *, void *), void *context)
{
    struct elf_image *image = NULL;
    struct gobin *bin = NULL;

    if (elf_open(path, &image, NULL) == 0 && gobin_open(image, &bin, NULL) == 0)
        use(bin, context);
    gobin_close(bin);
    elf_close(image);
}

static void look_whether(const struct gobin *bin, void *context)
{
    const char *race = gobin_build_setting(bin, "-race");
    struct pg_error *why = context;

    if (race != NULL && strcmp(race, "true") == 0)
        pg_error_set(why, PG_E_UNSUPPORTED,
                     "it is built with -race, which cannot be simulated: Valgrind has no room for "
                     "the race detector's memory");
    else
        scribe_check(bin, why);
}

bool simulate_possible(const char *original, struct pg_error *why)
{
    *why = (struct pg_error){0};
    with_binary(original, look_whether, why);
    return why->code == 0;
}

static void take_identity(const struct gobin *bin, void *context)
{
    struct simulation *sim = context;
    const char *path = gobin_main_path(bin);
    size_t n = strlen(path);

    sim->go_minor = minor_of(gobin_go_version(bin));
    if (n > 5 && strcmp(path + n - 5, ".test") == 0) {
        free(sim->label);
        sim->label = text_format("%.*s", (int)(n - 5), path);
    }
}

struct place {
    uint64_t address;
    char text[300];
};

static void name_function(const struct gobin *bin, void *context)
{
    struct place *place = context;
    struct gobin_function f;

    if (gobin_function_at(bin, place->address, &f))
        snprintf(place->text, sizeof place->text, " in %s", f.name);
}

/* ---- before ---- */

int simulate_check(const struct pg_settings *s, uint64_t *deadline_ns, struct pg_error *err)
{
    struct words scratch = {0};
    char *path = NULL;
    uint64_t ns = 0;
    int rc;

    *deadline_ns = s->deadline;
    if (s->time_limit != NULL && !duration_parse(s->time_limit, &ns))
        return pg_error_set(err, PG_E_INVALID,
                            "the time limit '%s' is not valid: give a duration as 90s, 5m or 1h30m",
                            s->time_limit);
    if (*deadline_ns == 0 && s->time_limit != NULL)
        *deadline_ns = duration_now() + ns;
    rc = valgrind_find(&path, err);
    if (rc == 0)
        rc = valgrind_command(&scratch, path, "", s->cache, err);
    words_free(&scratch);
    free(path);
    return rc;
}

/* A count of iterations is perfgo's to keep, a duration means nothing here; without -test.run the
 * tests would run ten times slower for nothing. */
static void change_flags(struct simulation *sim)
{
    const char *time = testflags_value(&sim->args, "benchtime");
    const size_t n = time != NULL ? strlen(time) : 0;
    char *count = n > 1 && time[n - 1] == 'x' ? text_format("%.*s", (int)n - 1, time) : NULL;

    if (count != NULL && sim->spec->settings->iterations == 0)
        setenv("PERFGO_ITERATIONS", count, 1);
    else if (time != NULL && count == NULL)
        notes_add(sim->spec->notes, NULL,
                  "-benchtime=%s is left out of a simulation: perfgo chooses the iterations "
                  "(-benchtime=100x sets them)",
                  time);
    free(count);
    testflags_remove(&sim->args, "benchtime");
    if (testflags_value(&sim->args, "run") == NULL) {
        testflags_set(&sim->args, "run", "^$");
        notes_add(sim->spec->notes, NULL,
                  "tests are left out of a simulation, only benchmarks run (-run=. runs both)");
    }
    if (testflags_value(&sim->args, "skip") != NULL)
        sim->own_skip = text_copy(testflags_value(&sim->args, "skip"));
}

/* A second run of the binary belongs to the same records as the first. */
static void name_run(const struct simulation *sim)
{
    struct run_launcher launcher;
    char id[RUN_ID_SIZE];

    if (sim->spec->settings->run == NULL && run_launcher(getpid(), &launcher, NULL) == 0 &&
        run_default_id(&launcher, id, NULL) == 0)
        setenv("PERFGO_RUN", id, 1);
}

static void change_environment(const struct simulation *sim)
{
    const char *procs = getenv("GOMAXPROCS");

    godebug_add(FIXED_GODEBUG);
    if (testflags_value(&sim->args, "memprofile") == NULL)
        godebug_add("memprofilerate=0");
    if ((procs == NULL || procs[0] == '\0') && testflags_value(&sim->args, "cpu") == NULL)
        setenv("GOMAXPROCS", "1", 1);
    setenv("PERFGO_SIMULATE_DIR", sim->spec->dir, 1);
    unsetenv("PERFGO_PAD");
    unsetenv("DEBUGINFOD_URLS"); /* Valgrind would fetch what is known from elsewhere */
}

/* Fills PERFGO_PAD so that strings and pointers of arguments and environment have a size that does
 * not depend on theirs: they lie above the first stack, and what is on it would move with them. */
static void pad_environment(const char *program, const struct words *args)
{
    size_t size = 2 * (strlen(program) + 1) + (args->n + 2) * sizeof(char *), fill;
    char *pad;

    for (size_t i = 0; i < args->n; i++)
        size += strlen(args->item[i]) + 1;
    for (char **e = environ; *e != NULL; e++)
        size += strlen(*e) + 1 + sizeof(char *);
    size += sizeof "PERFGO_PAD=" + sizeof(char *);
    fill = (ENVIRONMENT_STEP - size % ENVIRONMENT_STEP) % ENVIRONMENT_STEP;
    pad = memory_grow(NULL, fill + 1);
    memset(pad, '-', fill);
    pad[fill] = '\0';
    setenv("PERFGO_PAD", pad, 1);
    free(pad);
}

/* ---- while it runs ---- */

static const struct words *known(struct simulation *sim)
{
    if (!sim->asked)
        benchlist_ask(sim->spec->original, &sim->args, &sim->known);
    sim->asked = true;
    return &sim->known;
}

static void tell_line(const struct simulation *sim, const char *line)
{
    const char *path = sim->spec->settings->progress;
    int fd = path != NULL ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW) : -1;
    char *with_newline;

    if (path == NULL) {
        say("%s", line);
        return;
    }
    with_newline = text_format("%s\n", line);
    if (fd >= 0 && write(fd, with_newline, strlen(with_newline)) < 0) {
        /* Progress that nobody can see. */
    }
    free(with_newline);
    if (fd >= 0)
        close(fd);
}

static void tell_progress(struct simulation *sim)
{
    for (; sim->told < sim->begun.n; sim->told++) {
        const struct words so_far = {sim->begun.item, sim->told + 1, 0};
        const size_t top = benchlist_top(&so_far), all = known(sim)->n;
        char *line = top <= all ? text_format("%s: %s (%zu of %zu)", sim->label,
                                              sim->begun.item[sim->told], top, all)
                                : text_format("%s: %s", sim->label, sim->begun.item[sim->told]);

        tell_line(sim, line);
        free(line);
    }
}

static void look(void *context, pid_t pid)
{
    struct simulation *sim = context;

    waker_look(&sim->waker, pid);
    benchlist_read(sim->progress, &sim->offset, &sim->begun);
    if (sim->progress_wanted)
        tell_progress(sim);
    if (sim->deadline_ns != 0 && !sim->late && duration_now() >= sim->deadline_ns) {
        sim->late = true;
        kill(pid, SIGKILL);
    }
}

static int run_once(struct simulation *sim, int *status)
{
    const struct simulate_spec *spec = sim->spec;
    const struct launch_tick tick = {look, sim};
    struct words argv = {0};
    struct pg_error err;
    pid_t pid;
    int failure;

    words_add_all(&argv, spec->inner->item, spec->inner->n);
    if (valgrind_command(&argv, sim->valgrind, spec->dir, spec->settings->cache, &err) < 0) {
        words_free(&argv);
        return say_error("%s", err.text);
    }
    words_add(&argv, spec->program);
    words_add_all(&argv, sim->args.item, sim->args.n);
    pad_environment(spec->program, &sim->args);
    if (scribe_begin(sim->scribe, &sim->args, &err) < 0) {
        words_free(&argv);
        return say_error("%s", err.text);
    }
    failure = launch_start(&(struct child_spec){.file = argv.item[0],
                                                .argv = argv.item,
                                                .out = -1,
                                                .err = -1,
                                                .death_signal = SIGKILL,
                                                .fixed_addresses = true},
                           &pid);
    if (failure == 0) {
        scribe_started(sim->scribe, pid);
        *status = launch_wait_ticking(pid, NULL, &tick);
        scribe_end(sim->scribe, WIFEXITED(*status) ? WEXITSTATUS(*status) : -1);
    } else
        say("%s cannot be run: %s", argv.item[0], strerror(failure));
    words_free(&argv);
    return failure == 0 ? 0 : PERFGO_EXIT_CANNOT_RUN;
}

/* ---- afterwards ---- */

static bool has(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->item[i], word) == 0)
            return true;
    return false;
}

/* Names what the time limit has cut off: the benchmark that was running and all behind it. */
static void tell_late(struct simulation *sim)
{
    char *missing = text_copy("");
    size_t n = 0;

    for (size_t i = 0; i < known(sim)->n; i++) {
        char *before = missing;

        if (has(&sim->begun, sim->known.item[i]))
            continue;
        missing = text_format("%s%s%s", before, n > 0 ? ", " : "", sim->known.item[i]);
        free(before);
        n++;
    }
    notes_add(sim->spec->notes, NULL, "%s: the time limit%s%s; not run: %s", sim->label,
              sim->begun.n > 0 ? " ended " : " was over before the first benchmark",
              sim->begun.n > 0 ? sim->begun.item[sim->begun.n - 1] : "",
              n > 0 ? missing : "nothing else");
    free(missing);
}

/* Valgrind gave up: says on what and prepares a run of the rest; false when there is none. */
static bool go_on_without(struct simulation *sim, const struct valgrind_failure *failure)
{
    struct place place = {.address = failure->address};
    const char *last = sim->begun.n > 0 ? sim->begun.item[sim->begun.n - 1] : NULL;
    char *skip, *all;

    if (failure->address != 0)
        with_binary(sim->spec->original, name_function, &place);
    notes_add(sim->spec->notes, NULL, "%s: %s%scannot be simulated: Valgrind %s%s", sim->label,
              last != NULL ? last : "", last != NULL ? " " : "", failure->what, place.text);
    if (last == NULL)
        return false;
    if (sim->go_minor < GO_WITH_SKIP) {
        notes_add(sim->spec->notes, NULL,
                  "%s: the benchmarks behind it were not run: leaving one out needs Go 1.20",
                  sim->label);
        return false;
    }
    skip = benchlist_skip(&sim->begun);
    all = sim->own_skip != NULL ? text_format("%s|%s", sim->own_skip, skip) : text_copy(skip);
    testflags_set(&sim->args, "skip", all);
    testflags_set(&sim->args, "run", "^$"); /* the tests have run */
    free(skip);
    free(all);
    return true;
}

static int run_all(struct simulation *sim, int *status)
{
    char *log = text_format("%s/valgrind.log", sim->spec->dir);
    int rc = 0;

    for (int i = 0; i < MOST_RUNS && rc == 0; i++) {
        const size_t begun = sim->begun.n;
        struct valgrind_failure failure;

        unlink(log);
        rc = run_once(sim, status);
        if (rc != 0 || sim->late || *status == 0)
            break;
        valgrind_read_log(log, &failure);
        if (failure.what[0] == '\0')
            break; /* the program's own failure; it has said what */
        if (i > 0 && sim->begun.n == begun) {
            notes_add(sim->spec->notes, NULL, "%s: cannot be simulated any further: Valgrind %s",
                      sim->label, failure.what);
            break;
        }
        if (!go_on_without(sim, &failure))
            break;
    }
    free(log);
    return rc;
}

static void finish(struct simulation *sim)
{
    waker_close(&sim->waker);
    scribe_close(sim->scribe);
    words_free(&sim->args);
    words_free(&sim->begun);
    words_free(&sim->known);
    free(sim->valgrind);
    free(sim->label);
    free(sim->own_skip);
    free(sim->progress);
}

int simulate_run(const struct simulate_spec *spec, int *status)
{
    struct simulation sim = {.spec = spec};
    struct pg_error err;
    int rc;

    if (simulate_check(spec->settings, &sim.deadline_ns, &err) < 0 ||
        valgrind_find(&sim.valgrind, &err) < 0)
        return say_error("%s", err.text);
    sim.label = text_copy(spec->original);
    sim.progress = text_format("%s/progress", spec->dir);
    sim.progress_wanted =
        spec->settings->progress != NULL || spec->verbose || isatty(STDERR_FILENO) == 1;
    words_add_all(&sim.args, spec->args, spec->n_args);
    with_binary(spec->original, take_identity, &sim);
    waker_open(&sim.waker, spec->dir);
    change_flags(&sim);
    change_environment(&sim);
    name_run(&sim);
    if (scribe_open(spec->original, spec->program, spec->dir, sim.label, spec->notes, &sim.scribe,
                    &err) < 0) {
        rc = say_error("%s", err.text);
    } else if (sim.deadline_ns != 0 && duration_now() >= sim.deadline_ns) {
        sim.late = true;
        rc = 0;
    } else {
        rc = run_all(&sim, status);
    }
    if (sim.late) {
        tell_late(&sim);
        *status = 1 << 8; /* an incomplete run must not look like a complete one */
    }
    finish(&sim);
    return rc;
}
