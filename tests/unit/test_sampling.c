/* What is sampled, and how, on machines that are made up. */
#include "arch/arch.h"
#include "pmu/sampling.h"

#include "pmu/plan_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* A kernel that refuses what it is told to. */
struct model {
    int hardware, software; /* errno of opening these; 0: fine */
    int precise;            /* the highest level that hardware events open with */
    bool kernel_denied, no_lost;
    bool root;
    uint64_t memlock; /* 0: a page or two */
    bool idle;        /* what opens counts nothing */
};

static int model_open(void *context, const struct perf_event_attr *attr, int group)
{
    const struct model *m = context;
    const bool software = attr->type == PERF_TYPE_SOFTWARE;

    (void)group;
    if (software ? m->software : m->hardware)
        return -(software ? m->software : m->hardware);
    if (m->kernel_denied && !attr->exclude_kernel)
        return -EACCES;
    if (attr->precise_ip > m->precise)
        return -EOPNOTSUPP;
    if (m->no_lost && attr->read_format & PERF_FORMAT_LOST)
        return -EINVAL;
    return 3;
}

static void model_close(void *context, int fd)
{
    (void)context;
    (void)fd;
}

static int model_observe(void *context, int leader, uint64_t *enabled, uint64_t *running)
{
    (void)context;
    (void)leader;
    *enabled = *running = 1000;
    return 0;
}

static int model_exercise(void *context, int fd, struct fit_reading *out)
{
    const struct model *m = context;

    (void)fd;
    *out = (struct fit_reading){1000, 1000, m->idle ? 0 : 1};
    return 0;
}

static int make(struct model *m, const struct sampling_request *request, struct pg_sampling *out,
                struct pg_error *err)
{
    const struct fit_kernel kernel = {m, model_open, model_close, model_observe, model_exercise};
    const struct pmu_caps caps = {.software_errno = m->software,
                                  .hardware_errno = m->hardware,
                                  .sample_rate = 20000,
                                  .root = m->root,
                                  .mlock_kb = 16,
                                  .memlock_soft = m->memlock,
                                  .max_stack = 127};
    const struct plan_machine machine = {
        .kernel = &kernel, .roots = {"/nonexistent", NULL}, .caps = &caps};

    err->code = 0;
    return sampling_make(&machine, request, out, err);
}

static void test_ladder(void **state)
{
    static const struct {
        const char *what, *events;
        struct model model;
        enum pg_backend wanted, got;
        int code;
        const char *name; /* NULL: nothing is sampled */
    } rows[] = {
        {"a PMU", NULL, {.precise = 2}, PG_BACKEND_AUTO, PG_BACKEND_PMU, 0, "cycles"},
        {"no PMU",
         NULL,
         {.hardware = ENOENT},
         PG_BACKEND_AUTO,
         PG_BACKEND_SOFTWARE,
         0,
         "cpu-clock"},
        {"nothing",
         NULL,
         {.software = EPERM, .hardware = EPERM},
         PG_BACKEND_AUTO,
         PG_BACKEND_TIMER,
         0,
         "cpu-clock"},
        {"software though there is a PMU",
         NULL,
         {0},
         PG_BACKEND_SOFTWARE,
         PG_BACKEND_SOFTWARE,
         0,
         "cpu-clock"},
        {"timer by name", NULL, {0}, PG_BACKEND_TIMER, PG_BACKEND_TIMER, 0, "cpu-clock"},
        {"pmu by name, none there",
         NULL,
         {.hardware = ENOENT},
         PG_BACKEND_PMU,
         0,
         PG_E_UNSUPPORTED,
         NULL},
        {"software by name, denied",
         NULL,
         {.software = EPERM, .hardware = EPERM},
         PG_BACKEND_SOFTWARE,
         0,
         PG_E_UNSUPPORTED,
         NULL},
        {"an event that cannot be had",
         "cycles",
         {.hardware = ENOENT},
         PG_BACKEND_AUTO,
         0,
         0,
         NULL},
        {"an event that counts nothing",
         "stalled-cycles-frontend",
         {.idle = true},
         PG_BACKEND_AUTO,
         0,
         0,
         NULL},
        {"a clock that a timer stands in for",
         "task-clock",
         {.software = EPERM, .hardware = EPERM},
         PG_BACKEND_AUTO,
         PG_BACKEND_TIMER,
         0,
         "cpu-clock"},
        {"faults that none stands in for",
         "page-faults",
         {.software = EPERM, .hardware = EPERM},
         PG_BACKEND_AUTO,
         0,
         0,
         NULL},
        {"no such event", "no-such-event", {0}, PG_BACKEND_AUTO, 0, PG_E_INVALID, NULL},
        {"too many",
         "cycles,instructions,branches,page-faults,cpu-clock",
         {0},
         PG_BACKEND_AUTO,
         0,
         PG_E_LIMIT,
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sampling_request request = {
            .events = rows[i].events, .backend = rows[i].wanted, .freq = 999};
        struct model model = rows[i].model;
        struct pg_sampling out;
        struct pg_error err;
        int rc = make(&model, &request, &out, &err);

        if (-rc != rows[i].code)
            fail_msg("%s: %d (%s) instead of %d", rows[i].what, rc, err.text, rows[i].code);
        if (rc < 0)
            continue;
        if ((out.n_events > 0) != (rows[i].name != NULL))
            fail_msg("%s: %u events; %s", rows[i].what, out.n_events, out.note);
        if (out.n_events == 0) {
            assert_non_null(strstr(out.note, "not sampled"));
            continue;
        }
        if (strcmp(out.event[0].name, rows[i].name) != 0 || out.backend != rows[i].got)
            fail_msg("%s: %s by %s", rows[i].what, out.event[0].name,
                     pmu_backend_name(out.backend));
    }
}

static void test_rates(void **state)
{
    static const struct {
        const char *events;
        uint64_t freq, period;
        bool is_freq;
        uint64_t got;
    } rows[] = {
        {"cpu-clock", 999, 0, false, 1001001},
        {"cpu-clock", 50000, 0, false, 50000}, /* 20 000 Hz is the most */
        {"cpu-clock", 999, 100, false, 10000}, /* the kernel's timers go no faster */
        {"cpu-clock", 999, 123456789, false, 123456789},
        {"cycles", 999, 0, true, 999},
        {"cycles", 50000, 0, true, 20000},
        {"cycles", 999, 1000003, false, 1000003},
        {"page-faults", 999, 1, false, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sampling_request request = {
            .events = rows[i].events, .freq = rows[i].freq, .period = rows[i].period};
        struct model model = {0};
        struct pg_sampling out;
        struct pg_error err;

        assert_int_equal(make(&model, &request, &out, &err), 0);
        assert_int_equal(out.event[0].attr.freq, rows[i].is_freq);
        if (out.event[0].attr.sample_period != rows[i].got)
            fail_msg("%s at %llu Hz, period %llu: %llu instead of %llu", rows[i].events,
                     (unsigned long long)rows[i].freq, (unsigned long long)rows[i].period,
                     (unsigned long long)out.event[0].attr.sample_period,
                     (unsigned long long)rows[i].got);
        assert_int_equal(strstr(out.note, "20000 Hz") != NULL, rows[i].freq > 20000);
    }
}

static void test_impossible_rates(void **state)
{
    static const uint64_t rates[] = {0, 1000000001};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct sampling_request request = {.freq = rates[i]};
        struct model model = {0};
        struct pg_sampling out;
        struct pg_error err;

        assert_int_equal(make(&model, &request, &out, &err), -PG_E_INVALID);
        assert_non_null(strstr(err.text, "frequency"));
    }
}

/* The highest precise level that opens, unless the user named one; none where none means anything.
 */
static void test_precise(void **state)
{
    static const struct {
        const char *events;
        int most, got;
    } rows[] = {{"cycles", 3, 3}, {"cycles", 1, 1}, {"cycles", 0, 0}, {"cycles:p", 3, 1}};
    const int most = arch_host()->max_precise;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sampling_request request = {.events = rows[i].events, .freq = 999};
        struct model model = {.precise = rows[i].most};
        struct pg_sampling out;
        struct pg_error err;

        assert_int_equal(make(&model, &request, &out, &err), 0);
        assert_int_equal(out.event[0].attr.precise_ip, rows[i].got < most ? rows[i].got : most);
    }
}

/* What the kernel denies, and what it does not know yet. */
static void test_lesser_kernels(void **state)
{
    const struct sampling_request request = {.events = "cpu-clock", .freq = 999};
    struct model model = {.kernel_denied = true, .no_lost = true};
    struct pg_sampling out;
    struct pg_error err;

    (void)state;
    assert_int_equal(make(&model, &request, &out, &err), 0);
    assert_true(out.event[0].attr.exclude_kernel);
    assert_true(out.event[0].attr.exclude_callchain_kernel);
    assert_int_equal(out.event[0].attr.read_format, 0);
    model = (struct model){0};
    assert_int_equal(make(&model, &request, &out, &err), 0);
    assert_false(out.event[0].attr.exclude_kernel);
    assert_int_equal(out.event[0].attr.read_format, PERF_FORMAT_LOST);
}

/* All events of a ring must have samples of one shape. */
static void test_one_shape(void **state)
{
    const struct sampling_request request = {.events = "cycles,cpu-clock,page-faults", .freq = 999};
    struct model model = {0};
    struct pg_sampling out;
    struct pg_error err;

    (void)state;
    assert_int_equal(make(&model, &request, &out, &err), 0);
    assert_int_equal(out.n_events, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct perf_event_attr *attr = &out.event[i].attr;

        assert_int_equal(attr->sample_type, out.event[0].attr.sample_type);
        assert_int_equal(attr->sample_regs_user, out.event[0].attr.sample_regs_user);
        assert_int_equal(attr->sample_stack_user, out.event[0].attr.sample_stack_user);
        assert_true(attr->sample_id_all);
        assert_int_equal(out.event[i].clock, i == 1);
    }
}

/* An ordinary user's threads share what may be locked. */
static void test_rings(void **state)
{
    static const struct {
        bool root;
        uint64_t memlock;
        const char *events;
        uint32_t most, least;
    } rows[] = {
        {true, 0, "cpu-clock", 32, 32},
        {false, UINT64_MAX, "cpu-clock", 32, 32},
        {false, UINT64_MAX, "page-faults", 256, 256},
        {false, 0, "cpu-clock", 16, 1},
        {false, 0, "page-faults", 16, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sampling_request request = {.events = rows[i].events, .freq = 999};
        struct model model = {.root = rows[i].root, .memlock = rows[i].memlock};
        struct pg_sampling out;
        struct pg_error err;

        assert_int_equal(make(&model, &request, &out, &err), 0);
        assert_in_range(out.ring_pages, rows[i].least, rows[i].most);
        assert_int_equal(out.ring_pages & (out.ring_pages - 1), 0);
    }
}

/* CPU timers: what native code is unwound by is in their samples too, and their rings are nobody's
 * locked memory. */
static void test_timer(void **state)
{
    (void)state;
    for (int native = 0; native < 2; native++) {
        const struct sampling_request request = {
            .freq = 999, .backend = PG_BACKEND_TIMER, .native = native};
        struct model model = {.memlock = 0};
        struct pg_sampling out;
        struct pg_error err;

        assert_int_equal(make(&model, &request, &out, &err), 0);
        assert_int_equal(out.native, native);
        assert_int_equal(out.event[0].attr.sample_stack_user, native ? 16384 : 64);
        assert_int_equal(out.ring_pages, native ? 256 : 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder),         cmocka_unit_test(test_rates),
        cmocka_unit_test(test_precise),        cmocka_unit_test(test_impossible_rates),
        cmocka_unit_test(test_lesser_kernels), cmocka_unit_test(test_one_shape),
        cmocka_unit_test(test_rings),          cmocka_unit_test(test_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
