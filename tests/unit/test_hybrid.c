/* Two kinds of cores: the split is kept, the sum is raw, and only what multiplexing took is
 * guessed.
 */
#include "bench/record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct pg_plan plan_of(void)
{
    static const char *const names[] = {"cpu_atom/cycles/", "cpu_atom/instructions/",
                                        "cpu_core/cycles/", "cpu_core/instructions/"};
    struct pg_plan plan = {.n_groups = 2, .n_events = 4, .n_counters = 4};

    for (uint8_t i = 0; i < 4; i++) {
        plan.group[i / 2].n_events++;
        plan.event[i].group = i / 2;
        snprintf(plan.counter[i].name, PG_NAME_SIZE, "%s", names[i]);
        snprintf(plan.counter[i].unit, PG_NAME_SIZE, "%sop", names[i]);
        snprintf(plan.counter[i].whole, PG_NAME_SIZE, "%s", i % 2 ? "instructions" : "cycles");
        plan.counter[i].backend = PG_BACKEND_PMU;
        plan.counter[i].event = i;
        plan.counter[i].scale = 1;
    }
    plan.group[1].first_event = 2;
    return plan;
}

static const struct {
    int line;
    uint64_t atom, core;                 /* instructions */
    uint64_t atom_ns, core_ns, total_ns; /* running, running, enabled */
    double sum, per_op, coverage;        /* sum < 0: absent */
    bool scaled;
} rows[] = {
    {__LINE__, 300, 700, 400, 600, 1000, 1000, 100, 1, false},
    {__LINE__, 0, 700, 0, 1000, 1000, 700, 70, 1, false}, /* never on an atom */
    {__LINE__, 300, 0, 1000, 0, 1000, 300, 30, 1, false},
    {__LINE__, 300, 700, 200, 300, 1000, 1000, 200, 0.5, true}, /* others had the counters */
    {__LINE__, 300, 700, 40000, 59950, 100000, 1000, 100, 0.9995, false}, /* switching */
    {__LINE__, 0, 0, 0, 0, 1000, -1, 0, 0, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct record_head head = {.pkg = "p", .name = "BenchmarkX", .n = 10, .windows = 1};
        const struct pg_plan plan = plan_of();
        const struct pg_counts counts = {
            .value = {rows[i].atom * 2, rows[i].atom, rows[i].core * 2, rows[i].core},
            .enabled_ns = {rows[i].total_ns, rows[i].total_ns},
            .running_ns = {rows[i].atom_ns, rows[i].core_ns},
        };
        const struct record_metric *sum, *core, *ipc;
        struct record *r;

        assert_int_equal(record_new(&head, &r, NULL), 0);
        assert_int_equal(record_add_counts(r, &plan, &counts, NULL), 0);
        sum = record_metric(r, "instructions");
        core = record_metric(r, "cpu_core/instructions/");
        ipc = record_metric(r, "IPC");
        if (rows[i].sum < 0) {
            if (sum != NULL || ipc != NULL)
                fail_msg("line %d: a sum of nothing", rows[i].line);
        } else {
            if (sum == NULL || fabs(sum->value - rows[i].sum) > 1e-9 ||
                fabs(sum->per_op - rows[i].per_op) > 1e-9 ||
                fabs(sum->coverage - rows[i].coverage) > 1e-9 || sum->scaled != rows[i].scaled)
                fail_msg("line %d: %s", rows[i].line, sum == NULL ? "absent" : "wrong");
            assert_string_equal(sum->unit, "instructions/op");
            if (ipc == NULL || fabs(ipc->value - 0.5) > 1e-9)
                fail_msg("line %d: IPC", rows[i].line);
        }
        /* the split, as it was counted */
        if (rows[i].core_ns > 0 &&
            (core == NULL || fabs(core->per_op - (double)rows[i].core / 10) > 1e-9 || core->scaled))
            fail_msg("line %d: the part of the cores", rows[i].line);
        record_free(r);
    }
}

/* A part that was asked for by itself is not a sum. */
static void test_one_part(void **state)
{
    const struct record_head head = {.pkg = "p", .name = "BenchmarkX", .n = 10, .windows = 1};
    struct pg_plan plan = plan_of();
    const struct pg_counts counts = {.value = {1, 2}, .enabled_ns = {10, 0}, .running_ns = {10, 0}};
    struct record *r;

    (void)state;
    plan.n_counters = 2;
    assert_int_equal(record_new(&head, &r, NULL), 0);
    assert_int_equal(record_add_counts(r, &plan, &counts, NULL), 0);
    assert_null(record_metric(r, "instructions"));
    assert_non_null(record_metric(r, "cpu_atom/instructions/"));
    record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_one_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
