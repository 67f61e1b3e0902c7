/* The judge of the PMU self-test. */
#include "pmu/selftest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define M 1000000u

static const struct {
    const char *what;
    struct selftest_counts
        counts; /* expected, instructions, cycles, enabled, running, has_cycles */
    bool good;
    const char *reason;
} rows[] = {
    {"exact", {M, M, M, 500, 500, true}, true, ""},
    {"a read's worth more", {M, M + 18, M, 500, 500, true}, true, ""},
    {"interrupts counted", {M, M + 5000, M, 500, 500, true}, true, ""},
    {"a PMU of an emulator: IPC 1/32", {M, M, 32 * M, 500, 500, true}, true, ""},
    {"no cycles", {M, M, 0, 500, 500, false}, true, ""},
    {"shared with others, cannot judge", {M, M / 2, M / 2, 500, 250, true}, true, ""},
    {"never on the hardware", {M, 0, 0, 500, 0, true}, false, "never runs"},
    {"nothing enabled", {M, 0, 0, 0, 0, true}, false, "never runs"},
    {"always zero", {M, 0, 0, 500, 500, true}, false, "0 instructions in a loop of 1000000"},
    {"the guest of rezolus#1036", {M, 395, 120, 500, 500, true}, false, "395 instructions"},
    {"one too few", {M, M - 1, M, 500, 500, true}, false, "999999 instructions"},
    {"too many", {M, M + 5001, M, 500, 500, true}, false, "1005001 instructions"},
    {"twice", {M, 2 * M, M, 500, 500, true}, false, "2000000 instructions"},
    {"zero cycles", {M, M, 0, 500, 500, true}, false, "0 cycles"},
    {"IPC 1000", {M, M, M / 1000, 500, 500, true}, false, "1000 cycles"},
    {"IPC 1/1000", {M, M, 1000 * (uint64_t)M, 500, 500, true}, false, "cycles for"},
    {"underflow", {M, UINT64_MAX - 5, M, 500, 500, true}, false, "instructions in a loop"},
};

static void test_judge(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char reason[128] = "untouched";
        bool good = selftest_judge(&rows[i].counts, reason, sizeof reason);

        if (good != rows[i].good || strstr(reason, rows[i].reason) == NULL)
            fail_msg("%s: %s '%s'", rows[i].what, good ? "good" : "bad", reason);
        if (good)
            assert_string_equal(reason, "");
    }
}

/* With a PMU the loop must pass its own judge; without one the refusal must say so. */
static void test_measure(void **state)
{
    struct selftest_counts counts;
    struct pg_error err = {0};
    char reason[128];

    (void)state;
    if (selftest_measure(&counts, &err) != 0) {
        assert_int_equal(err.code, PG_E_UNSUPPORTED);
        assert_non_null(strstr(err.text, "instructions cannot be counted: "));
        print_message("no instructions counter here (%s): only its refusal was tested\n", err.text);
        return;
    }
    if (!selftest_judge(&counts, reason, sizeof reason))
        fail_msg("%s", reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_measure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
