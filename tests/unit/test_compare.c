/* Verdicts of rows, from text in Go's benchmark format: each row of the table breaks one rule. */
#include "tests/unit/comparing.h"

#define TEXT_(x)     #x
#define TEXT(x)      TEXT_(x)
#define NEAR_OLD     1
#define NEAR_NEW     1.01
#define NEAR_PERCENT 1

#define BURST  "99 130 131 132 133 134 135 136 137 138"
#define SLOWED "101 70 71 72 73 74 75 76 77 78"

static void verdicts(void **state)
{
    static const struct {
        const char *what, *head, *unit, *old, *new, *gate;
        enum compare_verdict verdict;
        enum compare_change change;
        const char *reason; /* in the reason of the row */
    } rows[] = {
        {"same", "", "ns/op", TEN, TEN, "ns/op<=+5%", COMPARE_PASS, CHANGE_NONE, ""},
        {"worse", "", "ns/op", TEN, TEN_UP5, "ns/op<=+1%", COMPARE_FAIL, CHANGE_WORSE, "beyond"},
        {"better", "", "ns/op", TEN_UP5, TEN, "ns/op<=+1%", COMPARE_PASS, CHANGE_BETTER, ""},
        {"at the limit", "", "ns/op", TEN, TEN_UP5, "ns/op<=+5%", COMPARE_INCONCLUSIVE,
         CHANGE_WORSE, "reaches over"},
        {"within", "", "ns/op", TEN, TEN_UP5, "ns/op<=+20%", COMPARE_PASS, CHANGE_WORSE, ""},
        {"absolute", "", "ns/op", TEN, TEN_UP5, "ns/op<=20", COMPARE_PASS, CHANGE_WORSE, ""},
        {"absolute, over", "", "ns/op", TEN, TEN_UP5, "ns/op<=2", COMPARE_FAIL, CHANGE_WORSE,
         "beyond"},
        {"rate fell", "", "MB/s", TEN_UP5, TEN, "MB/s>=-1%", COMPARE_FAIL, CHANGE_WORSE, "beyond"},
        {"rate rose", "", "MB/s", TEN, TEN_UP5, "MB/s>=-1%", COMPARE_PASS, CHANGE_BETTER, ""},
        {"a burst of noise", "", "ns/op", TEN, BURST, "ns/op<=+5%", COMPARE_INCONCLUSIVE,
         CHANGE_WORSE, "quickest"},
        {"a burst, absolute", "", "ns/op", TEN, BURST, "ns/op<=5", COMPARE_INCONCLUSIVE,
         CHANGE_WORSE, "quickest"},
        {"a burst, rate", "", "MB/s", TEN, SLOWED, "MB/s>=-5%", COMPARE_INCONCLUSIVE, CHANGE_WORSE,
         "quickest"},
        {"not a time", "", "B/op", TEN, BURST, "B/op<=+5%", COMPARE_FAIL, CHANGE_WORSE, "beyond"},
        {"advisory", "", "ns/op", TEN, TEN_UP5, "ns/op<=+1%:advisory", COMPARE_FAIL, CHANGE_WORSE,
         "beyond"},
        {"too few", "", "ns/op", "1 2 3", "2 3 4", "ns/op<=+1%", COMPARE_INCONCLUSIVE,
         CHANGE_UNKNOWN, "at least 4 on each side"},
        {"too few, equal", "", "allocs/op", "1", "1", "allocs/op<=0", COMPARE_INCONCLUSIVE,
         CHANGE_NONE, "at least 4"},
        {"constant", "", "allocs/op", "1 1 1 1", "1 1 1 1", "allocs/op<=0", COMPARE_PASS,
         CHANGE_NONE, ""},
        {"one more", "", "allocs/op", "1 1 1 1", "2 2 2 2", "allocs/op<=0", COMPARE_FAIL,
         CHANGE_WORSE, "beyond"},
        {"from none", "", "allocs/op", "0 0 0 0", "2 2 2 2", "allocs/op<=+50%", COMPARE_FAIL,
         CHANGE_WORSE, "beyond"},
        {"none", "", "allocs/op", "0 0 0 0", "0 0 0 0", "allocs/op<=+5%", COMPARE_PASS, CHANGE_NONE,
         ""},
        {"exact, same", EXACT, "x/op", "1000", "1000", "x/op<=0", COMPARE_PASS, CHANGE_NONE, ""},
        {"exact, +0.1 %", EXACT, "x/op", "1000", "1001", "x/op<=0", COMPARE_FAIL, CHANGE_WORSE,
         "beyond"},
        {"exact, within", EXACT, "x/op", "1000", "1010", "x/op<=+1%", COMPARE_PASS, CHANGE_WORSE,
         ""},
        {"exact, over", EXACT, "x/op", "1000", "1011", "x/op<=+1%", COMPARE_FAIL, CHANGE_WORSE,
         "beyond"},
        {"exact, differing within", EXACT, "x/op", "1000 1001", "1002 1001", "x/op<=+1%",
         COMPARE_PASS, CHANGE_NONE, ""},
        {"exact, differing over", EXACT, "x/op", "1000 1020", "1015 1015", "x/op<=+1%",
         COMPARE_INCONCLUSIVE, CHANGE_NONE, "should repeat exactly"},
        {"default", EXACT, "instructions/op", "1000", "1011", NULL, COMPARE_FAIL, CHANGE_WORSE,
         "beyond"},
        {"default, within", EXACT, "instructions/op", "1000", "1009", NULL, COMPARE_PASS,
         CHANGE_WORSE, ""},
        {"zero", "", "ns/op", "0 0 0 0", "0 0 0 0", "ns/op<=+5%", COMPARE_INCONCLUSIVE, CHANGE_NONE,
         "zero"},
        {"became zero", EXACT, "instructions/op", "1000", "0", NULL, COMPARE_INCONCLUSIVE,
         CHANGE_BETTER, "zero"},
        {"negative", "", "ns/op", "1 1 1 1", "-1 -1 -1 -1", "ns/op<=+5%", COMPARE_INCONCLUSIVE,
         CHANGE_BETTER, "zero or negative"},
        {"a tenth", EXACT, "instructions/op", "1000", "99", NULL, COMPARE_INCONCLUSIVE,
         CHANGE_BETTER, "fell to a tenth"},
        {"a fifth", EXACT, "instructions/op", "1000", "200", NULL, COMPARE_PASS, CHANGE_BETTER, ""},
        {"NaN", "", "ns/op", TEN, "NaN 1 1 1 1", "ns/op<=+5%", COMPARE_INCONCLUSIVE, CHANGE_BETTER,
         "NaN"},
        {"only NaN", "", "ns/op", TEN, "NaN", "ns/op<=+5%", COMPARE_INCONCLUSIVE, CHANGE_UNKNOWN,
         "no usable value"},
        {"infinite", "", "ns/op", "+Inf 1 1 1 1", TEN, "ns/op<=+5%", COMPARE_INCONCLUSIVE,
         CHANGE_WORSE, "infinite"},
        {"nobody knows", "", "widgets", TEN, TEN_UP5, "widgets<=+1%", COMPARE_FAIL,
         CHANGE_DIFFERENT, "beyond"},
        {"partial", "", "cycles/op", "5 50 cycles-coverage-%", "5 50 cycles-coverage-%",
         "cycles/op<=+1%", COMPARE_INCONCLUSIVE, CHANGE_NONE, "part of the time"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared k = {.o.force = false};
        struct strbuf old = {0}, new = {0};
        const struct compare_row *row;
        const bool partial = strcmp(rows[i].what, "partial") == 0;

        strbuf_puts(&old, rows[i].head);
        strbuf_puts(&new, rows[i].head);
        if (partial) {
            strbuf_puts(&old, "BenchmarkA 1 5 cycles/op 50 cycles-coverage-%\n");
            strbuf_puts(&new, "BenchmarkA 1 5 cycles/op 50 cycles-coverage-%\n");
        } else {
            repeats(&old, rows[i].old, rows[i].unit);
            repeats(&new, rows[i].new, rows[i].unit);
        }
        compare(&k, old.text, new.text, rows[i].gate);
        row = &k.c.row[0];
        if (k.c.n_rows != 1 || row->verdict != rows[i].verdict || row->change != rows[i].change ||
            strstr(row->reason, rows[i].reason) == NULL ||
            (rows[i].reason[0] == '\0') != (row->reason[0] == '\0'))
            fail_msg("%s: %s, %s, '%s'", rows[i].what, compare_verdict_name(row->verdict),
                     compare_change_name(row->change), row->reason);
        if (row->gate->advisory)
            assert_int_equal(k.c.verdict, COMPARE_INCONCLUSIVE); /* nothing gated */
        else
            assert_int_equal(k.c.verdict, row->verdict);
        release(&k);
        strbuf_free(&old);
        strbuf_free(&new);
    }
}

static void drops_can_be_allowed(void **state)
{
    struct compared k = {.o.allow_drop = true};

    (void)state;
    compare(&k, EXACT "BenchmarkA 1 1000 instructions/op\n",
            EXACT "BenchmarkA 1 10 instructions/op\n", NULL);
    assert_int_equal(k.c.verdict, COMPARE_PASS);
    release(&k);
}

static void last_gate_counts(void **state)
{
    struct compared k = {.o.force = false};

    (void)state;
    assert_int_equal(gate_parse("x/op<=0", &k.gate[k.o.n_gates++], NULL), 0);
    compare(&k, EXACT LINE, EXACT "BenchmarkA 1 105 x/op\n", "A x/op<=+10%");
    assert_int_equal(k.c.verdict, COMPARE_PASS);
    assert_string_equal(k.c.row[0].gate->text, "A x/op<=+10%");
    release(&k);
}

/* One real difference among many: with too few samples for so many tests it is said how many. */
static void many_tests(void **state)
{
    struct strbuf old = {0}, new = {0};
    struct compared k = {.o.force = false};

    (void)state;
    for (int b = 0; b < 30; b++)
        for (int i = 0; i < 4; i++) {
            strbuf_printf(&old, "Benchmark%d 1 %d ns/op\n", b, 100 + i);
            strbuf_printf(&new, "Benchmark%d 1 %d ns/op\n", b, b == 7 ? 200 + i : 103 - i + b % 2);
        }
    compare(&k, old.text, new.text, "7 ns/op<=+5%");
    assert_true(k.c.row[7].p < 0.05 && k.c.row[7].q > 0.05);
    assert_int_equal(k.c.row[7].verdict, COMPARE_INCONCLUSIVE);
    assert_non_null(strstr(k.c.row[7].reason, "at least 7 on each side"));
    release(&k);
    strbuf_free(&old);
    strbuf_free(&new);
}

/* Values in turns: what moved both sides of a turn is no noise. Only where there are as many usable
 * values on both sides. */
static void turns(void **state)
{
    static const char drift[] = "100 108 104 130 116 120 112 140 125 135";
    static const char drift_up5[] = "105 113 109 135 121 125 117 145 130 140";
    static const struct {
        const char *new;
        int sides; /* with turns: 1 OLD, 2 NEW, 3 both */
        bool paired;
        enum compare_verdict verdict;
    } rows[] = {
        {drift_up5, 3, true, COMPARE_FAIL},
        {drift_up5, 0, false, COMPARE_INCONCLUSIVE},
        {drift_up5, 1, false, COMPARE_INCONCLUSIVE},
        {drift_up5, 2, false, COMPARE_INCONCLUSIVE},
        {"105 113 109 135 121 125 117 145 130", 3, false, COMPARE_INCONCLUSIVE},
        {"105 113 109 135 121 125 117 145 130 140 NaN", 3, false, COMPARE_INCONCLUSIVE},
    };
    struct gate gate;
    struct compare_options o = {.gate = &gate, .n_gates = 1, .alpha = 0.5, .confidence = 0.95};

    (void)state;
    assert_int_equal(gate_parse("x/op<=2", &gate, NULL), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            struct benchset old = {.results = 0}, new = {.results = 0};
            struct strbuf a = {0}, b = {0};
            struct comparison c;

            repeats(&a, drift, "x/op");
            repeats(&b, rows[i].new, "x/op");
            assert_int_equal(benchset_add_text(&old, a.text, a.size, NULL), 0);
            assert_int_equal(benchset_add_text(&new, b.text, b.size, NULL), 0);
            if (rows[i].sides & 1)
                assert_int_equal(benchset_keep_turns(&old, NULL), 0);
            if (rows[i].sides & 2)
                assert_int_equal(benchset_keep_turns(&new, NULL), 0);
            benchset_sort(&old);
            benchset_sort(&new);
            assert_int_equal(
                compare_sets(swapped ? &new : &old, swapped ? &old : &new, &o, &c, NULL), 0);
            assert_int_equal(c.row[0].paired, rows[i].paired);
            if (!swapped && c.row[0].verdict != rows[i].verdict)
                fail_msg("row %zu: %s, %s", i, compare_verdict_name(c.row[0].verdict),
                         c.row[0].reason);
            if (rows[i].paired) /* every turn has the same difference */
                assert_true(c.row[0].absolute_ci.low == (swapped ? -5 : 5) &&
                            c.row[0].absolute_ci.high == (swapped ? -5 : 5));
            compare_free(&c);
            benchset_free(&old);
            benchset_free(&new);
            strbuf_free(&a);
            strbuf_free(&b);
        }
}

/* OLD once more: nothing fails for less than what it differs by, and what it lacks has no noise. */
static void noise_floor(void **state)
{
    static const struct {
        const char *control, *gate;
        double relative, absolute; /* NAN: none */
        enum compare_verdict verdict;
    } rows[] = {
        {"BenchmarkA 1 1000 x/op\n", "x/op<=0", 0, 0, COMPARE_FAIL},
        {"BenchmarkA 1 1009 x/op\n", "x/op<=0", 0.009, 9, COMPARE_FAIL},
        {"BenchmarkA 1 990 x/op\n", "x/op<=0", 0.01, 10, COMPARE_INCONCLUSIVE},
        {"BenchmarkA 1 1009 x/op\n", "x/op<=0%", 0.009, 9, COMPARE_FAIL},
        {"BenchmarkA 1 990 x/op\n", "x/op<=0%", 0.01, 10, COMPARE_INCONCLUSIVE},
        {"BenchmarkA 1 500 x/op\n", "x/op<=+5%", 0.5, 500, COMPARE_PASS},
        {"BenchmarkB 1 500 x/op\n", "x/op<=0", NAN, NAN, COMPARE_FAIL},
        {"BenchmarkA 1 500 y/op\n", "x/op<=0", NAN, NAN, COMPARE_FAIL},
        {"BenchmarkA 1 NaN x/op\n", "x/op<=0", NAN, NAN, COMPARE_FAIL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct benchset control;
        struct compared k = {.o.control = &control};
        const struct compare_row *row;

        fill(&control, rows[i].control);
        compare(&k, EXACT "BenchmarkA 1 1000 x/op\n", EXACT "BenchmarkA 1 1010 x/op 5 new\n",
                rows[i].gate);
        row = &k.c.row[0];
        if (row->verdict != rows[i].verdict ||
            isnan(row->relative_noise) != isnan(rows[i].relative))
            fail_msg("row %zu: %s, noise %g", i, compare_verdict_name(row->verdict),
                     row->relative_noise);
        if (!isnan(rows[i].relative)) {
            assert_true(fabs(row->relative_noise - rows[i].relative) < 1e-12);
            assert_true(fabs(row->absolute_noise - rows[i].absolute) < 1e-12);
        }
        assert_true(isnan(k.c.row[1].relative_noise)); /* OLD does not have it */
        release(&k);
        benchset_free(&control);
    }
}

/* A control that is there says nothing of values that OLD cannot give. */
static void noise_without_old(void **state)
{
    struct benchset control;
    struct compared k = {.o.control = &control};

    (void)state;
    fill(&control, "BenchmarkA 1 5 x/op\n");
    compare(&k, "BenchmarkA 1 NaN x/op\n", "BenchmarkA 1 5 x/op\n", "x/op<=0");
    assert_int_equal(k.c.row[0].verdict, COMPARE_INCONCLUSIVE);
    assert_true(isnan(k.c.row[0].relative_noise));
    release(&k);
    benchset_free(&control);
}

/* Rows that only one side has, with a rule that speaks of them and without; ungated rows say what
 * is wrong with their numbers, too. */
static void one_sided(void **state)
{
    static const struct {
        const char *old, *new, *gate;
        enum compare_verdict verdict; /* of the row */
        const char *reason;
    } rows[] = {
        {"BenchmarkA 1 5 y\n", "BenchmarkA 1 7 z\n", "y<=0", COMPARE_INCONCLUSIVE,
         "NEW does not have this metric"},
        {"BenchmarkA 1 5 y\n", "BenchmarkA 1 7 z\n", "q<=0", COMPARE_NONE, ""},
        {"BenchmarkA 1 5 z 5 y\n", "BenchmarkA 1 5 z 7 y\n", "z<=0", COMPARE_INCONCLUSIVE,
         "1 and 1 samples"},
        {"BenchmarkA 1 NaN y\n", "BenchmarkA 1 7 y\n", "z<=0", COMPARE_NONE, ""},
        {"BenchmarkA 1 NaN y 1 x\nBenchmarkA 1 5 y\n", "BenchmarkA 1 7 y\n", "z<=0", COMPARE_NONE,
         "some values are NaN"},
        {"BenchmarkA 1 5 y\n", "BenchmarkA 1 7 y\n", "z<=0", COMPARE_NONE, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared k = {.o.force = false};

        compare(&k, rows[i].old, rows[i].new, rows[i].gate);
        if (k.c.row[0].verdict != rows[i].verdict ||
            strncmp(k.c.row[0].reason, rows[i].reason, strlen(rows[i].reason)) != 0 ||
            (rows[i].reason[0] == '\0') != (k.c.row[0].reason[0] == '\0'))
            fail_msg("row %zu: %s, %s", i, compare_verdict_name(k.c.row[0].verdict),
                     k.c.row[0].reason);
        release(&k);
    }
    for (int gated = 0; gated < 2; gated++) {
        struct compared k = {.o.force = false};

        compare(&k, "BenchmarkA 1 5 y\n", "BenchmarkA 1 5 y 7 z\n", gated ? "z<=0" : "y<=0");
        assert_string_equal(k.c.row[1].unit, "z");
        assert_int_equal(k.c.row[1].verdict, COMPARE_NONE);
        assert_string_equal(k.c.row[1].reason, gated ? "OLD does not have this metric" : "");
        release(&k);
    }
}

/* Reasons are shared between neighbours only where they are the same. */
static void reasons(void **state)
{
    struct compared k = {.o.force = false};

    (void)state;
    compare(&k, "BenchmarkA 1 5 y\nBenchmarkB 1 5 y\nBenchmarkC 1 5 y\nBenchmarkC 1 5 y\n",
            "BenchmarkA 1 7 y\nBenchmarkB 1 7 y\nBenchmarkC 1 7 y\n", "y<=0");
    assert_non_null(strstr(k.c.row[0].reason, "1 and 1 samples"));
    assert_ptr_equal(k.c.row[0].reason, k.c.row[1].reason);
    assert_non_null(strstr(k.c.row[2].reason, "2 and 1 samples"));
    release(&k);
}

/* OLD's order, then what is new; medians and ranges. */
static void numbers(void **state)
{
    struct compared k = {.o.force = false};
    const struct compare_row *row;

    (void)state;
    compare(&k,
            EXACT "BenchmarkA 1 1 y\nBenchmarkB 1 10 x/op\nBenchmarkB 1 14 x/op\n"
                  "BenchmarkB 1 11 x/op\nBenchmarkB 1 30 x/op\n",
            EXACT "BenchmarkB 1 15 x/op\nBenchmarkB 1 18 x/op\nBenchmarkA 1 1 y\n"
                  "BenchmarkC 1 1 y\n",
            "x/op<=0");
    assert_int_equal(k.c.n_rows, 3);
    assert_string_equal(k.c.row[0].bench->name, "BenchmarkA");
    assert_string_equal(k.c.row[2].bench->name, "BenchmarkC");
    row = &k.c.row[1];
    assert_true(row->old_median == 12.5 && row->new_median == 16.5);
    assert_true(row->absolute == 4 && row->relative == 0.32);
    assert_true(row->absolute_ci.low == -15 && row->absolute_ci.high == 8);
    assert_true(row->relative_ci.low == -0.5 && row->relative_ci.high == 0.8);
    assert_int_equal(k.c.n_gated, 1);
    release(&k);
}

/* A difference that a person would call equal to the limit, and a double would not. */
static void equal_to_the_limit(void **state)
{
    struct compared k = {.o.force = false};

    (void)state;
    assert_true((NEAR_NEW - NEAR_OLD) / NEAR_OLD > NEAR_PERCENT / 100.);
    compare(&k, EXACT "BenchmarkA 1 " TEXT(NEAR_OLD) " x/op\n",
            EXACT "BenchmarkA 1 " TEXT(NEAR_NEW) " x/op\n", "x/op<=+" TEXT(NEAR_PERCENT) "%");
    assert_int_equal(k.c.verdict, COMPARE_PASS);
    release(&k);
}

/* Instructions that are exact on one side only must not slip out of the default gate. */
static void half_exact(void **state)
{
#define BOTH  "Unit instructions/op assume=exact\nUnit instructions:u/op assume=exact\n"
#define FIRST "Unit instructions/op assume=exact\n"
#define PAIR  "BenchmarkA 1 100 instructions/op 100 instructions:u/op\n"
    static const struct {
        const char *old, *new;
        enum compare_verdict verdict;
    } rows[] = {
        {BOTH PAIR, BOTH PAIR, COMPARE_PASS},
        {BOTH PAIR, FIRST PAIR, COMPARE_INCONCLUSIVE},
        {FIRST PAIR, BOTH PAIR, COMPARE_INCONCLUSIVE},
        {FIRST PAIR, FIRST PAIR, COMPARE_PASS}, /* the second is advisory */
        {BOTH PAIR "BenchmarkA 1 NaN instructions:u/op\n",
         BOTH PAIR "BenchmarkA 1 NaN instructions:u/op\n", COMPARE_INCONCLUSIVE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared k = {.o.force = false};

        compare(&k, rows[i].old, rows[i].new, NULL);
        if (k.c.verdict != rows[i].verdict)
            fail_msg("row %zu: %s", i, compare_verdict_name(k.c.verdict));
        release(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(drops_can_be_allowed),
        cmocka_unit_test(last_gate_counts),
        cmocka_unit_test(many_tests),
        cmocka_unit_test(turns),
        cmocka_unit_test(noise_floor),
        cmocka_unit_test(noise_without_old),
        cmocka_unit_test(one_sided),
        cmocka_unit_test(reasons),
        cmocka_unit_test(numbers),
        cmocka_unit_test(equal_to_the_limit),
        cmocka_unit_test(half_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
