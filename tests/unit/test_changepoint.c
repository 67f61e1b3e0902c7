/* Change points: known steps are found where they are, noise is not taken for one. */
#include "bench/changepoint.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int line;
    bool exact;
    size_t n;
    double value[24];
    int found;
    size_t change[4];
};

#define ROW __LINE__
static const struct row rows[] = {
    {ROW, true, 0, {0}, 0, {0}},
    {ROW, true, 1, {5}, 0, {0}},
    {ROW, true, 4, {5, 5, 5, 5}, 0, {0}},
    {ROW, true, 5, {5, 5, 6, 6, 5}, 2, {2, 4}},
    {ROW, false, 5, {1, 1, 9, 9, 9}, 0, {0}}, /* too few */
    {ROW, false, 8, {7, 7, 7, 7, 7, 7, 7, 7}, 0, {0}},
    {ROW, false, 10, {100, 101, 99, 100, 101, 120, 121, 119, 120, 121}, 1, {5}},
    {ROW, false, 10, {100, 101, 99, 100, 101, 100, 99, 101, 120, 121}, 1, {8}},
    /* one run far off is none, and the last one not yet */
    {ROW, false, 10, {100, 101, 99, 100, 150, 101, 100, 99, 101, 100}, 0, {0}},
    {ROW, false, 10, {100, 101, 99, 100, 99, 101, 100, 99, 101, 120}, 0, {0}},
    {ROW, false, 15, {10, 11, 10, 11, 10, 30, 31, 30, 31, 30, 20, 21, 20, 21, 20}, 2, {5, 10}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        size_t change[24];
        int found = changepoint_find(r->value, r->n, r->exact, change, NULL);

        if (found != r->found)
            fail_msg("line %d: %d changes instead of %d", r->line, found, r->found);
        for (int k = 0; k < found; k++)
            if (change[k] != r->change[k])
                fail_msg("line %d: change %d at %zu instead of %zu", r->line, k, change[k],
                         r->change[k]);
    }
}

/* xorshift64*, and the sum of twelve uniform numbers for a normal one. */
static double normal(uint64_t *seed)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        *seed ^= *seed >> 12;
        *seed ^= *seed << 25;
        *seed ^= *seed >> 27;
        sum += (double)((*seed * 2685821657736338717u) >> 11) / 9007199254740992.0;
    }
    return sum;
}

static void test_noise_is_not_a_change(void **state)
{
    uint64_t seed = 20120901;
    const size_t lengths[] = {10, 20, 50};

    (void)state;
    for (size_t l = 0; l < 3; l++) {
        int false_ones = 0;

        for (int series = 0; series < 400; series++) {
            double value[50];
            size_t change[50];

            for (size_t i = 0; i < lengths[l]; i++)
                value[i] = 1000 + 10 * normal(&seed);
            false_ones += changepoint_find(value, lengths[l], false, change, NULL) > 0;
        }
        if (false_ones > 400 * 8 / 100)
            fail_msg("%zu values: %d of 400 series of noise have changes", lengths[l], false_ones);
    }
}

static void test_steps_are_found(void **state)
{
    uint64_t seed = 7;
    int hits = 0;

    (void)state;
    for (int series = 0; series < 200; series++) { /* a step of five standard deviations */
        double value[30];
        size_t change[30], at = 5 + (size_t)series % 20;
        int found;

        for (size_t i = 0; i < 30; i++)
            value[i] = 1000 + 10 * normal(&seed) + (i >= at ? 50 : 0);
        found = changepoint_find(value, 30, false, change, NULL);
        for (int k = 0; k < found; k++)
            hits += change[k] + 1 >= at && change[k] <= at + 1;
    }
    if (hits < 190)
        fail_msg("%d of 200 steps found", hits);
}

static void test_too_many(void **state)
{
    struct pg_error err;
    double value = 0;
    size_t change;

    (void)state;
    assert_int_equal(changepoint_find(&value, CHANGEPOINT_MAX + 1, false, &change, &err),
                     -PG_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_noise_is_not_a_change),
        cmocka_unit_test(test_steps_are_found),
        cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
