/* Which events are listed, in trees that look like the sysfs and tracefs of some machine, and which
 * of them a model of a kernel opens. */
#include "pmu/catalog.h"
#include "pmu/pfm.h"
#include "pmu/trial.h"
#include "tests/unit/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct tree_file files[] = {
    {TREE_PMU "cpu/type", "4\n"},
    {TREE_PMU "cpu/format/event", "config:0-7\n"},
    {TREE_PMU "cpu/events/slots", "event=0x00\n"},
    {TREE_PMU "uncore_imc/type", "20\n"},
    {TREE_PMU "uncore_imc/cpumask", "0\n"},
    {TREE_PMU "uncore_imc/format/event", "config:0-7\n"},
    {TREE_PMU "uncore_imc/events/cas", "event=0x04\n"},
    {TREE_PMU "uncore_imc/events/cas.scale", "0.5\n"},
    {TREE_PMU "uncore_imc/events/cas.unit", "MiB\n"},
    {TREE_PMU "uncore_imc/events/a_name_that_is_much_longer_than_an_event_list_takes_it_0123456789_"
              "0123456789_0123456789",
     "event=0x05\n"},
    {"tracing/events/enable", "0\n"},
    {"tracing/events/sched/filter", "0\n"},
    {"tracing/events/sched/sched_switch/id", "314\n"},
    {"tracing/events/sched/sched_switch/format",
     "name: sched_switch\nformat:\n"
     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
     "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
     "\tfield:__data_loc char[] next;\toffset:24;\tsize:4;\tsigned:0;\n\n"
     "print fmt: \"prev_comm=%s;\"\n"},
    {"tracing/events/ftrace/function/format", "name: function\n"},
};

static char base[] = "/tmp/perfgo-catalog-XXXXXX";
static char tracefs[64];
static struct resolve_roots roots = {base, tracefs};

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(base));
    snprintf(tracefs, sizeof tracefs, "%s/tracing", base);
    tree_put_all(base, files, COUNT(files));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return tree_remove(base);
}

struct found {
    const char *name;
    bool seen;
    enum catalog_kind kind;
    char alias[64], pmu[64], text[64];
    size_t per_kind[CATALOG_KINDS], unresolved;
};

static void look(void *context, const struct catalog_event *event)
{
    struct found *f = context;

    f->per_kind[event->kind]++;
    if (f->name == NULL || strcmp(event->name, f->name) != 0)
        return;
    f->seen = true;
    f->kind = event->kind;
    snprintf(f->alias, sizeof f->alias, "%s", event->alias ? event->alias : "");
    snprintf(f->pmu, sizeof f->pmu, "%s", event->pmu);
    snprintf(f->text, sizeof f->text, "%s", event->text);
}

static const struct {
    const char *name;
    enum catalog_kind kind;
    const char *alias, *pmu, *text;
} rows[] = {
    {"cycles", CATALOG_HARDWARE, "cpu-cycles", "", "cycles of the core while it is not halted"},
    {"L1-dcache-load-misses", CATALOG_CACHE, "", "", "level 1 data cache: loads that miss"},
    {"dTLB-stores", CATALOG_CACHE, "", "", "data TLB: stores"},
    {"context-switches", CATALOG_SOFTWARE, "cs", "", "context switches"},
    {"cpu/slots/", CATALOG_PMU, "slots", "cpu", "event=0x00"},
    {"uncore_imc/cas/", CATALOG_PMU, "cas", "uncore_imc", "event=0x04 (x 0.5 MiB)"},
    {"sched:sched_switch", CATALOG_TRACEPOINT, "", "sched", "prev_comm, next"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct found f = {.name = rows[i].name};

        assert_int_equal(catalog_each(&roots, look, &f, NULL), 0);
        if (!f.seen || f.kind != rows[i].kind || strcmp(f.alias, rows[i].alias) != 0 ||
            strcmp(f.pmu, rows[i].pmu) != 0 || strcmp(f.text, rows[i].text) != 0)
            fail_msg("%s: %s, kind %d, alias '%s', pmu '%s', text '%s'", rows[i].name,
                     f.seen ? "listed" : "not listed", f.kind, f.alias, f.pmu, f.text);
    }
}

/* Nothing is listed that is no event, and nothing that an event list could not say. */
static void test_numbers(void **state)
{
    struct found f = {0};

    (void)state;
    assert_int_equal(catalog_each(&roots, look, &f, NULL), 0);
    assert_int_equal(f.per_kind[CATALOG_HARDWARE], 10);
    assert_int_equal(f.per_kind[CATALOG_CACHE], 7 * 3 * 2);
    assert_int_equal(f.per_kind[CATALOG_SOFTWARE], 12);
    assert_int_equal(f.per_kind[CATALOG_PMU], 2);
    assert_int_equal(f.per_kind[CATALOG_TRACEPOINT], 1);
}

static void test_no_tracefs(void **state)
{
    const struct resolve_roots none = {base, NULL}, empty = {base, "/nonexistent"};
    struct found f = {0};
    struct pg_error err;

    (void)state;
    assert_int_equal(catalog_each(&none, look, &f, &err), -PG_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "tracefs is not mounted"));
    assert_int_equal(f.per_kind[CATALOG_PMU], 2);
    assert_int_equal(catalog_each(&empty, look, &f, &err), -PG_E_UNSUPPORTED);
}

/* What this machine has resolves by the name under which it is listed. */
static void resolves(void *context, const struct catalog_event *event)
{
    const struct resolve_roots *r = ((void **)context)[0];
    struct resolved out[RESOLVE_MAX];
    struct evspec *spec;
    struct pg_error err;

    if (evspec_parse(event->name, &spec, &err) != 0)
        fail_msg("%s is listed and does not parse: %s", event->name, err.text);
    if (spec->n_terms != 1 || spec->term[0].mods[0] != '\0')
        fail_msg("%s is listed and parses as something else", event->name);
    if (resolve_term(r, spec, &spec->term[0], out, &err) < 1)
        fail_msg("%s is listed and does not resolve: %s", event->name, err.text);
    evspec_free(spec);
    ++*(size_t *)((void **)context)[1];
}

static void test_this_machine(void **state)
{
    static struct pmu_caps caps;
    struct resolve_roots here = {"/sys", NULL};
    size_t n = 0;
    void *context[] = {&here, &n};

    (void)state;
    caps_probe("/proc", "/sys", &caps);
    here.tracefs = caps.tracefs;
    catalog_each(&here, resolves, context, NULL);
    assert_true(n >= 10 + 42 + 12);
}

static const struct {
    const char *pattern;
    bool matches;
} patterns[] = {
    {NULL, true},       {"", true},        {"sched", true},      {"SWITCH", true},
    {"prev_c", true},   {"swap", false},   {"sched:*", true},    {"*switch", true},
    {"switch*", false}, {"s?itch", false}, {"*[st]witch", true}, {"other", true},
    {"oth*", true},
};

static void test_patterns(void **state)
{
    const struct catalog_event event = {CATALOG_TRACEPOINT, "sched:sched_switch", "other", "sched",
                                        "prev_comm"};

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++)
        if (catalog_matches(&event, patterns[i].pattern) != patterns[i].matches)
            fail_msg("pattern '%s'", patterns[i].pattern);
}

/* A kernel that has a PMU, denies kernel mode, and refuses the tracepoint of the tree above. */
struct opened {
    int n;
    uint64_t last; /* attr.config */
};

static int model_open(void *context, const struct perf_event_attr *attr, int group_fd)
{
    struct opened *opened = context;

    if (group_fd != -1)
        return -EINVAL;
    if (attr->type == PERF_TYPE_HW_CACHE)
        return -ENOENT;
    if (!attr->exclude_kernel)
        return -EACCES;
    opened->n++;
    opened->last = attr->config;
    return 7;
}

static void model_close(void *context, int fd)
{
    assert_int_equal(fd, 7);
    ((struct opened *)context)->n--;
}

/* Cycles alone are counted. */
static int model_exercise(void *context, int fd, struct fit_reading *out)
{
    assert_int_equal(fd, 7);
    *out = (struct fit_reading){1000, 1000,
                                ((struct opened *)context)->last == PERF_COUNT_HW_CPU_CYCLES};
    return 0;
}

static const struct {
    const char *event;
    enum trial want;
    const char *reason;
} trials[] = {
    {"cycles", TRIAL_USER, ""},
    {"cycles:u", TRIAL_YES, ""},
    {"cycles:k", TRIAL_NO, "perf_event_paranoid is 2"},
    {"branches", TRIAL_NO, "counts nothing"},
    {"branches:k", TRIAL_NO, "perf_event_paranoid is 2"},
    {"cpu/slots/", TRIAL_USER, ""},
    {"dTLB-loads", TRIAL_NO, "does not have it"},
    {"page-faults", TRIAL_USER, ""},
    {"context-switches", TRIAL_NO, "perf_event_paranoid is 2"},
    {"context-switches:u", TRIAL_NO, "can only read 0"},
    {"sched:sched_switch", TRIAL_NO, "perf_event_paranoid is 2"},
    {"uncore_imc/cas/", TRIAL_NO, "counts a socket or device"},
    {"nosuch/cas/", TRIAL_NO, "has no PMU 'nosuch'"},
    {"no-such-event", TRIAL_NO, "unknown event"},
    {"{", TRIAL_NO, "an event is missing"},
};

static void test_trials(void **state)
{
    static const struct pmu_caps caps = {.paranoid = 2, .kernel_errno = EACCES, .core_pmu = true};
    struct opened opened = {0};
    const struct fit_kernel kernel = {&opened, model_open, model_close, NULL, model_exercise};
    const struct trial_machine machine = {roots, &caps, &kernel};

    (void)state;
    for (size_t i = 0; i < COUNT(trials); i++) {
        char reason[CAPS_TEXT_SIZE];
        enum trial got = trial_open(&machine, trials[i].event, reason);

        if (got != trials[i].want || strstr(reason, trials[i].reason) == NULL ||
            (got != TRIAL_NO && reason[0] != '\0'))
            fail_msg("%s: %d '%s'", trials[i].event, got, reason);
        assert_int_equal(opened.n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_no_tracefs), cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_patterns),   cmocka_unit_test(test_trials),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
