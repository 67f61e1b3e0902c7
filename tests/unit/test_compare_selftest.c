/* Could the gates have failed? Rows of samples for which that is known. */
#include "bench/compare_selftest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static void fill(struct benchset *s, const char *text)
{
    *s = (struct benchset){.results = 0};
    assert_int_equal(benchset_add_text(s, text, strlen(text), NULL), 0);
    benchset_sort(s);
}

/* "10 11" becomes two lines of BenchmarkA. */
static void repeats(struct strbuf *out, const char *head, const char *values, const char *unit)
{
    char copy[512], *rest = copy, *value;

    strbuf_puts(out, head);
    snprintf(copy, sizeof copy, "%s", values);
    while ((value = strsep(&rest, " ")) != NULL)
        strbuf_printf(out, "BenchmarkA-8 100 %s %s\n", value, unit);
}

#define TEN   "100 101 102 99 98 100.5 100.2 99.5 99.1 101.5"
#define NOISY "100 150 60 200 80 120 40 170 90 110"
#define EXACT "Unit x/op assume=exact better=lower\n"

static void proofs(void **state)
{
    static const struct {
        const char *what, *head, *unit, *old, *new, *gate;
        bool found;
        double injected, least, most; /* the smallest that is found lies between; NAN: none */
        const char *reason;
    } rows[] = {
        {"quiet", "", "ns/op", TEN, TEN, "ns/op<=+5%", true, 0.1, 0.05, 0.08, ""},
        {"quiet, absolute", "", "ns/op", TEN, TEN, "ns/op<=5", true, 10, 5, 8, ""},
        {"a rate", "", "MB/s", TEN, TEN, "MB/s>=-5%", true, -0.1, -0.08, -0.05, ""},
        {"no limit", "", "ns/op", TEN, TEN, "ns/op<=0%", false, 0.01, 0.01, 0.03, "interval"},
        {"noise", "", "ns/op", NOISY, NOISY, "ns/op<=+5%", false, 0.1, 0.3, 0.6, "interval"},
        {"too much noise", "", "ns/op", NOISY, NOISY, "ns/op<=+1%", false, 0.02, NAN, NAN,
         "interval"},
        {"noise, wide limit", "", "ns/op", NOISY, NOISY, "ns/op<=+100%", true, 2, 1, 2, ""},
        {"too few", "", "ns/op", "1 2 3", "1 2 3", "ns/op<=+5%", false, 0.1, NAN, NAN, "too few"},
        {"constant", "", "allocs/op", "5 5 5 5", "5 5 5 5", "allocs/op<=0", true, 1, 0, 0.01, ""},
        {"one sample", "", "allocs/op", "5", "5", "allocs/op<=0", false, 1, NAN, NAN, "too few"},
        {"from none", "", "allocs/op", "0 0 0 0", "0 0 0 0", "allocs/op<=+5%", true, 0.1, 0.05, 0.1,
         ""},
        {"exact", EXACT, "x/op", "1000", "1000", "x/op<=+1%", true, 0.011, 0.01, 0.0101, ""},
        {"exact, absolute", EXACT, "x/op", "1000", "1000", "x/op<=0", true, 1, 0, 0.01, ""},
        {"exact, uneven", EXACT, "x/op", "1000 1004", "1000 1004", "x/op<=+0.1%", false, 0.00199,
         0.004, 0.01, "should repeat exactly"},
        {"another beside it", "", "ns/op", TEN, "200 201 202 203 204 205 206 207 208 209",
         "ns/op<=+5%", true, 0.1, 0.05, 0.15, ""},
        {"NaN", "", "ns/op", TEN, "NaN 100 100 100 100", "ns/op<=+5%", false, 0.1, NAN, NAN, "NaN"},
        {"no value", "", "ns/op", TEN, "NaN", "ns/op<=+5%", false, NAN, NAN, NAN, "no usable"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gate gate;
        struct compare_options o = {.gate = &gate, .n_gates = 1, .alpha = 0.05, .confidence = 0.95};
        struct strbuf texts[2] = {{0}, {0}};
        struct benchset old, new;
        struct comparison c;
        struct compare_selftest s;
        const struct compare_proof *p;

        repeats(&texts[0], rows[i].head, rows[i].old, rows[i].unit);
        repeats(&texts[1], rows[i].head, rows[i].new, rows[i].unit);
        fill(&old, texts[0].text);
        fill(&new, texts[1].text);
        assert_int_equal(gate_parse(rows[i].gate, &gate, NULL), 0);
        assert_int_equal(compare_sets(&old, &new, &o, &c, NULL), 0);
        assert_int_equal(compare_selftest(&c, &o, &s, NULL), 0);
        assert_int_equal(s.n, 1);
        p = &s.proof[0];
        if (p->found != rows[i].found || isnan(p->injected) != isnan(rows[i].injected) ||
            fabs(p->injected - rows[i].injected) > 1e-4 ||
            isnan(p->smallest) != isnan(rows[i].least) || p->smallest < rows[i].least ||
            p->smallest > rows[i].most || strstr(p->reason, rows[i].reason) == NULL ||
            (p->reason[0] == '\0') != p->found)
            fail_msg("%s: found %d, injected %g, smallest %g, '%s'", rows[i].what, p->found,
                     p->injected, p->smallest, p->reason);
        assert_int_equal(s.verdict, rows[i].found ? COMPARE_PASS : COMPARE_FAIL);
        assert_int_equal(s.n_found, rows[i].found);
        compare_selftest_free(&s);
        compare_free(&c);
        benchset_free(&old);
        benchset_free(&new);
        strbuf_free(&texts[0]);
        strbuf_free(&texts[1]);
    }
}

/* Advisory gates are shown and do not count; a gate of nothing cannot fail; nothing is no proof. */
static void wholes(void **state)
{
    static const struct {
        const char *first, *second;
        enum compare_verdict verdict;
        size_t n, blocking, found, idle;
    } rows[] = {
        {"x/op<=0", NULL, COMPARE_PASS, 1, 1, 1, 0},
        {"x/op<=0:advisory", NULL, COMPARE_INCONCLUSIVE, 1, 0, 0, 0},
        {"x/op<=0", "y/op<=0:advisory", COMPARE_PASS, 2, 1, 1, 0},
        {"x/op<=0", "y/op<=0", COMPARE_FAIL, 2, 2, 1, 0},
        {"x/op<=0", "z/op<=0", COMPARE_FAIL, 1, 1, 1, 1},
        {"x/op<=0", "z/op<=0:advisory", COMPARE_PASS, 1, 1, 1, 0},
    };
    static const char text[] = EXACT "BenchmarkA 1 10 x/op 7 y/op\n";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gate gate[2];
        struct compare_options o = {.gate = gate, .alpha = 0.05, .confidence = 0.95};
        struct benchset old, new;
        struct comparison c;
        struct compare_selftest s;

        assert_int_equal(gate_parse(rows[i].first, &gate[o.n_gates++], NULL), 0);
        if (rows[i].second != NULL)
            assert_int_equal(gate_parse(rows[i].second, &gate[o.n_gates++], NULL), 0);
        fill(&old, text);
        fill(&new, text);
        assert_int_equal(compare_sets(&old, &new, &o, &c, NULL), 0);
        assert_int_equal(compare_selftest(&c, &o, &s, NULL), 0);
        if (s.verdict != rows[i].verdict || s.n != rows[i].n || s.n_blocking != rows[i].blocking ||
            s.n_found != rows[i].found || s.n_idle != rows[i].idle)
            fail_msg("row %zu: %s, %zu, %zu, %zu, %zu", i, compare_verdict_name(s.verdict), s.n,
                     s.n_blocking, s.n_found, s.n_idle);
        compare_selftest_free(&s);
        compare_free(&c);
        benchset_free(&old);
        benchset_free(&new);
    }
}

/* One at a time: with the same few samples a regression is found in a small table and not in a
 * large one, because more tests need smaller p values. */
static void one_at_a_time(void **state)
{
    (void)state;
    for (int n = 1; n <= 30; n += 29) {
        struct gate gate;
        struct compare_options o = {.gate = &gate, .n_gates = 1, .alpha = 0.05, .confidence = 0.95};
        struct strbuf text = {0};
        struct benchset old, new;
        struct comparison c;
        struct compare_selftest s;

        for (int b = 0; b < n; b++)
            for (int k = 0; k < 4; k++)
                strbuf_printf(&text, "Benchmark%d 1 %d ns/op\n", b, 1000 + k);
        fill(&old, text.text);
        fill(&new, text.text);
        assert_int_equal(gate_parse("ns/op<=+5%", &gate, NULL), 0);
        assert_int_equal(compare_sets(&old, &new, &o, &c, NULL), 0);
        assert_int_equal(compare_selftest(&c, &o, &s, NULL), 0);
        assert_int_equal(s.n_blocking, n);
        assert_int_equal(s.n_found, n == 1 ? 1 : 0);
        compare_selftest_free(&s);
        compare_free(&c);
        benchset_free(&old);
        benchset_free(&new);
        strbuf_free(&text);
    }
}

enum { ROWS = 24, REPEATS = 5 };

static void fill_values(struct benchset *s, double values[ROWS][REPEATS])
{
    struct strbuf text = {0};

    for (int b = 0; b < ROWS; b++)
        for (int k = 0; k < REPEATS; k++)
            strbuf_printf(&text, "Benchmark%d 1 %.17g ns/op\n", b, values[b][k]);
    fill(s, text.text);
    strbuf_free(&text);
}

/* Of five against five: p is 0.008, 0.016, 1. */
static void make_rows(int apart, int nearly, double old[ROWS][REPEATS], double new[ROWS][REPEATS])
{
    static const double values[REPEATS] = {1000, 1001, 1002, 1003, 1006};

    for (int b = 0; b < ROWS; b++)
        for (int k = 0; k < REPEATS; k++) {
            old[b][k] = values[k];
            new[b][k] = values[k] + (b < apart ? 10 : 0);
            if (b >= apart && b < apart + nearly)
                new[b][k] = (double[]){1005, 1007, 1008, 1009, 1010}[k];
        }
}

/* What is found is what the comparison finds when the regression is really there, in each row: all
 * of them are clear, so that it is the correction for the other rows that decides. */
static void as_a_comparison_would(void **state)
{
    struct gate gate;
    struct compare_options o = {.gate = &gate, .n_gates = 1, .alpha = 0.05, .confidence = 0.95};
    double old_values[ROWS][REPEATS], new_values[ROWS][REPEATS], worse[ROWS][REPEATS];
    size_t found = 0, missed = 0;

    (void)state;
    assert_int_equal(gate_parse("ns/op<=+2%", &gate, NULL), 0);
    for (int turn = 0; turn < 50; turn++) {
        struct benchset old, new;
        struct comparison c;
        struct compare_selftest s;

        make_rows(turn % 5, turn / 5, old_values, new_values);
        fill_values(&old, old_values);
        fill_values(&new, new_values);
        assert_int_equal(compare_sets(&old, &new, &o, &c, NULL), 0);
        assert_int_equal(compare_selftest(&c, &o, &s, NULL), 0);
        assert_int_equal(s.n, ROWS);
        for (size_t b = 0; b < ROWS; b++) {
            const struct compare_row *row = s.proof[b].row;
            struct benchset with;
            struct comparison real;

            memcpy(worse, new_values, sizeof worse);
            for (int k = 0; k < REPEATS; k++)
                worse[b][k] += s.proof[b].injected * row->old_median - row->absolute;
            fill_values(&with, worse);
            assert_int_equal(compare_sets(&old, &with, &o, &real, NULL), 0);
            if ((real.row[b].verdict == COMPARE_FAIL) != s.proof[b].found)
                fail_msg("turn %d, row %zu: found %d", turn, b, s.proof[b].found);
            *(s.proof[b].found ? &found : &missed) += 1;
            compare_free(&real);
            benchset_free(&with);
        }
        compare_selftest_free(&s);
        compare_free(&c);
        benchset_free(&old);
        benchset_free(&new);
    }
    assert_true(found > 100 && missed > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs),
        cmocka_unit_test(wholes),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(as_a_comparison_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
