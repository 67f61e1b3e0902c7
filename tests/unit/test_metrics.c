#include "bench/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

struct input {
    const char *name;
    double value, coverage;
    bool exclude_kernel;
};

/* A record of n = 10 and 1000 ns with these counters; the caller frees it. */
static struct record *make(const struct input *in, size_t n)
{
    const struct record_head head = {
        .pkg = "p", .name = "BenchmarkX", .n = 10, .duration_ns = 1000};
    struct record *r;

    assert_int_equal(record_new(&head, &r, NULL), 0);
    r->metric = arena_array(&r->arena, n, sizeof *r->metric);
    for (size_t i = 0; i < n; i++)
        r->metric[r->n_metrics++] = (struct record_metric){
            .name = in[i].name,
            .unit = "x/op",
            .backend = "pmu",
            .value = in[i].value,
            .coverage = in[i].coverage,
            .per_op = in[i].value / in[i].coverage / 10,
            .enabled_ns = 100,
            .running_ns = (uint64_t)(100 * in[i].coverage),
            .scaled = in[i].coverage < 1,
            .exclude_kernel = in[i].exclude_kernel,
        };
    assert_int_equal(metrics_derive(r, NULL), 0);
    return r;
}

static void derived(void **state)
{
    static const struct {
        struct input in[5];
        const char *name; /* NULL: nothing may be derived */
        double value, coverage;
    } rows[] = {
        {{{"instructions", 300, 1, 0}, {"cycles", 100, 1, 0}}, "IPC", 3, 1},
        {{{"instructions", 300, 1, 0}, {"cpu-cycles", 100, 1, 0}}, "IPC", 3, 1},
        {{{"instructions:u", 300, 1, 1}, {"cycles:u", 100, 1, 1}}, "IPC", 3, 1},
        {{{"instructions", 300, 0.5, 0}, {"cycles", 100, 0.25, 0}}, "IPC", 1.5, 0.25},
        {{{"instructions:u", 300, 1, 1}, {"cycles", 100, 1, 0}}, NULL, 0, 0},
        {{{"instructions", 300, 1, 1}, {"cycles", 100, 1, 0}}, NULL, 0, 0},
        {{{"instructions", 300, 1, 0}, {"cycles", 0, 1, 0}}, NULL, 0, 0},
        {{{"instructions", 300, 1, 0}}, NULL, 0, 0},
        {{{"cycles", 300, 1, 0}}, NULL, 0, 0},
        {{{"instructions-x", 300, 1, 0}, {"cycles", 100, 1, 0}}, NULL, 0, 0},
        {{{"cache-misses", 3, 1, 0}, {"instructions", 2000, 1, 0}}, "cache-MPKI", 1.5, 1},
        {{{"branch-misses", 3, 1, 0}, {"instructions", 2000, 1, 0}}, "branch-MPKI", 1.5, 1},
        {{{"task-clock", 1500, 1, 0}}, "CPUs-utilized", 1.5, 1},
        {{{"task-clock:u", 1500, 1, 0}}, "CPUs-utilized", 1.5, 1},
        {{{"L1-dcache-load-misses", 5, 1, 0}, {"instructions", 500, 1, 0}}, "L1-MPKI", 10, 1},
        {{{"LLC-load-misses", 5, 1, 0}, {"instructions", 500, 1, 0}}, "LLC-MPKI", 10, 1},
        {{{"dTLB-load-misses", 5, 1, 0}, {"instructions", 500, 1, 0}}, "dTLB-MPKI", 10, 1},
        /* 350 cycles in 100 ns of CPU time; only of the same modes */
        {{{"cycles", 350, 1, 0}, {"task-clock", 100, 1, 0}}, "GHz", 3.5, 1},
        {{{"cycles", 350, 0.5, 0}, {"task-clock", 100, 1, 0}}, "GHz", 7, 0.5},
        /* the second pair matches */
        {{{"instructions:u", 8, 1, 1}, {"instructions:k", 6, 1, 0}, {"cycles:k", 3, 1, 0}},
         "IPC",
         2,
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = 0;
        struct record *r;
        const struct record_metric *m;

        while (n < 5 && rows[i].in[n].name != NULL)
            n++;
        r = make(rows[i].in, n);
        if (rows[i].name == NULL) {
            if (r->n_metrics != n)
                fail_msg("row %zu derives %s", i, r->metric[n].name);
        } else {
            m = record_metric(r, rows[i].name);
            if (m == NULL)
                fail_msg("row %zu lacks %s", i, rows[i].name);
            /* task-clock also tells how many CPUs were busy */
            assert_int_equal(r->n_metrics, n + 1 + (strcmp(rows[i].name, "GHz") == 0));
            assert_true(fabs(m->value - rows[i].value) < 1e-9 && m->per_op == m->value);
            assert_true(m->coverage == rows[i].coverage && m->scaled == (rows[i].coverage < 1));
            assert_true(m->derived);
            assert_string_equal(m->unit, rows[i].name);
        }
        record_free(r);
    }
}

/* Level 1 of top-down analysis, with values computed by hand. */
static void topdown(void **state)
{
    static const struct input ice_lake[] = {
        {"slots", 1000, 1, 0},           {"topdown-retiring", 500, 1, 0},
        {"topdown-bad-spec", 50, 1, 0},  {"topdown-fe-bound", 200, 1, 0},
        {"topdown-be-bound", 250, 1, 0},
    };
    /* 4 slots in each of 250 cycles */
    static const struct input skylake[] = {
        {"topdown-total-slots", 1000, 1, 0},    {"topdown-slots-issued", 620, 1, 0},
        {"topdown-slots-retired", 600, 0.5, 0}, {"topdown-fetch-bubbles", 100, 1, 0},
        {"topdown-recovery-bubbles", 30, 1, 0},
    };
    static const struct {
        const struct input *in;
        size_t n;
        const char *name;
        double value, coverage;
    } rows[] = {
        {ice_lake, 5, "retiring-%", 50, 1},
        {ice_lake, 5, "bad-speculation-%", 5, 1},
        {ice_lake, 5, "frontend-bound-%", 20, 1},
        {ice_lake, 5, "backend-bound-%", 25, 1},
        {ice_lake, 4, "retiring-%", -1, 0},
        /* half of the time counted: 1200 retired is the estimate */
        {skylake, 5, "retiring-%", 120, 0.5},
        {skylake, 5, "bad-speculation-%", -55, 0.5},
        {skylake, 5, "frontend-bound-%", 10, 1},
        {skylake, 5, "backend-bound-%", 25, 1},
        {skylake, 4, "backend-bound-%", -1, 0},
        {skylake, 4, "frontend-bound-%", 10, 1},
        {skylake, 2, "retiring-%", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record *r = make(rows[i].in, rows[i].n);
        const struct record_metric *m = record_metric(r, rows[i].name);

        if ((m != NULL) != (rows[i].coverage > 0))
            fail_msg("row %zu: %s is %s", i, rows[i].name, m ? "there" : "absent");
        if (m != NULL && (fabs(m->value - rows[i].value) > 1e-9 ||
                          m->coverage != rows[i].coverage || m->scaled != (m->coverage < 1)))
            fail_msg("row %zu: %s = %g, coverage %g", i, rows[i].name, m->value, m->coverage);
        record_free(r);
    }
}

/* Each row of the table says what it is and where that comes from. */
static void table(void **state)
{
    struct metrics_derived m;
    size_t n = 0;

    (void)state;
    for (; metrics_derived_at(n, &m); n++)
        assert_true(m.name[0] && m.formula[0] && m.source[0]);
    assert_true(n >= 10);
    assert_true(metrics_derived_at(0, &m));
    assert_string_equal(m.name, "IPC");
    assert_string_equal(m.formula, "instructions / cycles");
}

static void deriving_twice_adds_nothing(void **state)
{
    static const struct input in[] = {{"instructions", 300, 1, 0}, {"cycles", 100, 1, 0}};
    struct record *r = make(in, 2);

    (void)state;
    assert_int_equal(metrics_derive(r, NULL), 0);
    assert_int_equal(r->n_metrics, 3);
    record_free(r);
}

static void unit_metadata(void **state)
{
    static const struct {
        const char *unit, *backend, *want;
    } rows[] = {
        {"ns/op", NULL, "Unit ns/op better=lower\n"},
        {"instructions/op", "pmu", "Unit instructions/op better=lower\n"},
        {"instructions/op", "simulate", "Unit instructions/op better=lower assume=exact\n"},
        {"ns/op", "simulate", "Unit ns/op better=lower\n"},
        {"task-ns/op", "simulate", "Unit task-ns/op better=lower\n"},
        {"IPC", "pmu", "Unit IPC better=higher\n"},
        {"MB/s", NULL, "Unit MB/s better=higher\n"},
        {"CPUs-utilized", "software", ""},
        {"GHz", "pmu", ""},
        {"retiring-%", "pmu", ""},
        {"widgets", NULL, ""},
        {"branch-MPKI", "pmu", "Unit branch-MPKI better=lower\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf out = {0};

        strbuf_puts(&out, "");
        metrics_unit_line(rows[i].unit, rows[i].backend, &out);
        assert_string_equal(out.text, rows[i].want);
        strbuf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived),       cmocka_unit_test(topdown),
        cmocka_unit_test(table),         cmocka_unit_test(deriving_twice_adds_nothing),
        cmocka_unit_test(unit_metadata),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
