#include "cli/gotest.h"

#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

/* Flags of go test (1.18 to 1.27) that take their value from the next argument when it is not given
 * with "=". All other flags go knows are boolean; flags it does not know go to the test binary. */
static const char *const valued[] = {
    "C",
    "asmflags",
    "buildmode",
    "compiler",
    "covermode",
    "coverpkg",
    "coverprofile",
    "debug-actiongraph",
    "debug-trace",
    "debug-runtime-trace",
    "exec",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "ldflags",
    "mod",
    "modfile",
    "o",
    "overlay",
    "p",
    "pgo",
    "pkgdir",
    "tags",
    "toolexec",
    "vet",
    "bench",
    "benchtime",
    "blockprofile",
    "blockprofilerate",
    "count",
    "cpu",
    "cpuprofile",
    "fuzz",
    "fuzzminimizetime",
    "fuzztime",
    "list",
    "memprofile",
    "memprofilerate",
    "mutexprofile",
    "mutexprofilefraction",
    "outputdir",
    "parallel",
    "run",
    "shuffle",
    "skip",
    "timeout",
    "trace",
    NULL,
};
static const char *const boolean[] = {
    "a",          "asan",     "buildvcs", "c",     "cover",    "i",    "json", "linkshared",
    "modcacherw", "msan",     "n",        "race",  "trimpath", "work", "x",    "artifacts",
    "benchmem",   "failfast", "fullpath", "short", "v",        NULL,
};

enum flag_kind { FLAG_UNKNOWN, FLAG_BOOLEAN, FLAG_VALUED };

struct flag {
    const char *name; /* not terminated: name_size bytes */
    size_t name_size;
    const char *value; /* behind "=", or NULL */
};

static bool listed(const char *const *list, const struct flag *f)
{
    for (; *list != NULL; list++)
        if (strlen(*list) == f->name_size && memcmp(*list, f->name, f->name_size) == 0)
            return true;
    return false;
}

static bool is_flag(const struct flag *f, const char *name)
{
    return listed((const char *const[]){name, NULL}, f);
}

/* False for what go takes as an operand: "", "-", "--x" with a third dash or "=", plain words. The
 * prefix "test." is dropped, as go test's own flags may be written with it. */
static bool parse_flag(const char *arg, struct flag *f)
{
    const char *equals;

    if (arg[0] == '-' && arg[1] == '-')
        arg++;
    if (arg[0] != '-' || arg[1] == '\0' || arg[1] == '-' || arg[1] == '=')
        return false;
    f->name = arg + 1;
    equals = strchr(f->name, '=');
    f->value = equals != NULL ? equals + 1 : NULL;
    f->name_size = equals != NULL ? (size_t)(equals - f->name) : strlen(f->name);
    if (f->name_size > 5 && memcmp(f->name, "test.", 5) == 0) {
        struct flag bare = {f->name + 5, f->name_size - 5, f->value};

        /* go knows test.X only where X goes to the test binary; -test.exec is a stranger to it. */
        if (!is_flag(&bare, "exec") && !is_flag(&bare, "C"))
            *f = bare;
    }
    return true;
}

static enum flag_kind kind_of(const struct flag *f)
{
    if (listed(valued, f))
        return FLAG_VALUED;
    return listed(boolean, f) ? FLAG_BOOLEAN : FLAG_UNKNOWN;
}

static void set_text(char **field, const char *value)
{
    free(*field);
    *field = text_copy(value);
}

static bool is_true(const char *value)
{
    return value == NULL || strcmp(value, "0") != 0;
}

/* Remembers what perfgo wants to know of a flag. */
static void note_flag(struct gotest *g, const struct flag *f, const char *value)
{
    if (is_flag(f, "exec") && value != NULL)
        set_text(&g->exec, value);
    else if (is_flag(f, "C") && value != NULL)
        set_text(&g->dir, value);
    else if (is_flag(f, "bench") && value != NULL)
        set_text(&g->bench, value);
    else if (is_flag(f, "v") || is_flag(f, "json"))
        g->verbose = is_true(value);
    else if (is_flag(f, "count") && value != NULL)
        set_text(&g->count, value);
    else if (is_flag(f, "timeout"))
        g->timed = true;
    else if (is_flag(f, "c"))
        g->compile_only = is_true(value) && (value == NULL || strcasecmp(value, "false") != 0);
    else if (is_flag(f, "n") || (is_flag(f, "list") && value != NULL && value[0] != '\0'))
        g->lists_only = true;
}

static int scan_goflags(struct gotest *g, const char *goflags, struct pg_error *err)
{
    struct words words = {0};
    int rc = words_split_quoted(goflags, &words, err);

    for (size_t i = 0; rc == 0 && i < words.n; i++) {
        struct flag f;

        if (parse_flag(words.item[i], &f))
            note_flag(g, &f, f.value);
    }
    words_free(&words);
    return rc;
}

/* Arguments that go straight to the test binary: only a -test.bench among them is of interest. */
static void hand_on(struct gotest *g, size_t n, char *const *args)
{
    words_add_all(&g->args, args, n);
    words_add_all(&g->plain, args, n);
    for (size_t i = 0; i < n; i++) {
        const char *arg = args[i][0] == '-' && args[i][1] == '-' ? args[i] + 1 : args[i];

        if (strncmp(arg, "-test.bench=", 12) == 0)
            set_text(&g->bench, arg + 12);
        else if (strcmp(arg, "-test.bench") == 0 && i + 1 < n)
            set_text(&g->bench, args[i + 1]);
    }
}

/* Takes the flag at args[i] with its value; returns the number of arguments used. */
static size_t take_flag(struct gotest *g, size_t n, char *const *args, const struct flag *f)
{
    const bool next = kind_of(f) == FLAG_VALUED && f->value == NULL && n > 1;
    const char *value = next ? args[1] : f->value;
    const size_t used = next ? 2 : 1;

    note_flag(g, f, value);
    if ((is_flag(f, "exec") || is_flag(f, "count")) && value != NULL)
        return used;
    if (is_flag(f, "C") && g->args.n == 0) {
        words_add_all(&g->lead, args, used);
        return used;
    }
    words_add_all(&g->args, args, used);
    if (is_flag(f, "bench"))
        g->go_bench = true;
    else
        words_add_all(&g->plain, args, used);
    return used;
}

static void add_package(struct gotest *g, const char *word, size_t count)
{
    words_add(&g->args, word);
    words_add(&g->plain, word);
    if (count > 1 || strstr(word, "...") != NULL)
        g->many = true;
}

int gotest_scan(size_t n, char *const *args, const char *goflags, struct gotest *out,
                struct pg_error *err)
{
    bool in_packages = false, seen_packages = false, after_unknown = false, in_goflags;
    size_t i = 0, packages = 0;

    *out = (struct gotest){0};
    if (goflags != NULL && scan_goflags(out, goflags, err) < 0) {
        gotest_free(out);
        return -PG_E_FORMAT;
    }
    in_goflags = out->bench != NULL;
    while (i < n) {
        const bool may_be_value = after_unknown;
        struct flag f;

        after_unknown = false;
        if (strcmp(args[i], "--") == 0)
            break;
        if (!parse_flag(args[i], &f)) {
            /* A word behind the package list ends go's own flags, unless it may be the value of a
             * flag of the test's (golang/go#40763). */
            if (seen_packages && !in_packages && !may_be_value)
                break;
            if (!seen_packages || in_packages)
                seen_packages = in_packages = true;
            add_package(out, args[i++], ++packages);
            continue;
        }
        in_packages = false;
        if (is_flag(&f, "args") && f.value == NULL)
            break;
        if (kind_of(&f) == FLAG_UNKNOWN) {
            seen_packages = true;
            after_unknown = f.value == NULL;
        }
        i += take_flag(out, n - i, args + i, &f);
    }
    out->go_bench = out->go_bench && !in_goflags;
    hand_on(out, n - i, args + i);
    return 0;
}

void gotest_free(struct gotest *g)
{
    words_free(&g->lead);
    words_free(&g->args);
    words_free(&g->plain);
    free(g->exec);
    free(g->dir);
    free(g->bench);
    free(g->count);
    *g = (struct gotest){0};
}

bool gotest_benchmarks(const struct gotest *g)
{
    return g->bench != NULL && g->bench[0] != '\0' && !g->compile_only && !g->lists_only;
}
