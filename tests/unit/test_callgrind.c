#include "pmu/callgrind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim\n"
#define HEAD   "# callgrind format\nversion: 1\n\npositions: instr line\n" EVENTS "summary: 0\n\n"

static struct callgrind *parse(const char *text)
{
    struct callgrind *dump = NULL;
    struct pg_error err = {0};

    if (callgrind_parse(text, strlen(text), &dump, &err) != 0)
        fail_msg("%s", err.text);
    return dump;
}

/* One object that calls itself and another one; positions of every kind. */
static void test_dump(void **state)
{
    static const char text[] = HEAD "ob=(3) /a b/x.test\n"
                                    "fl=(5) ???\n"
                                    "fn=(7) main.f\n"
                                    "0x1000 10 5 0 0 1 2 3 4 5 6 9 7 9 8\n"
                                    "+4 +1 1\n"
                                    "cob=(4) /lib/libc.so\n"
                                    "cfi=(6) ???\n"
                                    "cfn=(9) memmove\n"
                                    "calls=3 0x70 0\n"
                                    "* * 900 1 1\n"
                                    "cfn=(8) main.g\n"
                                    "calls=1 +0xffc +2\n"
                                    "+4 * 50\n"
                                    "-4 -1 2\n"
                                    "jump=4 0x1000 10\n"
                                    "0x1008 *\n"
                                    "\n"
                                    "fn=(8)\n"
                                    "8192 20 50\n"
                                    "\n"
                                    "fn=(10) main.f'2\n"
                                    "4096 10 7\n"
                                    "cfn=(8)\n"
                                    "calls=2 0x2000 20\n"
                                    "0x1008 * 5\n"
                                    "ob=(4)\n"
                                    "fn=(9)\n"
                                    "0x70 0 0 0 0 0 0 0 0 0 0 3\n"
                                    "0x74 0 900\n"
                                    "\ntotals: 965 0 0 1 2 3 4 5 6 12 7 9 8\n";
    static const struct {
        uint64_t object, addr, instructions;
    } want[] = {{3, 0x1000, 12}, {3, 0x1004, 3}, {3, 0x2000, 50}, {4, 0x74, 900}};
    struct callgrind *dump = parse(text);
    const struct callgrind_cost *cost;
    const struct callgrind_call *call;
    size_t n;

    (void)state;
    cost = callgrind_costs(dump, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(cost[i].at.object, want[i].object);
        assert_int_equal(cost[i].at.addr, want[i].addr);
        assert_int_equal(cost[i].value[CALLGRIND_INSTRUCTIONS], want[i].instructions);
    }
    assert_int_equal(cost[0].value[CALLGRIND_L1_MISSES], 6);
    assert_int_equal(cost[0].value[CALLGRIND_LL_MISSES], 15);
    assert_int_equal(cost[0].value[CALLGRIND_BRANCH_MISSES], 15);
    assert_int_equal(cost[1].value[CALLGRIND_BRANCH_MISSES], 0);
    assert_string_equal(callgrind_object(dump, 3), "/a b/x.test");
    assert_string_equal(callgrind_function(dump, cost[0].at.function), "main.f");
    assert_string_equal(callgrind_function(dump, cost[3].at.function), "memmove");
    assert_string_equal(callgrind_function(dump, 4000000000u), "");

    /* The second call of main.g comes from the place of the first one. */
    call = callgrind_calls(dump, &n);
    assert_int_equal(n, 2);
    assert_int_equal(call[0].to.object, 3);
    assert_int_equal(call[0].to.addr, 0x2000);
    assert_int_equal(call[0].from.addr, 0x1008);
    assert_int_equal(call[1].to.object, 4);
    assert_int_equal(call[1].to.addr, 0x70);
    assert_int_equal(call[1].from.object, 3);
    assert_int_equal(call[1].from.addr, 0x1004);
    callgrind_free(dump);
}

/* One dump behind another: the sum of both. Positions begin anew, names stay. */
static void test_two(void **state)
{
    struct callgrind *dump = parse(HEAD "ob=(1) x\nfn=(2) f\n0x10 1 5\n+2 1 1\ntotals: 6\n" HEAD
                                        "ob=(1) x\nfn=(2) f\n0x10 1 7\ntotals: 7\n");
    const struct callgrind_cost *cost;
    size_t n;

    (void)state;
    cost = callgrind_costs(dump, &n);
    assert_int_equal(n, 2);
    assert_int_equal(cost[0].at.addr, 0x10);
    assert_int_equal(cost[0].value[CALLGRIND_INSTRUCTIONS], 12);
    assert_int_equal(cost[1].value[CALLGRIND_INSTRUCTIONS], 1);
    assert_string_equal(callgrind_function(dump, cost[1].at.function), "f");
    callgrind_free(dump);
}

static const struct {
    const char *text, *says;
} bad[] = {
    {"", "cut short"},
    {"hello", "cut short"},
    {HEAD, "cut short"},
    {HEAD "fn=(1) f\n0x10 0 5\n", "cut short"},
    {"positions: line\n" EVENTS "totals: 1\n", "no addresses"},
    {"positions: instr\nevents: Ir\ntotals: 1\n", "lacks an event"},
    {"0x10 0 5\ntotals: 5\n", "before it names"},
    {EVENTS "0x10 0 5\ntotals: 5\n", "before it names"},
    {HEAD "1 0 5\ntotals: 5\n" HEAD "1 0 5\n", "add up"},
    {HEAD "0x10 0 five\ntotals: 5\n", "cannot be read"},
    {HEAD "0x10 0 -5\ntotals: 5\n", "cannot be read"},
    {HEAD "0x 0 5\ntotals: 5\n", "cannot be read"},
    {HEAD "0x10000000000000000 0 5\ntotals: 5\n", "cannot be read"},
    {HEAD "1 0 18446744073709551616\ntotals: 5\n", "cannot be read"},
    {HEAD "1 0 0 0 0 18446744073709551615 1\ntotals: 5\n", "cannot be read"},
    {HEAD "1 0 18446744073709551615\n1 0 1\ntotals: 5\n", "too large"},
    {HEAD "1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\ntotals: 5\n", "cannot be read"},
    {HEAD "+ 0 1\ntotals: 5\n", "cannot be read"},
    {HEAD "calls=x 0x10 0\n0x10 0 5\ntotals: 5\n", "call that cannot"},
    {HEAD "calls=1\n0x10 0 5\ntotals: 5\n", "call that cannot"},
    {HEAD "fn=main\ntotals: 5\n", "without a number"},
    {HEAD "fn=(1048576) main\ntotals: 5\n", "without a number"},
    {HEAD "ob=(99999999999999999999) x\ntotals: 5\n", "without a number"},
    {HEAD "cfn=(1 x\ntotals: 5\n", "without a number"},
    {HEAD "totals: many\n", "no numbers"},
    {HEAD "1 0 5\ntotals: 6\n", "add up"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct callgrind *dump = NULL;
        struct pg_error err = {0};
        int rc = callgrind_parse(bad[i].text, strlen(bad[i].text), &dump, &err);

        if (rc != -PG_E_FORMAT || dump != NULL || strstr(err.text, bad[i].says) == NULL)
            fail_msg("row %zu: %d %s", i, rc, err.text);
    }
}

/* Cut anywhere, a dump is refused or read; never anything else. */
static void test_cut(void **state)
{
    static const char text[] = HEAD "ob=(1) x\nfn=(2) f\n0x10 1 5\ncfn=(3) g\ncalls=1 0x20 2\n"
                                    "* * 9\ntotals: 5\n";
    int accepted = 0;

    (void)state;
    for (size_t size = 0; size < sizeof text; size++) {
        struct callgrind *dump = NULL;

        accepted += callgrind_parse(text, size, &dump, NULL) == 0;
        callgrind_free(dump);
    }
    assert_true(accepted >= 2 && accepted <= 4); /* "totals:" and what follows */
}

static void test_no_file(void **state)
{
    struct callgrind *dump = NULL;

    (void)state;
    assert_int_equal(callgrind_read("/nonexistent/callgrind.out", &dump, NULL), -PG_E_NOTFOUND);
    assert_null(dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump), cmocka_unit_test(test_two),     cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut),  cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
