#include "bench/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void good(void **state)
{
    static const struct {
        const char *text, *pattern, *unit;
        bool at_least, relative, advisory;
        double limit;
    } rows[] = {
        {"instructions/op<=+1%", "", "instructions/op", false, true, false, 0.01},
        {"allocs/op<=0", "", "allocs/op", false, false, false, 0},
        {"ns/op<=+5%:advisory", "", "ns/op", false, true, true, 0.05},
        {"  Sort/*  MB/s >= -2.5% :advisory ", "Sort/*", "MB/s", true, true, true, -0.025},
        {"instructions:u/op<=+1e3", "", "instructions:u/op", false, false, false, 1000},
        {"x<=-.5", "", "x", false, false, false, -0.5},
    };
    struct gate g;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pg_error err = {.code = 0};

        assert_int_equal(gate_parse(rows[i].text, &g, &err), 0);
        assert_string_equal(g.text, rows[i].text);
        assert_string_equal(g.pattern, rows[i].pattern);
        assert_string_equal(g.unit, rows[i].unit);
        assert_true(g.at_least == rows[i].at_least && g.relative == rows[i].relative &&
                    g.advisory == rows[i].advisory);
        assert_true(g.limit == rows[i].limit);
    }
}

static void bad(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "neither"},
        {"ns/op", "neither"},
        {"ns/op<5%", "neither"},
        {"ns/op=<5%", "neither"},
        {"ns/op<=", "no number"},
        {"ns/op<=nan", "no number"},
        {"ns/op<=inf", "no number"},
        {"ns/op<=0x10", "no number"},
        {"ns/op<=1e999", "no number"},
        {"ns/op<=%", "no number"},
        {"ns/op<=+", "no number"},
        {"<=5%", "names no metric"},
        {" <=5%", "names no metric"},
        {"a b ns/op<=5%", "more than a pattern"},
        {"ns/op<=5%%", "goes on"},
        {"ns/op<=5 ns", "goes on"},
        {"ns/op<=5%:advisory:x", "goes on"},
        {"ns/op<=5%<=6%", "goes on"},
        {"ns\n/op<=5%", "control character"},
    };
    char text[GATE_TEXT_MAX + 10];
    struct pg_error err;
    struct gate g;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err = (struct pg_error){.code = 0};
        assert_int_equal(gate_parse(rows[i].text, &g, &err), -PG_E_INVALID);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("'%s': %s", rows[i].text, err.text);
    }
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(gate_parse(text, &g, &err), -PG_E_INVALID);
    assert_non_null(strstr(err.text, "too long"));
}

static void glob(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool want;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*c", "abbc", true},
        {"a*c", "abcd", false},
        {"*b*", "abc", true},
        {"a*b*c", "aXbYbZc", true},
        {"abc", "ab", false},
        {"ab", "abc", false},
        {"*a", "aab", false},
        {"**", "x", true},
        {"[a]", "a", false},
        {"*aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (gate_glob(rows[i].pattern, rows[i].text) != rows[i].want)
            fail_msg("%s against %s", rows[i].pattern, rows[i].text);
}

static void matching(void **state)
{
    static const struct {
        const char *gate;
        bool want;
    } rows[] = {
        {"ns/op<=1", true},
        {"B/op<=1", false},
        {"Sort/10 ns/op<=1", true},
        {"BenchmarkSort/10 ns/op<=1", true},
        {"Sort/10-8 ns/op<=1", true},
        {"BenchmarkSort/*-8 ns/op<=1", true},
        {"Sort/10-4 ns/op<=1", false},
        {"Sort ns/op<=1", false},
        {"Sort* ns/op<=1", true},
        {"sort* ns/op<=1", false},
    };
    struct gate g;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(gate_parse(rows[i].gate, &g, NULL), 0);
        if (gate_matches(&g, "BenchmarkSort/10", 8, "ns/op") != rows[i].want)
            fail_msg("%s", rows[i].gate);
    }
}

/* Only a whole "Benchmark" is left out, and a name too long to have its procs put behind is matched
 * without them. */
static void odd_names(void **state)
{
    char name[2000];
    struct gate g;

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(gate_parse("rest ns/op<=1", &g, NULL), 0);
    assert_true(gate_matches(&g, "Benchmarkrest", 8, "ns/op"));
    assert_false(gate_matches(&g, "Measuringrest", 8, "ns/op"));
    assert_int_equal(gate_parse("Benchmark ns/op<=1", &g, NULL), 0);
    assert_true(gate_matches(&g, "Benchmark", 8, "ns/op"));
    assert_int_equal(gate_parse("x* ns/op<=1", &g, NULL), 0);
    assert_true(gate_matches(&g, name, 8, "ns/op"));
    assert_int_equal(gate_parse("*-8 ns/op<=1", &g, NULL), 0);
    assert_false(gate_matches(&g, name, 8, "ns/op"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),     cmocka_unit_test(bad),       cmocka_unit_test(glob),
        cmocka_unit_test(matching), cmocka_unit_test(odd_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
