#include "bench/gobench.h"
#include "bench/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

/* What Go's prettyPrint gives for the same numbers. */
static void numbers(void **state)
{
    static const struct {
        double x;
        const char *want;
    } rows[] = {
        {0, "         0"},
        {123456789, " 123456789"},
        {1e15, "1000000000000000"},
        {1000, "      1000"},
        {999.95, "      1000"},
        {999.949, "       999.9"},
        {123.45, "       123.5"},
        {99.995, "       100.0"},
        {99.99, "        99.99"},
        {9.9995, "        10.00"},
        {1.5, "         1.500"},
        {0.99995, "         1.000"},
        {0.25, "         0.2500"},
        {0.025, "         0.02500"},
        {0.0025, "         0.002500"},
        {0.00025, "         0.0002500"},
        {1e-9, "         0.0000000"},
        {-0.25, "        -0.2500"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[400];

        line_number(rows[i].x, got, sizeof got);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%g is \"%s\", want \"%s\"", rows[i].x, got, rows[i].want);
    }
}

static void metrics_on_the_line(void **state)
{
    struct record_metric m[] = {
        {.name = "instructions", .unit = "instructions/op", .per_op = 1234, .coverage = 1},
        {.name = "cache misses",
         .unit = "cache misses/op",
         .per_op = 2.5,
         .coverage = 0.9996,
         .scaled = true},
        {.name = "broken", .unit = "broken/op", .per_op = INFINITY, .coverage = 1},
        {.name = "unnamed", .unit = "", .per_op = 1, .coverage = 1},
        {.name = "cache-MPKI",
         .unit = "cache-MPKI",
         .per_op = 0.25,
         .coverage = 0.5,
         .scaled = true,
         .derived = true},
    };
    struct record r = {.n_metrics = 5, .metric = m};
    struct strbuf out = {0};
    struct gobench_line line;
    struct gobench_value v;

    (void)state;
    strbuf_puts(&out, "     100\t       123.4 ns/op");
    line_metrics(&r, &out);
    assert_string_equal(out.text, "     100\t       123.4 ns/op\t      1234 instructions/op"
                                  "\t         2.500 cache-misses/op"
                                  "\t      99.9 cache-misses-coverage-%"
                                  "\t         0.2500 cache-MPKI");
    assert_true(gobench_text((struct gobench_slice){out.text, out.size}, &line));
    assert_int_equal(line.n_values, 5);
    assert_true(gobench_next(&line.values, &v) && gobench_next(&line.values, &v));
    assert_true(v.value == 1234);
    strbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(metrics_on_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
