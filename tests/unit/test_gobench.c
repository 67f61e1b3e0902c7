#include "bench/gobench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gobench_slice slice(const char *s)
{
    return (struct gobench_slice){s, strlen(s)};
}

static void assert_slice(struct gobench_slice s, const char *want)
{
    if (s.size != strlen(want) || memcmp(s.p, want, s.size) != 0)
        fail_msg("got \"%.*s\", want \"%s\"", (int)s.size, s.p, want);
}

static void result_lines(void **state)
{
    static const struct {
        const char *line, *name;
        uint32_t procs;
        uint64_t n;
        size_t values;
        double last;
        const char *unit;
    } rows[] = {
        {"BenchmarkX 100 12.5 ns/op", "BenchmarkX", 1, 100, 1, 12.5, "ns/op"},
        {"BenchmarkX-8   \t 1000000000\t         0.2500 ns/op\t       0 B/op", "BenchmarkX", 8,
         1000000000, 2, 0, "B/op"},
        {"BenchmarkX/size=10-16 \t 1 \t 5e3 ns/op\r", "BenchmarkX/size=10", 16, 1, 1, 5000,
         "ns/op"},
        {"BenchmarkX/a-b-2 1", "BenchmarkX/a-b", 2, 1, 0, 0, ""},
        {"Benchmark 1 2 x", "Benchmark", 1, 1, 1, 2, "x"},
        {"BenchmarkX-08 1 2 x", "BenchmarkX-08", 1, 1, 1, 2, "x"},
        {"BenchmarkX-99999999999 1 2 x", "BenchmarkX-99999999999", 1, 1, 1, 2, "x"},
        {"Benchmark\xc3\x9cx-4 7 1 ns/op 2 \xc2\xb5s", "Benchmark\xc3\x9cx", 4, 7, 2, 2,
         "\xc2\xb5s"},
        {"BenchmarkX 18446744073709551615 -3.5 d/op", "BenchmarkX", 1, UINT64_MAX, 1, -3.5, "d/op"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gobench_line line;
        struct gobench_value v = {0};
        size_t n = 0;

        if (gobench_line(slice(rows[i].line), &line) != GOBENCH_RESULT)
            fail_msg("not a result: %s", rows[i].line);
        assert_slice(line.name, rows[i].name);
        assert_int_equal(line.procs, rows[i].procs);
        assert_true(line.n == rows[i].n);
        assert_int_equal(line.n_values, rows[i].values);
        while (gobench_next(&line.values, &v)) {
            assert_true(n >= GOBENCH_KEPT || line.kept[n].value == v.value);
            assert_true(n >= GOBENCH_KEPT || line.kept[n].unit.p == v.unit.p);
            n++;
        }
        assert_int_equal(n, rows[i].values);
        if (n > 0) {
            assert_true(v.value == rows[i].last);
            assert_slice(v.unit, rows[i].unit);
        }
    }
}

static void other_lines(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "PASS",
        "ok  \texample.com/m\t1.2s",
        "BenchmarkX",
        "BenchmarkX-8",
        "Benchmarkx 1 2 x",
        "BenchmarkX 1 2",
        "BenchmarkX 1 x 2",
        "BenchmarkX -1 2 x",
        "BenchmarkX 1 2 x 3",
        "BenchmarkX 18446744073709551616 1 x",
        "BenchmarkX 1 0x10 ns/op",
        "BenchmarkX 1 nan(2) x",
        "http://x",
        "Key: v",
        "key v",
        "k y: v",
        "kEy: v",
        "Unit",
        "Unit ns/op",
        "Units x better=lower",
        "    bench_test.go:3: hello",
        "--- BENCH: BenchmarkX",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gobench_line line;

        if (gobench_line(slice(rows[i]), &line) != GOBENCH_OTHER)
            fail_msg("\"%s\" is kind %d", rows[i], (int)line.kind);
        assert_null(line.name.p);
    }
}

static double random_number(char *text, size_t size)
{
    static uint32_t state = 1;
    static const char *const formats[] = {"%.0f", "%.3f", "%.4g", "%g", "%.15g", "%.17g", "%E"};
    const int exponent = (int)((state = state * 1664525 + 1013904223) >> 8) % 50 - 25;
    double x = (double)((state = state * 1664525 + 1013904223) >> 4) * pow(10, exponent);

    if (state & 1)
        x = -x;
    snprintf(text, size, formats[(state >> 8) % 7], x);
    return strtod(text, NULL);
}

/* strtod is the judge of every number, to the last bit. */
static void numbers_read_as_strtod_does(void **state)
{
    static const char *const rows[] = {"1e22",
                                       "1e23",
                                       "123456789012345e22",
                                       "1e-22",
                                       "1e-23",
                                       "-0",
                                       "-0.0e5",
                                       "5.",
                                       ".5",
                                       "1.e3",
                                       "0.1e+02",
                                       "1e-5",
                                       "1E5",
                                       "+7",
                                       "1e400",
                                       "1e-400",
                                       "1e+0022",
                                       "1e099",
                                       "9007199254740993"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        struct gobench_slice line;
        struct gobench_value v;
        char number[48];
        double want;

        if (i < sizeof rows / sizeof rows[0]) {
            snprintf(number, sizeof number, "%s", rows[i]);
            want = strtod(number, NULL);
        } else {
            want = random_number(number, sizeof number);
        }
        snprintf(text, sizeof text, "%s u", number);
        line = slice(text);
        assert_true(gobench_next(&line, &v));
        if (memcmp(&v.value, &want, sizeof want) != 0)
            fail_msg("%s is %a, not %a", number, v.value, want);
    }
    for (size_t i = 0; i < 10; i++) {
        const char *const no[] = {"1e",   "e5",    "1e+", "-",    "--1",
                                  "1e5x", "1.2.3", ".",   "1e 5", "-e1"};
        struct gobench_slice line;
        struct gobench_value v;

        snprintf(text, sizeof text, "%s", no[i]);
        line = slice(text);
        assert_false(gobench_next(&line, &v));
    }
}

/* More values than are kept. */
static void long_line(void **state)
{
    char text[1000] = "BenchmarkX 1";
    struct gobench_line line;
    struct gobench_value v;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 2 * GOBENCH_KEPT; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %zu u%zu", i, i);
    assert_int_equal(gobench_line(slice(text), &line), GOBENCH_RESULT);
    assert_int_equal(line.n_values, 2 * GOBENCH_KEPT);
    assert_true(line.kept[GOBENCH_KEPT - 1].value == GOBENCH_KEPT - 1);
    for (; gobench_next(&line.values, &v); n++)
        assert_true(v.value == (double)n);
    assert_int_equal(n, 2 * GOBENCH_KEPT);
}

static void config_and_unit(void **state)
{
    struct gobench_line line;

    (void)state;
    assert_int_equal(gobench_line(slice("cpu: AMD EPYC 7  "), &line), GOBENCH_CONFIG);
    assert_slice(line.key, "cpu");
    assert_slice(line.value, "AMD EPYC 7");
    assert_int_equal(gobench_line(slice("pkg:"), &line), GOBENCH_CONFIG);
    assert_slice(line.value, "");
    assert_int_equal(gobench_line(slice("Unit IPC better=higher"), &line), GOBENCH_UNIT);
    assert_slice(line.key, "IPC");
    assert_slice(line.value, "better=higher");
}

static void result_text(void **state)
{
    struct gobench_line line;
    struct gobench_value v;

    (void)state;
    assert_true(gobench_text(slice("     100\t     123.4 ns/op\t      16 B/op\n"), &line));
    assert_true(line.n == 100);
    assert_int_equal(line.n_values, 2);
    assert_true(gobench_next(&line.values, &v));
    assert_slice(v.number, "123.4");
    assert_true(gobench_text(slice("1"), &line));
    assert_int_equal(line.n_values, 0);
    assert_false(gobench_text(slice(""), &line));
    assert_false(gobench_text(slice("BenchmarkX"), &line));
    assert_false(gobench_text(slice("100 ns/op"), &line));
}

static void files(void **state)
{
    struct gobench_slice rest = slice("goos: linux\r\n\nBenchmarkX 1 2 x\nPASS"), line;
    static const char *const want[] = {"goos: linux", "", "BenchmarkX 1 2 x", "PASS"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(gobench_next_line(&rest, &line));
        assert_slice(line, want[i]);
    }
    assert_false(gobench_next_line(&rest, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_lines),
        cmocka_unit_test(other_lines),
        cmocka_unit_test(numbers_read_as_strtod_does),
        cmocka_unit_test(long_line),
        cmocka_unit_test(config_and_unit),
        cmocka_unit_test(result_text),
        cmocka_unit_test(files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
