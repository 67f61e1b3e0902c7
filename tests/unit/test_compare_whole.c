/* The verdict of the whole: what makes two sets comparable, and what doubts take a PASS away. */
#include "tests/unit/comparing.h"

/* The verdict of the whole. */
static void wholes(void **state)
{
    static const struct {
        const char *what, *old, *new, *gate;
        enum compare_verdict verdict;
        const char *reasons, *differences;
    } rows[] = {
        {"same", EXACT LINE, EXACT LINE, "x/op<=0", COMPARE_PASS, NULL, NULL},
        {"missing", EXACT LINE OTHER, EXACT LINE, "x/op<=0", COMPARE_INCONCLUSIVE,
         "NEW lacks 1 benchmark", NULL},
        {"missing, ungated", EXACT LINE "BenchmarkC 1 1 other\n", EXACT LINE, "x/op<=0",
         COMPARE_INCONCLUSIVE, "NEW lacks 1 benchmark", NULL},
        {"renamed", EXACT LINE OTHER, EXACT LINE "BenchmarkC 1 100 x/op\n", "x/op<=0",
         COMPARE_INCONCLUSIVE, "NEW lacks 1 benchmark", NULL},
        {"added", EXACT LINE, EXACT LINE OTHER, "x/op<=0", COMPARE_PASS, NULL, NULL},
        {"other procs", EXACT "BenchmarkA-8 1 1 x/op\n", EXACT "BenchmarkA-4 1 1 x/op\n", "x/op<=0",
         COMPARE_INCONCLUSIVE, "NEW lacks", NULL},
        {"other package", EXACT "pkg: a\n" LINE, EXACT "pkg: b\n" LINE, "x/op<=0",
         COMPARE_INCONCLUSIVE, "NEW lacks", NULL},
        {"metric gone", EXACT "BenchmarkA 1 100 x/op 5 y\n" OTHER, EXACT "BenchmarkA 1 5 y\n" OTHER,
         "x/op<=0", COMPARE_INCONCLUSIVE, NULL, NULL},
        {"gate of nothing", EXACT LINE, EXACT LINE, "z/op<=0", COMPARE_INCONCLUSIVE,
         "matches no benchmark", NULL},
        {"no gate", LINE, LINE, NULL, COMPARE_INCONCLUSIVE, "nothing was gated", NULL},
        {"empty", EXACT LINE, "", "x/op<=0", COMPARE_INCONCLUSIVE, "NEW has no benchmark", NULL},
        {"both empty", "", "", "x/op<=0", COMPARE_INCONCLUSIVE, "OLD has no benchmark", NULL},
        {"another cpu", "cpu: X\n" EXACT LINE, "cpu: Y\n" EXACT LINE, "x/op<=0", COMPARE_PASS, NULL,
         "cpu: X in OLD, Y in NEW"},
        {"unknown cpu", "cpu: X\n" EXACT LINE, EXACT LINE, "x/op<=0", COMPARE_PASS, NULL,
         "cpu: X in OLD, not known in NEW"},
        {"two cpus", "cpu: X\ncpu: Y\n" EXACT LINE, "cpu: X\ncpu: Y\n" EXACT LINE, "x/op<=0",
         COMPARE_PASS, NULL, "several on each side"},
        {"no longer exact", EXACT "BenchmarkA 1 100 instructions/op\n",
         "BenchmarkA 1 100 instructions/op\n", NULL, COMPARE_INCONCLUSIVE, NULL, NULL},
        {"fails and lacks", EXACT LINE OTHER, EXACT "BenchmarkA 1 101 x/op\n", "x/op<=0",
         COMPARE_FAIL, "NEW lacks", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared k = {.o.force = false};

        compare(&k, rows[i].old, rows[i].new, rows[i].gate);
        if (k.c.verdict != rows[i].verdict ||
            (rows[i].reasons != NULL &&
             (k.c.reasons.text == NULL || strstr(k.c.reasons.text, rows[i].reasons) == NULL)) ||
            (rows[i].differences == NULL) != (k.c.differences.text == NULL) ||
            (rows[i].differences != NULL &&
             strstr(k.c.differences.text, rows[i].differences) == NULL))
            fail_msg("%s: %s, %s, %s", rows[i].what, compare_verdict_name(k.c.verdict),
                     k.c.reasons.text != NULL ? k.c.reasons.text : "",
                     k.c.differences.text != NULL ? k.c.differences.text : "");
        release(&k);
    }
}

static void times_across_cpus(void **state)
{
    struct strbuf old = {0}, new = {0};

    (void)state;
    strbuf_puts(&old, "cpu: X\n");
    strbuf_puts(&new, "cpu: Y\n");
    repeats(&old, TEN, "ns/op");
    repeats(&new, TEN_UP5, "ns/op");
    for (int force = 0; force < 2; force++) {
        struct compared k = {.o.force = force};

        compare(&k, old.text, new.text, "ns/op<=+1%");
        assert_int_equal(k.c.verdict, force ? COMPARE_FAIL : COMPARE_INCONCLUSIVE);
        release(&k);
    }
    strbuf_free(&old);
    strbuf_free(&new);
}

static void times_by_unit(void **state)
{
    static const char *const times[] = {"ns/op", "sec/op",       "task-ns/op",    "gc-sec/op",
                                        "MB/s",  "cycles/op",    "cpu-cycles/op", "cycles:u/op",
                                        "IPC",   "CPUs-utilized"};
    static const char *const others[] = {"B/op", "allocs/op", "instructions/op", "s", "op", "IPCs"};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (!compare_is_timelike(times[i]))
            fail_msg("%s is a time", times[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (compare_is_timelike(others[i]))
            fail_msg("%s is no time", others[i]);
}

/* Times are comparable where the model is known, one, and the same. */
static void cpu_models(void **state)
{
    static const struct {
        const char *head;
        enum compare_verdict verdict;
    } rows[] = {
        {"cpu: X\n", COMPARE_PASS},
        {"cpu: X\ncpu: X\n", COMPARE_PASS},
        {"cpu: X\ncpu: Y\n", COMPARE_INCONCLUSIVE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared k = {.o.force = false};
        struct strbuf text = {0};

        strbuf_puts(&text, rows[i].head);
        repeats(&text, TEN, "ns/op");
        compare(&k, text.text, text.text, "ns/op<=+5%");
        assert_int_equal(k.c.verdict, rows[i].verdict);
        release(&k);
        strbuf_free(&text);
    }
}

/* Runs: back ends, iterations of 0, coverage, damaged lines and exit codes count against PASS. */
static void runs(void **state)
{
    struct record_metric metric = {
        .name = "instructions", .unit = "instructions/op", .backend = "simulate", .per_op = 1000};
    struct record record = {
        .pkg = "p", .name = "BenchmarkA", .n = 5, .procs = 1, .n_metrics = 1, .metric = &metric};
    struct record *list[] = {&record};
    struct testrun info = {.has_exit_code = true, .cpu = "X", .backend = "simulate"};
    struct compare_options o = {.alpha = 0.05, .confidence = 0.95};

    (void)state;
    for (int fault = 0; fault < 6; fault++) {
        struct run_data data = {.info = &info, .record = list, .n_records = 1};
        struct benchset old = {.results = 0}, new = {.results = 0};
        struct comparison c;

        assert_int_equal(benchset_add_run(&old, &data, NULL), 0);
        info.exit_code = fault == 1 ? 2 : 0;
        data.bad_lines = fault == 2;
        record.n = fault == 3 ? 0 : 5;
        metric.scaled = fault == 4;
        metric.backend = fault == 5 ? "pmu" : "simulate";
        assert_int_equal(benchset_add_run(&new, &data, NULL), 0);
        record.n = 5;
        info.exit_code = 0;
        metric.scaled = false;
        metric.backend = "simulate";
        assert_int_equal(compare_sets(&old, &new, &o, &c, NULL), 0);
        if (c.verdict != (fault == 0 ? COMPARE_PASS : COMPARE_INCONCLUSIVE))
            fail_msg("fault %d: %s", fault, compare_verdict_name(c.verdict));
        compare_free(&c);
        benchset_free(&old);
        benchset_free(&new);
    }
}

/* Equal numbers of different back ends are no evidence, however many there are. */
static void back_ends(void **state)
{
    struct record_metric metric = {.name = "instructions", .unit = "instructions/op", .per_op = 7};
    struct record record = {
        .pkg = "p", .name = "BenchmarkA", .n = 5, .procs = 1, .n_metrics = 1, .metric = &metric};
    struct record *list[] = {&record, &record, &record, &record, &record};
    struct run_data data = {.record = list, .n_records = 5};

    (void)state;
    for (int same = 0; same < 2; same++) {
        struct compared k = {
            .o.alpha = 0.05, .o.confidence = 0.95, .o.n_gates = 1, .o.gate = k.gate};

        assert_int_equal(gate_parse("instructions/op<=+1%", &k.gate[0], NULL), 0);
        metric.backend = "pmu";
        assert_int_equal(benchset_add_run(&k.old, &data, NULL), 0);
        metric.backend = same ? "pmu" : "timer";
        assert_int_equal(benchset_add_run(&k.new, &data, NULL), 0);
        assert_int_equal(compare_sets(&k.old, &k.new, &k.o, &k.c, NULL), 0);
        assert_int_equal(k.c.verdict, same ? COMPARE_PASS : COMPARE_INCONCLUSIVE);
        release(&k);
    }
}

/* Doubts about both sides do not cancel out, and are said in full. */
static void doubts(void **state)
{
    struct compared k = {.o.force = false};

    (void)state;
    k.o.alpha = 0.05;
    k.o.confidence = 0.95;
    assert_int_equal(gate_parse("x/op<=0", &k.gate[0], NULL), 0);
    k.o.gate = k.gate;
    k.o.n_gates = 1;
    fill(&k.old, EXACT LINE);
    fill(&k.new, EXACT LINE);
    k.old.exit_code = k.new.exit_code = 1;
    assert_int_equal(compare_sets(&k.old, &k.new, &k.o, &k.c, NULL), 0);
    assert_int_equal(k.c.verdict, COMPARE_INCONCLUSIVE);
    compare_free(&k.c);
    k.old.exit_code = k.new.exit_code = 0;
    for (size_t n = 0; n < 3; n++) {
        k.new.bad_lines = n;
        assert_int_equal(compare_sets(&k.old, &k.new, &k.o, &k.c, NULL), 0);
        assert_int_equal(k.c.verdict, n == 0 ? COMPARE_PASS : COMPARE_INCONCLUSIVE);
        if (n > 0)
            assert_non_null(strstr(k.c.reasons.text, n == 1 ? "NEW has 1 damaged record\n"
                                                            : "NEW has 2 damaged records\n"));
        compare_free(&k.c);
    }
    benchset_free(&k.old);
    benchset_free(&k.new);
    k = (struct compared){.o.force = false};
    compare(&k, EXACT LINE OTHER "BenchmarkC 1 1 y\n", EXACT LINE, "x/op<=0");
    assert_non_null(strstr(k.c.reasons.text, "NEW lacks 2 benchmarks of OLD\n"));
    release(&k);
    k = (struct compared){.o.force = false};
    compare(&k, EXACT LINE OTHER, EXACT LINE, "x/op<=0");
    assert_non_null(strstr(k.c.reasons.text, "NEW lacks 1 benchmark of OLD\n"));
    release(&k);
    k = (struct compared){.o.force = false};
    compare(&k, EXACT LINE, EXACT "BenchmarkA 1 105 x/op\n", "x/op<=0:advisory");
    assert_int_equal(k.c.n_advisory_fail, 1);
    assert_int_equal(k.c.n_gated, 0);
    assert_non_null(strstr(k.c.reasons.text, "every rule is advisory"));
    release(&k);
    k = (struct compared){.o.force = false};
    compare(&k, LINE, LINE, NULL);
    assert_non_null(strstr(k.c.reasons.text, "without exact instruction counts"));
    release(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wholes),        cmocka_unit_test(times_across_cpus),
        cmocka_unit_test(times_by_unit), cmocka_unit_test(cpu_models),
        cmocka_unit_test(runs),          cmocka_unit_test(back_ends),
        cmocka_unit_test(doubts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
