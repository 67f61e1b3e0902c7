/* The planner: on models of PMUs, under real denials, and with real counts. */
#include "pmu/plan_priv.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A PMU: what opens, and what then gets on the hardware. */
struct model {
    bool pmu;            /* there is one */
    unsigned lacks;      /* bit n: PERF_COUNT_HW n is not there */
    int accepts, counts; /* events of a group that open / that run */
    int max_precise;
    bool contended; /* hardware groups run half of the time */
    bool user_only; /* kernel mode is denied */
    int denies;     /* errno of every open; 0: none */
    bool sick;      /* fails the self-test */
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

static int model_selftest(struct selftest_counts *out, struct pg_error *err)
{
    (void)err;
    *out = (struct selftest_counts){1000000, model.sick ? 395 : 1000018, 1000000, 9, 9, true};
    return 0;
}

static int make(const char *events, enum pg_backend backend, struct pg_plan *plan,
                struct pg_error *err)
{
    const struct fit_kernel kernel = {NULL, model_open, model_close, model_observe};
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

/* "[a b] [c] clock:d rusage:e" */
static void render(const struct pg_plan *plan, char *out, size_t size)
{
    *out = '\0';
    for (unsigned g = 0; g < plan->n_groups; g++) {
        const struct pg_group *group = &plan->group[g];
        for (unsigned e = group->first_event; e < group->first_event + group->n_events; e++) {
            const char *name = "?";
            assert_int_equal(plan->event[e].group, g);
            for (unsigned c = 0; c < plan->n_counters; c++)
                if (plan->counter[c].source == PG_SOURCE_PERF && plan->counter[c].event == e)
                    name = plan->counter[c].name;
            planner_append(out, size, "%s%s", e == group->first_event ? "[" : " ", name);
        }
        planner_append(out, size, "] ");
    }
    for (unsigned c = 0; c < plan->n_counters; c++)
        if (plan->counter[c].source != PG_SOURCE_PERF)
            planner_append(out, size, "%s:%s ",
                           plan->counter[c].source == PG_SOURCE_RUSAGE ? "rusage" : "clock",
                           plan->counter[c].name);
    if (*out != '\0')
        out[strlen(out) - 1] = '\0';
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
    assert_int_equal(plan.event[0].attr.precise_ip, 2);
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
    char dir[] = "/tmp/perfgo-plan-XXXXXX", command[512], text[512];
    struct pg_error err = {0};
    struct pg_plan plan;
    int rc[2];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(
        command, sizeof command,
        "cd %s && mkdir -p bus/event_source/devices/cpu_core bus/event_source/devices/cpu_atom "
        "&& cd bus/event_source/devices && echo 4 >cpu_core/type && echo 0-7 >cpu_core/cpus && "
        "echo 10 >cpu_atom/type && echo 8-15 >cpu_atom/cpus",
        dir);
    assert_int_equal(system(command), 0);
    sysfs = dir;
    model = (struct model){GOOD};
    rc[0] = make("{cycles,instructions},faults", PG_BACKEND_AUTO, &plan, &err);
    render(&plan, text, sizeof text);
    model = (struct model){GOOD};
    rc[1] = make("cycles,instructions", PG_BACKEND_AUTO, &plan, &err);
    sysfs = "/nonexistent";
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
    assert_true(rc[0] == 0 && rc[1] == 0);
    assert_string_equal(text, "[cpu_atom/cycles/ cpu_atom/instructions/] [cpu_core/cycles/ "
                              "cpu_core/instructions/] [page-faults]");
    assert_int_equal(plan.n_groups, 2);
    assert_string_equal(plan.counter[0].unit, "cpu_atom/cycles/op");
}

/* --- denials on the real kernel, each in a child of its own --- */

static int deny(int number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int few_descriptors(int soft)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)soft;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int become_nobody(int uid)
{
    return setuid((uid_t)uid);
}

static const struct {
    const char *what;
    int (*prepare)(int);
    int argument;
    const char *plan, *says;
    bool named_fails; /* the back end software, asked for by name, is refused */
    bool needs_root;
} denials[] = {
#define TIMER "clock:task-clock rusage:page-faults rusage:context-switches"
    {"EPERM", deny, EPERM, TIMER, "a seccomp filter (container) denies perf_event_open: Operation",
     true, false},
    {"EACCES", deny, EACCES, TIMER, "a seccomp filter (container) denies perf_event_open: Perm",
     true, false},
    {"ENOSYS", deny, ENOSYS, TIMER, "a seccomp filter (container) denies perf_event_open: Func",
     true, false},
    {"soft limit 64", few_descriptors, 64, TIMER,
     "the soft limit of 64 file descriptors is too low for 4 per thread; cure: ulimit -n 1024",
     true, false},
    {"paranoid 2, not root", become_nobody, 65534,
     "[task-clock page-faults] rusage:context-switches",
     "in user mode only: kernel.perf_event_paranoid is 2", false, true},
};

static int denied_child(size_t i)
{
    struct pg_error err = {0};
    struct pg_plan plan;
    char text[512];
    int rc;

    if (denials[i].prepare(denials[i].argument) != 0)
        return print_error("%s: cannot be prepared: %s\n", denials[i].what, strerror(errno)), 1;
    if ((rc = pmu_plan(NULL, PG_BACKEND_AUTO, &plan, &err)) != 0)
        return print_error("%s: %s\n", denials[i].what, err.text), 1;
    render(&plan, text, sizeof text);
    if (strcmp(text, denials[i].plan) != 0 || strstr(plan.note, denials[i].says) == NULL)
        return print_error("%s: %s '%s'\n", denials[i].what, text, plan.note), 1;
    rc = pmu_plan(NULL, PG_BACKEND_SOFTWARE, &plan, &err);
    if ((rc != 0) != denials[i].named_fails)
        return print_error("%s: software by name: %d\n", denials[i].what, rc), 1;
    return 0;
}

static int in_child(int (*function)(size_t), size_t argument)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(function(argument));
    waitpid(pid, &status, 0);
    return status;
}

static void test_denials(void **state)
{
    int64_t paranoid = 0;

    (void)state;
    sysfs_read_number("/proc/sys/kernel/perf_event_paranoid", &paranoid);
    for (size_t i = 0; i < COUNT(denials); i++) {
        if (denials[i].needs_root && (geteuid() != 0 || paranoid != 2)) {
            print_message("%s: skipped: needs root and perf_event_paranoid 2, which is %lld\n",
                          denials[i].what, (long long)paranoid);
            continue;
        }
        assert_int_equal(in_child(denied_child, i), 0);
    }
}

/* --- real counts --- */

struct opened {
    struct pg_plan plan;
    int leader;
    uint64_t before[3 + PG_MAX_GROUP_EVENTS], after[3 + PG_MAX_GROUP_EVENTS];
};

static bool open_plan(struct opened *o, const char *events)
{
    int fd;

    if (pmu_plan(events, PG_BACKEND_AUTO, &o->plan, NULL) != 0 || o->plan.n_groups != 1)
        return false;
    o->leader = -1;
    for (unsigned i = 0; i < o->plan.n_events; i++) {
        fd = (int)syscall(SYS_perf_event_open, &o->plan.event[i].attr, 0, -1, o->leader,
                          PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
            return false;
        if (o->leader < 0)
            o->leader = fd;
    }
    return true;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Spins in user or kernel mode for 20 ms of CPU; the task-clock must have seen the same. */
static int spin_child(size_t uid)
{
    struct opened o;
    uint64_t start, used, seen;

    if (uid != 0 && setuid((uid_t)uid) != 0)
        return 2;
    if (!open_plan(&o, "task-clock"))
        return 3;
    start = cpu_ns();
    if (read(o.leader, o.before, sizeof o.before) <= 0)
        return 4;
    while ((used = cpu_ns() - start) < 20000000)
        for (int i = 0; uid != 0 && i < 1000; i++)
            syscall(SYS_getppid); /* mostly kernel mode */
    if (read(o.leader, o.after, sizeof o.after) <= 0)
        return 4;
    seen = o.after[3] - o.before[3];
    if (seen < used * 98 / 100 || seen > used * 102 / 100 + 200000)
        return print_error("task-clock %llu of %llu ns\n", (unsigned long long)seen,
                           (unsigned long long)used),
               5;
    return 0;
}

static void test_task_clock(void **state)
{
    (void)state;
    assert_int_equal(in_child(spin_child, 0), 0);
    if (geteuid() == 0)
        assert_int_equal(in_child(spin_child, 65534), 0);
    else
        print_message("task-clock as another user: skipped: needs root\n");
}

__attribute__((no_sanitize("address", "undefined"))) static void touch(volatile char *p, size_t n,
                                                                       size_t step)
{
    for (size_t i = 0; i < n; i++)
        p[i * step] = 1;
}

static void test_page_faults(void **state)
{
    enum { PAGES = 173 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct opened o = {.leader = -1};
    char *p;

    (void)state;
    assert_true(open_plan(&o, "page-faults,minor-faults,major-faults"));
    p = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    madvise(p, (PAGES + 1) * page, MADV_NOHUGEPAGE);
    touch(p, 1, page); /* the code of touch() and read() is there now */
    assert_true(read(o.leader, o.after, sizeof o.after) > 0);
    assert_true(read(o.leader, o.before, sizeof o.before) > 0);
    touch(p + page, PAGES, page);
    assert_true(read(o.leader, o.after, sizeof o.after) > 0);
    assert_int_equal(o.after[3] - o.before[3], PAGES);
    assert_int_equal(o.after[4] - o.before[4], PAGES);
    assert_int_equal(o.after[5] - o.before[5], 0);
    munmap(p, (PAGES + 1) * page);
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
        cmocka_unit_test(test_models),      cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_many),        cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_denials),     cmocka_unit_test(test_task_clock),
        cmocka_unit_test(test_page_faults), cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
