/* cmd_doctor.c - what works on this machine, what does not, why, and what mends it.
 *
 * A check looks at one thing and adds one row. What the kernel allows comes from pmu/caps.h, which
 * the planner uses too, so that doctor and a run's note cannot contradict each other.
 */
#include "cli/command.h"
#include "cli/goenv.h"
#include "cli/launch.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/preload.h"
#include "cli/say.h"
#include "cli/target.h"

#include "arch/arch.h"
#include "bench/run.h"
#include "pmu/caps.h"
#include "pmu/selftest.h"

#include <cjson/cJSON.h>
#include <dlfcn.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Go releases that the tests cover, as the number behind "go1.". */
enum { GO_OLDEST = 18, GO_NEWEST = 27 };
/* Oldest kernel: all that hot/ and pmu/ use of perf_event_open is in it. */
enum { KERNEL_MAJOR = 4, KERNEL_MINOR = 4 };

enum status { STATUS_OK, STATUS_LIMITED, STATUS_MISSING };

static const struct {
    const char *name, *color;
} statuses[] = {
    [STATUS_OK] = {"ok", "green"},
    [STATUS_LIMITED] = {"limited", "yellow"},
    [STATUS_MISSING] = {"missing", "red"},
};

struct finding {
    char *check, *state, *cause, *cure;
    enum status status;
    bool vital; /* when missing, nothing can be measured */
};

struct doctor {
    struct finding *finding;
    size_t n;
};

static struct finding *add(struct doctor *d, const char *check, enum status status,
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

/* ---- checks ---- */

static void check_go(struct doctor *d)
{
    struct goenv env;
    struct pg_error err;
    int minor = 0;
    bool known;

    if (goenv_read(NULL, &env, &err) < 0) {
        because(add(d, "go", STATUS_MISSING, "not in PATH"), "perfgo test needs the go command",
                "install it from https://go.dev/dl and put its bin directory into PATH");
        return;
    }
    known = sscanf(env.version, "go1.%d", &minor) == 1;
    if (known && minor >= GO_OLDEST && minor <= GO_NEWEST) {
        add(d, "go", STATUS_OK, env.version);
    } else if (known && minor < GO_OLDEST) {
        because(add(d, "go", STATUS_LIMITED, env.version),
                "older than the versions perfgo is tested with",
                "go install golang.org/dl/go1.27.3@latest && go1.27.3 download");
    } else {
        because(add(d, "go", STATUS_LIMITED, known ? env.version : "version unknown"),
                "not among the versions perfgo is tested with (go1.18 to go1.27); a binary it does "
                "not understand runs without counters",
                NULL);
    }
    goenv_free(&env);
}

static void check_library(struct doctor *d)
{
    struct pg_error err;
    char *path, *engine;
    struct finding *f;
    void *so;

    if (preload_library(&path, &err) < 0) {
        f = add(d, "libperfgo.so", STATUS_MISSING, "not found");
        f->vital = true;
        because(f, err.text, "make && export PERFGO_LIB=$PWD/build/lib/libperfgo.so");
        return;
    }
    engine = text_format("%.*s/libperfgo-engine.so", (int)(strrchr(path, '/') - path), path);
    so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (so != NULL)
        so = dlopen(engine, RTLD_NOW | RTLD_LOCAL);
    f = add(d, "libperfgo.so", so != NULL ? STATUS_OK : STATUS_MISSING,
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
        add(d, "LD_PRELOAD", STATUS_OK, loader);
        return;
    }
    f = add(d, "LD_PRELOAD", STATUS_MISSING, "no glibc loader");
    f->vital = true;
    because(f,
            loader != NULL ? "the dynamic loader of glibc is not installed (a musl system?)"
                           : "perfgo does not know this CPU",
            "apt-get install libc6");
}

static void check_kernel(struct doctor *d)
{
    struct utsname u;
    int major = 0, minor = 0;

    if (uname(&u) < 0 || sscanf(u.release, "%d.%d", &major, &minor) != 2) {
        because(add(d, "kernel", STATUS_LIMITED, "version unknown"), "uname does not tell", NULL);
        return;
    }
    if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
        add(d, "kernel", STATUS_OK, u.release);
    else
        because(add(d, "kernel", STATUS_LIMITED, u.release), "older than Linux 4.4",
                "upgrade the kernel");
}

static void check_caps(struct doctor *d)
{
    struct pmu_caps caps;
    struct caps_item item[CAPS_MAX_ITEMS];
    size_t n;

    caps_probe("/proc", "/sys", &caps);
    n = caps_items(&caps, item);
    for (size_t i = 0; i < n; i++)
        because(add(d, item[i].key, item[i].limited ? STATUS_LIMITED : STATUS_OK, item[i].state),
                item[i].cause, item[i].cure);
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
        add(d, "PMU self-test", STATUS_OK, state);
    else
        because(add(d, "PMU self-test", STATUS_LIMITED, state), reason,
                "perfgo test --backend=software");
    free(state);
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

static void check_output(struct doctor *d, const char *output)
{
    char history[4096];
    struct pg_error err;
    char *asked;

    if (run_history_dir(output, NULL, NULL, history, sizeof history, &err) < 0) {
        because(add(d, "history", STATUS_LIMITED, "no directory"), err.text,
                "export PERFGO_OUTPUT=$HOME/.perfgo");
        return;
    }
    asked = text_copy(history);
    existing_part(history);
    if (can_create(history))
        add(d, "history", STATUS_OK, asked);
    else {
        char *cause = text_format("%s cannot be written: %s", history, strerror(errno));

        because(add(d, "history", STATUS_LIMITED, asked), cause,
                "export PERFGO_OUTPUT=$HOME/.perfgo");
        free(cause);
    }
    free(asked);
}

static void check_program(struct doctor *d, const char *check, const char *const *names,
                          const char *cause, const char *cure)
{
    for (; *names != NULL; names++) {
        char *path = target_find(*names);

        if (path != NULL) {
            add(d, check, STATUS_OK, path);
            free(path);
            return;
        }
    }
    because(add(d, check, STATUS_MISSING, "not in PATH"), cause, cure);
}

static void examine(struct doctor *d, const char *output)
{
    check_go(d);
    check_library(d);
    check_loader(d);
    check_kernel(d);
    check_caps(d);
    check_selftest(d);
    check_output(d, output);
    check_program(d, "C compiler", (const char *const[]){"cc", "gcc", "clang", NULL},
                  "needed for packages with cgo and for -race builds only", "apt-get install gcc");
    check_program(d, "valgrind", (const char *const[]){"valgrind", NULL},
                  "needed for simulated counters only", "apt-get install valgrind");
    check_program(d, "git", (const char *const[]){"git", NULL},
                  "without it a run does not say whether the tree had changes",
                  "apt-get install git");
}

/* ---- output ---- */

static void print_table(const struct doctor *d)
{
    const struct output_style style = output_style(stdout);
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return;
    scols_table_enable_colors(table, style.colors);
    scols_table_enable_noheadings(table, 1);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    for (int i = 0; i < 3; i++)
        scols_table_new_column(table, "", 0, 0);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];
        struct libscols_line *line = scols_table_new_line(table, NULL);

        scols_line_set_data(line, 0, statuses[f->status].name);
        scols_line_set_data(line, 1, f->check);
        scols_line_set_data(line, 2, f->state);
        if (style.colors)
            scols_cell_set_color(scols_line_get_cell(line, 0), statuses[f->status].color);
    }
    scols_print_table(table);
    scols_unref_table(table);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];

        if (f->cause != NULL)
            printf("\n%s: %s\n", f->check, f->cause);
        if (f->cause != NULL && f->cure != NULL)
            printf("  %s\n", f->cure);
    }
}

static void print_json(const struct doctor *d)
{
    cJSON *document = cJSON_CreateObject(), *checks = cJSON_CreateArray();
    char *text;

    cJSON_AddNumberToObject(document, "schema", 1);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", f->check);
        cJSON_AddStringToObject(row, "status", statuses[f->status].name);
        cJSON_AddStringToObject(row, "state", f->state);
        if (f->cause != NULL)
            cJSON_AddStringToObject(row, "cause", f->cause);
        if (f->cure != NULL)
            cJSON_AddStringToObject(row, "cure", f->cure);
        cJSON_AddItemToArray(checks, row);
    }
    cJSON_AddItemToObject(document, "checks", checks);
    text = cJSON_Print(document);
    if (text != NULL)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(document);
}

/* 0 unless nothing can be measured here. */
static int verdict(const struct doctor *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->finding[i].vital && d->finding[i].status == STATUS_MISSING)
            return PERFGO_EXIT_ERROR;
    return PERFGO_EXIT_OK;
}

static void release(struct doctor *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->finding[i].check);
        free(d->finding[i].state);
        free(d->finding[i].cause);
        free(d->finding[i].cure);
    }
    free(d->finding);
}

struct doctor_flags {
    bool json;
};

static const struct option_row rows[] = {
    {"json", 0, NULL, "as JSON", OPTION_BOOL, offsetof(struct doctor_flags, json)},
};
static const struct options options = {
    .usage = "",
    .doc = "Tell what works on this machine, what does not, why, and what mends it.\v"
           "The exit status is 0 unless nothing at all can be measured here (3).",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

int cmd_doctor(int argc, char **argv)
{
    struct doctor_flags flags = {0};
    struct doctor doctor = {0};
    struct option_result given;
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n > 0) {
        rc = say_error("doctor: '%s' is unexpected: perfgo doctor --help", given.words.item[0]);
        options_free(&given);
        return rc;
    }
    examine(&doctor, given.settings.output);
    if (flags.json)
        print_json(&doctor);
    else
        print_table(&doctor);
    rc = fflush(stdout) == 0 ? verdict(&doctor) : say_error("doctor: cannot write the findings");
    release(&doctor);
    options_free(&given);
    return rc;
}
