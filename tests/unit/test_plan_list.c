/* Plans for exactly the events of a list, or why not; on a model kernel. */
#include "pmu/plan_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct model {
    bool pmu;   /* there is one */
    int denies; /* errno of every open; 0: none */
};

static int model_open(void *context, const struct perf_event_attr *attr, int group_fd)
{
    const struct model *model = context;

    (void)group_fd;
    if (model->denies != 0)
        return -model->denies;
    return attr->type != PERF_TYPE_SOFTWARE && !model->pmu ? -ENOENT : 3;
}

static void model_close(void *context, int fd)
{
    (void)context;
    (void)fd;
}

static int model_observe(void *context, int leader, uint64_t *enabled_ns, uint64_t *running_ns)
{
    (void)context;
    (void)leader;
    *enabled_ns = *running_ns = 1000;
    return 0;
}

static int model_exercise(void *context, int fd, struct fit_reading *out)
{
    (void)context;
    (void)fd;
    *out = (struct fit_reading){1000, 1000, 1};
    return 0;
}

static int model_selftest(struct selftest_counts *out, struct pg_error *err)
{
    (void)err;
    *out = (struct selftest_counts){1000000, 1000018, 1000000, 9, 9, true};
    return 0;
}

static int make(struct model model, const char *events, bool partial, struct pg_plan *plan,
                struct pmu_cause *cause, struct pg_error *err)
{
    const struct fit_kernel kernel = {&model, model_open, model_close, model_observe,
                                      model_exercise};
    const struct pmu_caps caps = {.nofile_soft = 1024,
                                  .nofile_hard = 4096,
                                  .paranoid = 1,
                                  .core_pmu = model.pmu,
                                  .virtual_machine = !model.pmu,
                                  .software_errno = model.denies,
                                  .kernel_errno = model.denies,
                                  .hardware_errno = model.denies ? model.denies
                                                    : model.pmu  ? 0
                                                                 : ENOENT};
    const struct plan_machine machine = {&kernel, {"/nonexistent", NULL}, &caps, model_selftest};

    return plan_make_list(&machine, events, partial, plan, cause, err);
}

/* "cycles task-clock", and of what stands in for perf "(page-faults)". */
static void render(const struct pg_plan *plan, char *out, size_t size)
{
    *out = '\0';
    for (unsigned i = 0; i < plan->n_counters; i++)
        planner_append(out, size, plan->counter[i].source == PG_SOURCE_PERF ? "%s%s" : "%s(%s)",
                       i > 0 ? " " : "", plan->counter[i].name);
}

#define NO_PMU                         \
    {                                  \
        PG_E_UNSUPPORTED, ENOENT, true \
    }

static const struct {
    struct model model;
    const char *events;
    bool partial;
    int rc;
    const char *plan; /* NULL: rc < 0 */
    const char *says; /* part of the note or the error; NULL: the note is empty */
    struct pmu_cause cause;
} rows[] = {
    {{true, 0}, "cycles,task-clock", false, 0, "cycles task-clock", NULL, {0}},
    {{false, 0}, "task-clock", false, 0, "task-clock", NULL, {0}},
    {{false, 0}, "task-clock,cycles", false, -PG_E_UNSUPPORTED, NULL, "count cycles (", NO_PMU},
    {{false, 0}, "task-clock,cycles", true, 0, "task-clock", "not counted: cycles (", NO_PMU},
    {{false, 0}, "branches,cycles", true, -PG_E_UNSUPPORTED, NULL, "branches, cycles (", NO_PMU},
    {{true, EACCES},
     "cycles",
     false,
     -PG_E_PERMISSION,
     NULL,
     "count cycles (",
     {PG_E_PERMISSION, EACCES, true}},
    {{true, EACCES}, "task-clock,page-faults", false, 0, "(task-clock) (page-faults)", NULL, {0}},
    {{true, EACCES},
     "cpu-migrations",
     false,
     -PG_E_PERMISSION,
     NULL,
     "count cpu-migrations (",
     {PG_E_PERMISSION, EACCES, false}},
    {{true, EMFILE},
     "cycles",
     false,
     -PG_E_LIMIT,
     NULL,
     "count cycles (",
     {PG_E_LIMIT, EMFILE, true}},
    {{true, 0}, "{task-clock", false, -PG_E_INVALID, NULL, "}", {0}},
};

static void test_lists(void **state)
{
    struct pg_plan plan;
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pg_error err = {0};
        struct pmu_cause cause;
        int rc;

        memset(&plan, 0, sizeof plan);
        rc = make(rows[i].model, rows[i].events, rows[i].partial, &plan, &cause, &err);
        print_message("%s: %s\n", rows[i].events, rc < 0 ? err.text : plan.note);
        assert_int_equal(rc, rows[i].rc);
        assert_int_equal(cause.code, rows[i].cause.code);
        assert_int_equal(cause.number, rows[i].cause.number);
        assert_int_equal(cause.hardware, rows[i].cause.hardware);
        if (rows[i].plan != NULL) {
            render(&plan, text, sizeof text);
            assert_string_equal(text, rows[i].plan);
        }
        if (rows[i].says == NULL)
            assert_string_equal(plan.note, "");
        else
            assert_non_null(strstr(rc < 0 ? err.text : plan.note, rows[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
