/* doctor_checks.c - one function for each thing that can limit perfgo; each adds a row.
 *
 * What the kernel allows comes from pmu/caps.h, which the planner uses too, so that doctor and a
 * run's note cannot contradict each other.
 */
#include "cli/doctor.h"
#include "cli/goenv.h"
#include "cli/preload.h"
#include "cli/say.h"
#include "cli/target.h"

#include "arch/arch.h"
#include "bench/run.h"
#include "pmu/caps.h"
#include "pmu/memory.h"
#include "pmu/selftest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct finding *add(struct doctor *d, const char *check, enum doctor_status status,
                           const char *state)
{
    d->finding = memory_grow(d->finding, (d->n + 1) * sizeof *d->finding);
    d->finding[d->n] =
        (struct finding){.check = text_copy(check), .state = text_copy(state), .status = status};
    return &d->finding[d->n++];
}

static void because(struct finding *f, const char *cause, const char *cure)
{
    if (cause != NULL && cause[0] != '\0')
        f->cause = text_copy(cause);
    if (cure != NULL && cure[0] != '\0')
        f->cure = text_copy(cure);
}

static void check_go_version(struct doctor *d, const struct goenv *env)
{
    int minor = 0;
    const bool known = sscanf(env->version, "go1.%d", &minor) == 1;
    char *cause, *cure;
    struct finding *f;

    if (known && minor >= GOENV_OLDEST && minor <= GOENV_NEWEST) {
        add(d, "go", DOCTOR_OK, env->version);
        return;
    }
    if (env->version[0] == '\0') {
        because(add(d, "go", DOCTOR_LIMITED, "version unknown"), "`go env` fails",
                "go env GOVERSION");
        return;
    }
    f = add(d, "go", DOCTOR_LIMITED, env->version);
    cause = text_format("not among the versions perfgo is tested with (go1.%d to go1.%d); a binary "
                        "it does not understand runs without counters",
                        GOENV_OLDEST, GOENV_NEWEST);
    /* Since Go 1.21 the go command fetches any other version by itself. */
    cure = text_format(known && minor < GOENV_OLDEST ? "install Go 1.%d from https://go.dev/dl"
                                                     : "GOTOOLCHAIN=go1.%d.0 perfgo test",
                       GOENV_NEWEST);
    because(f, cause, cure);
    free(cause);
    free(cure);
}

/* Go's own choice of a C compiler, which may come with arguments. */
static void check_compiler(struct doctor *d, const char *choice)
{
    static const char cause[] = "needed for packages with cgo and for -race builds only";
    char *cc = text_copy(choice[0] != '\0' ? choice : "cc"), *path, *state;
    const char *off = getenv("CGO_ENABLED");

    cc[strcspn(cc, " ")] = '\0';
    path = target_find(cc);
    if (off != NULL && strcmp(off, "0") == 0) {
        because(add(d, "C compiler", DOCTOR_LIMITED, "cgo is switched off (CGO_ENABLED=0)"), cause,
                "unset CGO_ENABLED");
    } else if (path == NULL) {
        state = text_format("'%s' is not in PATH", cc);
        because(add(d, "C compiler", DOCTOR_MISSING, state), cause, "apt-get install gcc");
        free(state);
    } else {
        add(d, "C compiler", DOCTOR_OK, path);
    }
    free(path);
    free(cc);
}

static void check_go(struct doctor *d)
{
    struct goenv env;
    struct pg_error err;

    if (goenv_read(NULL, &env, &err) < 0) {
        because(add(d, "go", DOCTOR_MISSING, "not in PATH"), "perfgo test needs the go command",
                "install it from https://go.dev/dl and put its bin directory into PATH");
        check_compiler(d, "");
        return;
    }
    check_go_version(d, &env);
    check_compiler(d, env.cc);
    goenv_free(&env);
}

static void check_library(struct doctor *d)
{
    struct pg_error err;
    char *path, *engine;
    struct finding *f;
    void *so;

    if (preload_library(&path, &err) < 0) {
        f = add(d, "libperfgo.so", DOCTOR_MISSING, "not found");
        f->vital = true;
        because(f, err.text, "make && export PERFGO_LIB=$PWD/build/lib/libperfgo.so");
        return;
    }
    engine = text_format("%.*s/libperfgo-engine.so", (int)(strrchr(path, '/') - path), path);
    so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (so != NULL)
        so = dlopen(engine, RTLD_NOW | RTLD_LOCAL);
    f = add(d, "libperfgo.so", so != NULL ? DOCTOR_OK : DOCTOR_MISSING,
            so != NULL ? path : "cannot be loaded");
    f->vital = true;
    if (so == NULL)
        because(f, dlerror(), "make deps all");
    free(engine);
    free(path);
}

static void check_loader(struct doctor *d)
{
    const char *loader = arch_host() != NULL ? arch_host()->loader : NULL;
    struct finding *f;

    if (loader != NULL && access(loader, X_OK) == 0) {
        add(d, "LD_PRELOAD", DOCTOR_OK, loader);
        return;
    }
    f = add(d, "LD_PRELOAD", DOCTOR_MISSING, "no glibc loader");
    f->vital = true;
    because(f,
            loader != NULL ? "the dynamic loader of glibc is not installed (a musl system?)"
                           : "perfgo does not know this CPU",
            "apt-get install libc6");
}

static void check_caps(struct doctor *d)
{
    struct pmu_caps caps;
    struct caps_item item[CAPS_MAX_ITEMS];
    char *proc = text_format("%s/proc", d->sysroot), *sys = text_format("%s/sys", d->sysroot);
    size_t n;

    caps_probe(proc, sys, &caps);
    n = caps_items(&caps, item);
    for (size_t i = 0; i < n; i++)
        because(add(d, item[i].key, item[i].limited ? DOCTOR_LIMITED : DOCTOR_OK, item[i].state),
                item[i].cause, item[i].cure);
    free(proc);
    free(sys);
}

static void check_selftest(struct doctor *d)
{
    struct selftest_counts counts;
    struct pg_error err;
    char reason[200], *state;

    if (selftest_measure(&counts, &err) < 0)
        return; /* no hardware counters: a row above says why */
    state =
        text_format("%llu instructions counted, %llu executed",
                    (unsigned long long)counts.instructions, (unsigned long long)counts.expected);
    if (selftest_judge(&counts, reason, sizeof reason))
        add(d, "PMU self-test", DOCTOR_OK, state);
    else
        because(add(d, "PMU self-test", DOCTOR_LIMITED, state), reason,
                "perfgo test --backend=software");
    free(state);
}

/* By what sysfs publishes: whether hardware events may be opened at all is told by a row above. */
static void check_memory(struct doctor *d)
{
    struct memory_event event[MEMORY_MAX];
    char *sys = text_format("%s/sys", d->sysroot), *state;
    const struct resolve_roots roots = {sys, NULL};
    struct pg_error err;
    int n = memory_events(&roots, event, &err);

    if (n < 0)
        because(add(d, "memory sampling", DOCTOR_LIMITED, "none"), err.text, NULL);
    else {
        state = text_format("%s: %s", memory_kind_name(event[0].kind), event[0].name);
        for (int i = 1; i < n; i++) {
            char *longer = text_format("%s, %s", state, event[i].name);

            free(state);
            state = longer;
        }
        add(d, "memory sampling", DOCTOR_OK, state);
        free(state);
    }
    free(sys);
}

/* The nearest ancestor of `path` that exists; changes path. */
static void existing_part(char *path)
{
    char *slash;

    while (access(path, F_OK) != 0 && (slash = strrchr(path, '/')) != NULL && slash != path)
        *slash = '\0';
}

/* By trying: access(2) says yes to root even where nothing can be created. */
static bool can_create(const char *dir)
{
    char *probe = text_format("%s/.perfgo-doctor-XXXXXX", dir);
    const bool created = mkdtemp(probe) != NULL;
    const int failure = errno;

    if (created)
        rmdir(probe);
    free(probe);
    errno = failure;
    return created;
}

static void check_output(struct doctor *d)
{
    char history[4096];
    struct pg_error err;
    char *asked;

    if (run_history_dir(d->output, NULL, NULL, history, sizeof history, &err) < 0) {
        because(add(d, "history", DOCTOR_LIMITED, "no directory"), err.text,
                "export PERFGO_OUTPUT=$HOME/.perfgo");
        return;
    }
    asked = text_copy(history);
    existing_part(history);
    if (can_create(history))
        add(d, "history", DOCTOR_OK, asked);
    else {
        char *cause = text_format("%s cannot be written: %s", history, strerror(errno));

        because(add(d, "history", DOCTOR_LIMITED, asked), cause,
                "export PERFGO_OUTPUT=$HOME/.perfgo");
        free(cause);
    }
    free(asked);
}

static void check_program(struct doctor *d, const char *name, const char *cause, const char *cure)
{
    char *path = target_find(name);

    if (path != NULL)
        add(d, name, DOCTOR_OK, path);
    else
        because(add(d, name, DOCTOR_MISSING, "not in PATH"), cause, cure);
    free(path);
}

void doctor_examine(struct doctor *d)
{
    check_go(d);
    check_library(d);
    check_loader(d);
    check_caps(d);
    check_selftest(d);
    check_memory(d);
    check_output(d);
    check_program(d, "valgrind", "needed for simulated counters only", "apt-get install valgrind");
    check_program(d, "git", "without it a run does not say whether the tree had changes",
                  "apt-get install git");
}

void doctor_release(struct doctor *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->finding[i].check);
        free(d->finding[i].state);
        free(d->finding[i].cause);
        free(d->finding[i].cure);
    }
    free(d->finding);
}
