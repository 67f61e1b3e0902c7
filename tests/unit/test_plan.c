/* The planner, on models of PMUs. */
#include "arch/arch.h"
#include "pmu/plan_priv.h"
#include "tests/unit/plan_text.h"
#include "tests/unit/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A PMU: what opens, and what then gets on the hardware. */
struct model {
    bool pmu;            /* there is one */
    unsigned lacks;      /* bit n: PERF_COUNT_HW n is not there */
    unsigned busy;       /* bit n: PERF_COUNT_HW n has one counter, and somebody has it */
    int accepts, counts; /* events of a group that open / that run */
    int max_precise;
    bool contended; /* hardware groups run half of the time */
    bool user_only; /* kernel mode is denied */
    int denies;     /* errno of every open; 0: none */
    bool sick;      /* fails the self-test */
    unsigned idle;  /* bit n: PERF_COUNT_HW n opens and counts nothing */
    bool idle_rest; /* nor does anything else that is no PERF_COUNT_HW */
    int open_now, n;
    struct {
        struct perf_event_attr attr;
        int leader;
        bool open;
    } fd[4096];
};

static struct model model;
static const char *sysfs = "/nonexistent";

static int hardware_in_group(int leader)
{
    int n = 0;

    for (int i = 0; i < model.n; i++)
        n += model.fd[i].open && model.fd[i].leader == leader &&
             model.fd[i].attr.type != PERF_TYPE_SOFTWARE;
    return n;
}

static int model_open(void *context, const struct perf_event_attr *attr, int group_fd)
{
    bool hardware = attr->type != PERF_TYPE_SOFTWARE;
    int fd = model.n;

    (void)context;
    assert_true((size_t)fd < COUNT(model.fd));
    if (model.denies)
        return -model.denies;
    if (hardware && (!model.pmu || (attr->type == PERF_TYPE_HARDWARE &&
                                    (model.lacks >> (attr->config & 31) & 1) != 0)))
        return -ENOENT;
    if (attr->type == PERF_TYPE_HARDWARE && (model.busy >> (attr->config & 31) & 1) != 0)
        return -EBUSY;
    if (model.user_only && !attr->exclude_kernel)
        return -EACCES;
    if (attr->precise_ip > model.max_precise)
        return -EOPNOTSUPP;
    if (group_fd >= 0 && hardware && attr->config >> 32 != model.fd[group_fd].attr.config >> 32 &&
        model.fd[group_fd].attr.type == PERF_TYPE_HARDWARE)
        return -EINVAL; /* another PMU of a hybrid machine */
    if (group_fd >= 0 && hardware && hardware_in_group(group_fd) >= model.accepts)
        return -EINVAL;
    model.fd[fd].attr = *attr;
    model.fd[fd].leader = group_fd < 0 ? fd : group_fd;
    model.fd[fd].open = true;
    model.open_now++;
    model.n++;
    return fd;
}

static void model_close(void *context, int fd)
{
    (void)context;
    assert_true(model.fd[fd].open);
    model.fd[fd].open = false;
    model.open_now--;
}

static int model_observe(void *context, int leader, uint64_t *enabled, uint64_t *running)
{
    int n = hardware_in_group(leader);

    (void)context;
    *enabled = 1000;
    *running = n > model.counts ? 0 : n > 0 && model.contended ? 500 : 1000;
    return 0;
}

static int model_exercise(void *context, int fd, struct fit_reading *out)
{
    const struct perf_event_attr *attr = &model.fd[fd].attr;
    const bool idle =
        attr->type == PERF_TYPE_HARDWARE ? model.idle >> (attr->config & 31) & 1 : model.idle_rest;

    (void)context;
    assert_true(model.fd[fd].open);
    *out = (struct fit_reading){1000, model.contended ? 500 : 1000,
                                idle || attr->exclude_user || attr->exclude_host ? 0 : 1};
    return model.counts == 0 ? -ENOSPC : 0;
}

static int model_selftest(struct selftest_counts *out, struct pg_error *err)
{
    (void)err;
    *out = (struct selftest_counts){1000000, model.sick ? 395 : 1000018, 1000000, 9, 9, true};
    return 0;
}

static int make(const char *events, enum pg_backend backend, struct pg_plan *plan,
                struct pg_error *err)
{
    const struct fit_kernel kernel = {NULL, model_open, model_close, model_observe, model_exercise};
    struct pmu_caps caps = {.nofile_soft = 1024,
                            .nofile_hard = 4096,
                            .paranoid = model.user_only ? 2 : 1,
                            .root = false,
                            .core_pmu = model.pmu,
                            .virtual_machine = !model.pmu,
                            .software_errno = model.denies,
                            .kernel_errno = model.denies      ? model.denies
                                            : model.user_only ? EACCES
                                                              : 0,
                            .hardware_errno = model.denies ? model.denies
                                              : model.pmu  ? 0
                                                           : ENOENT};
    const struct plan_machine machine = {&kernel, {sysfs, NULL}, &caps, model_selftest};
    int rc = plan_make(&machine, events, backend, plan, err);

    assert_int_equal(model.open_now, 0);
    return rc;
}

#define GOOD .pmu = true, .accepts = 6, .counts = 6
#define SOFT "[task-clock page-faults context-switches cpu-migrations]"

static const struct {
    const char *what;
    struct model model;
    const char *events;
    enum pg_backend backend;
    int rc;
    enum pg_backend used;
    const char *plan; /* rendered; NULL: rc < 0 */
    const char *says; /* part of the note or the error; NULL: the note is empty */
} rows[] = {
    {"one group holds all",
     {GOOD},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses cache-misses task-clock page-faults context-switches]",
     NULL},
    {"the same by name",
     {GOOD},
     NULL,
     PG_BACKEND_PMU,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses cache-misses task-clock page-faults context-switches]",
     NULL},
    {"the kernel accepts three in a group",
     {.pmu = true, .accepts = 3, .counts = 3},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses] [cache-misses] "
     "[task-clock page-faults context-switches]",
     NULL},
    {"it accepts seven and runs three",
     {.pmu = true, .accepts = 7, .counts = 3},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions] [branch-misses cache-misses] "
     "[task-clock page-faults context-switches]",
     NULL},
    {"it runs one",
     {.pmu = true, .accepts = 7, .counts = 1},
     "cycles,instructions,branches",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles] [instructions] [branches]",
     NULL},
    {"it runs none",
     {.pmu = true, .accepts = 7, .counts = 0},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     SOFT,
     "never on the hardware"},
    {"waiting for others",
     {GOOD, .contended = true},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses cache-misses] "
     "[task-clock page-faults context-switches]",
     NULL},
    {"an event is missing",
     {GOOD, .lacks = 1u << PERF_COUNT_HW_CACHE_MISSES},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses task-clock page-faults context-switches]",
     "not counted: cache-misses (this CPU's PMU does not have it)"},
    {"two are missing",
     {GOOD, .lacks = 0x28},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions task-clock page-faults context-switches]",
     "not counted: branch-misses, cache-misses (this CPU's PMU does not have it)"},
    {"an event's counter is taken",
     {GOOD, .busy = 1u << PERF_COUNT_HW_CACHE_MISSES},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses task-clock page-faults context-switches]",
     "not counted: cache-misses (its counter is in use by others)"},
    {"an event counts nothing",
     {GOOD, .idle = 1u << PERF_COUNT_HW_CACHE_MISSES},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses task-clock page-faults context-switches]",
     "not counted: cache-misses (it opens here but counts nothing, whatever the CPU does)"},
    {"two count nothing, one of them in a group",
     {GOOD, .idle = 3u << PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
     "{cycles,stalled-cycles-backend},instructions,stalled-cycles-frontend:u",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles] [instructions]",
     "not counted: stalled-cycles-backend, stalled-cycles-frontend:u (it opens here but"},
    {"nothing asked for counts",
     {GOOD, .idle = 1u << PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
     "stalled-cycles-frontend",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     SOFT,
     "none of the events asked for can be counted: stalled-cycles-frontend (it opens here but "},
    {"a zero while it waits for others proves nothing",
     {GOOD, .contended = true, .idle = 1u << PERF_COUNT_HW_BRANCH_MISSES},
     "cycles,branch-misses",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles branch-misses]",
     NULL},
    {"what is done in user mode is not seen in the kernel or in a guest",
     {GOOD},
     "cycles,branch-misses:k,branch-misses:G",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles branch-misses:k branch-misses:G]",
     NULL},
    {"what counts nothing counts nothing there either",
     {GOOD, .idle = 1u << PERF_COUNT_HW_BRANCH_MISSES},
     "cycles,branch-misses:k,branch-misses:G",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles]",
     "not counted: branch-misses:k, branch-misses:G (it opens here but"},
    {"cache events of which a zero may be true",
     {GOOD, .idle_rest = true},
     "cycles,r1b,LLC-load-misses,dTLB-load-misses,node-loads,L1-dcache-prefetches,iTLB-load-misses",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles r1b LLC-load-misses dTLB-load-misses node-loads L1-dcache-prefetches] "
     "[iTLB-load-misses]",
     NULL},
    {"cache events of which it cannot",
     {GOOD, .idle_rest = true},
     "cycles,L1-dcache-loads,L1-dcache-load-misses,L1-dcache-stores,branch-loads,"
     "branch-load-misses,L1-icache-loads",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles]",
     "not counted: L1-dcache-loads, L1-dcache-load-misses, L1-dcache-stores, branch-loads, "
     "branch-load-misses, L1-icache-loads (it opens here but counts nothing"},
    {"it lies",
     {GOOD, .sick = true},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     SOFT,
     "failed its self-test: it counted 395 instructions in a loop of 1000000"},
    {"it lies, by name",
     {GOOD, .sick = true},
     NULL,
     PG_BACKEND_PMU,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "the back end 'pmu' cannot be used: the PMU failed its self-test"},
    {"no PMU",
     {0},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     SOFT,
     "this virtual machine has no PMU"},
    {"no PMU, by name",
     {0},
     NULL,
     PG_BACKEND_PMU,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "the back end 'pmu' cannot be used: this virtual machine has no PMU"},
    {"pmu without a hardware event",
     {GOOD},
     "faults",
     PG_BACKEND_PMU,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "the event list has nothing for it"},
    {"software only, PMU there",
     {GOOD},
     "cs,faults",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     "[context-switches page-faults]",
     NULL},
    {"software by name takes no hardware event",
     {GOOD},
     "cycles,faults",
     PG_BACKEND_SOFTWARE,
     0,
     PG_BACKEND_SOFTWARE,
     "[page-faults]",
     "not counted: cycles (it needs the pmu back end)"},
    {"duplicates",
     {GOOD},
     "cs,context-switches,cs:k,cycles,cpu-cycles",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles context-switches context-switches:k]",
     NULL},
    {"braces",
     {GOOD},
     "{cycles,instructions},{branches,faults},cs",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions] [branches page-faults] [context-switches]",
     NULL},
    {"braces too large",
     {.pmu = true, .accepts = 2, .counts = 2},
     "{cycles,instructions,branches}",
     PG_BACKEND_AUTO,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "the group {cycles,instructions,branches} cannot be counted at the same time"},
    {"braces that never run",
     {.pmu = true, .accepts = 7, .counts = 2},
     "{cycles,instructions,branches}",
     PG_BACKEND_AUTO,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "cannot be counted at the same time"},
    {"weak braces",
     {.pmu = true, .accepts = 2, .counts = 2},
     "{cycles,instructions,branches}:W",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles:W instructions:W] [branches:W]",
     NULL},
    {"braces with a missing one",
     {GOOD, .lacks = 2},
     "{cycles,instructions}",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles]",
     "not counted: instructions"},
    {"user mode only",
     {GOOD, .user_only = true},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[cycles instructions branch-misses cache-misses task-clock page-faults] "
     "rusage:context-switches",
     "in user mode only: kernel.perf_event_paranoid is 2 (cure: "},
    {"user mode only, kernel events",
     {.user_only = true},
     "migrations,cs,cs:k,cs:u,faults:u",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_SOFTWARE,
     "[page-faults:u] rusage:context-switches",
     "not counted: cpu-migrations, context-switches:k (it happens in the kernel and "
     "kernel.perf_event_paranoid is 2; cure: sudo sysctl kernel.perf_event_paranoid=1), "
     "context-switches:u (it happens in the kernel, so in user mode it can only read 0)"},
    {"all denied",
     {.denies = EPERM},
     NULL,
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_TIMER,
     "clock:task-clock rusage:page-faults rusage:context-switches",
     "counting with thread clocks and getrusage: perf_event_open is denied"},
    {"all denied, a list",
     {.denies = EPERM},
     "cs,faults:u",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_TIMER,
     "rusage:context-switches",
     "not counted: page-faults:u"},
    {"all denied, nothing left of a list",
     {.denies = EPERM},
     "cycles",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_TIMER,
     "clock:task-clock rusage:page-faults rusage:context-switches",
     "none of the events asked for can be counted: cycles (perf_event_open is denied"},
    {"software by name, denied",
     {.denies = EPERM},
     NULL,
     PG_BACKEND_SOFTWARE,
     -PG_E_UNSUPPORTED,
     0,
     NULL,
     "the back end 'software' cannot be used: perf_event_open is denied"},
    {"timer by name",
     {GOOD},
     NULL,
     PG_BACKEND_TIMER,
     0,
     PG_BACKEND_TIMER,
     "clock:task-clock rusage:page-faults rusage:context-switches",
     NULL},
    {"timer by name with a list",
     {GOOD},
     "cycles,cs",
     PG_BACKEND_TIMER,
     0,
     PG_BACKEND_TIMER,
     "rusage:context-switches",
     "not counted: cycles (the timer back end cannot count it)"},
    {"simulate", {GOOD}, NULL, PG_BACKEND_SIMULATE, -PG_E_UNSUPPORTED, 0, NULL, "Valgrind"},
    {"wrong list",
     {GOOD},
     "cycles,instrctions",
     PG_BACKEND_AUTO,
     -PG_E_INVALID,
     0,
     NULL,
     "did you mean 'instructions'?"},
    {"raw and cache events share the group",
     {GOOD},
     "r1,LLC-loads,cycles",
     PG_BACKEND_AUTO,
     0,
     PG_BACKEND_PMU,
     "[r1 LLC-loads cycles]",
     NULL},
};

static void test_models(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pg_error err = {0};
        struct pg_plan plan;
        char text[1024];
        int rc;

        model = rows[i].model;
        rc = make(rows[i].events, rows[i].backend, &plan, &err);
        if (rc != rows[i].rc)
            fail_msg("%s: %d %s", rows[i].what, rc, err.text);
        if (rc != 0) {
            if (strstr(err.text, rows[i].says) == NULL)
                fail_msg("%s: %s", rows[i].what, err.text);
            continue;
        }
        render(&plan, text, sizeof text);
        if (strcmp(text, rows[i].plan) != 0 || plan.backend != (uint8_t)rows[i].used)
            fail_msg("%s: %s: %s (%s)", rows[i].what, pmu_backend_name(plan.backend), text,
                     plan.note);
        if (rows[i].says ? strstr(plan.note, rows[i].says) == NULL : plan.note[0] != '\0')
            fail_msg("%s: note '%s'", rows[i].what, plan.note);
    }
}

static void test_attributes(void **state)
{
    struct pg_plan plan;

    (void)state;
    model = (struct model){GOOD, .max_precise = 2};
    assert_int_equal(
        make("cycles:P,instructions:u,task-clock,cpu-clock:u", PG_BACKEND_AUTO, &plan, NULL), 0);
    assert_int_equal(plan.event[0].attr.precise_ip, arch_host()->max_precise < 2 ? 0 : 2);
    for (unsigned i = 0; i < plan.n_events; i++) {
        assert_int_equal(plan.event[i].attr.disabled, 0);
        assert_int_equal(plan.event[i].attr.inherit, 0);
        assert_int_equal(plan.event[i].attr.read_format, PERF_FORMAT_GROUP |
                                                             PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                             PERF_FORMAT_TOTAL_TIME_RUNNING);
    }
    assert_string_equal(plan.counter[0].unit, "cycles:P/op");
    assert_string_equal(plan.counter[1].unit, "instructions:u/op");
    assert_true(plan.counter[1].exclude_kernel);
    assert_string_equal(plan.counter[2].unit, "task-ns/op");
    assert_string_equal(plan.counter[3].unit, "cpu-ns:u/op");
    assert_true(plan.counter[0].scale == 1);
    /* the clock runs in kernel mode too, whatever exclude_kernel says */
    assert_false(plan.counter[3].exclude_kernel);
}

/* A list as long as a plan, and longer. */
static void test_many(void **state)
{
    char list[2048] = "r1";
    struct pg_error err = {0};
    struct pg_plan plan;

    (void)state;
    for (int i = 2; i <= PG_MAX_COUNTERS; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), ",r%x", (unsigned)i);
    model = (struct model){GOOD};
    assert_int_equal(make(list, PG_BACKEND_AUTO, &plan, &err), 0);
    assert_int_equal(plan.n_counters, PG_MAX_COUNTERS);
    assert_int_equal(plan.n_groups, 8);
    /* one group per event: more groups than a plan holds */
    model = (struct model){.pmu = true, .accepts = 1, .counts = 1};
    assert_int_equal(make(list, PG_BACKEND_AUTO, &plan, &err), 0);
    assert_int_equal(plan.n_groups, PG_MAX_GROUPS);
    assert_int_equal(plan.n_counters, PG_MAX_GROUPS);
    assert_non_null(strstr(plan.note, "it would need more than 16 groups"));
    strcat(list, ",r99");
    model = (struct model){GOOD};
    assert_int_equal(make(list, PG_BACKEND_AUTO, &plan, &err), -PG_E_LIMIT);
}

/* Two kinds of cores: an event on each, groups and braces for each. */
static void test_hybrid(void **state)
{
    static const struct tree_file cores[] = {
        {TREE_PMU "cpu_core/type", "4\n"},
        {TREE_PMU "cpu_core/cpus", "0-7\n"},
        {TREE_PMU "cpu_atom/type", "10\n"},
        {TREE_PMU "cpu_atom/cpus", "8-15\n"},
    };
    char dir[] = "/tmp/perfgo-plan-XXXXXX", text[512];
    struct pg_error err = {0};
    struct pg_plan plan;
    int rc[2];

    (void)state;
    assert_non_null(mkdtemp(dir));
    tree_put_all(dir, cores, COUNT(cores));
    sysfs = dir;
    model = (struct model){GOOD};
    rc[0] = make("{cycles,instructions},faults", PG_BACKEND_AUTO, &plan, &err);
    render(&plan, text, sizeof text);
    model = (struct model){GOOD};
    rc[1] = make("cycles,instructions", PG_BACKEND_AUTO, &plan, &err);
    sysfs = "/nonexistent";
    assert_int_equal(tree_remove(dir), 0);
    assert_true(rc[0] == 0 && rc[1] == 0);
    assert_string_equal(text, "[cpu_atom/cycles/ cpu_atom/instructions/] [cpu_core/cycles/ "
                              "cpu_core/instructions/] [page-faults]");
    assert_int_equal(plan.n_groups, 2);
    assert_string_equal(plan.counter[0].unit, "cpu_atom/cycles/op");
    assert_string_equal(plan.counter[0].whole, "cycles");
    assert_string_equal(plan.counter[3].whole, "instructions");
}

static void test_names(void **state)
{
    static const char *const names[] = {"auto", "pmu", "software", "timer", "simulate"};
    enum pg_backend backend;

    (void)state;
    for (unsigned i = 0; i < COUNT(names); i++) {
        assert_true(pmu_backend_by_name(names[i], &backend));
        assert_int_equal(backend, i);
        assert_string_equal(pmu_backend_name(backend), names[i]);
    }
    assert_false(pmu_backend_by_name("PMU", &backend));
    assert_string_equal(pmu_backend_name((enum pg_backend)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_many),   cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
