/* Quantiles from buckets, against sorted values. */
#include "base/spread.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void test_small(void **state)
{
    struct spread s = {0};

    (void)state;
    assert_int_equal(spread_quantile(&s, 0.5), 0);
    for (uint64_t i = 0; i < 16; i++)
        spread_add(&s, i);
    assert_int_equal(s.n, 16);
    assert_int_equal(spread_quantile(&s, 0), 0);
    assert_int_equal(spread_quantile(&s, 0.5), 7);
    assert_int_equal(spread_quantile(&s, 1), 15);
    spread_add(&s, UINT64_MAX);
    assert_true(spread_quantile(&s, 1) > UINT64_MAX / 100 * 96);
}

static void test_error(void **state)
{
    static const double q[] = {0.01, 0.5, 0.9, 0.99, 1};
    enum { N = 20000 };
    uint64_t *value = malloc(N * sizeof *value), seed = 1;
    struct spread s = {0};

    (void)state;
    for (int i = 0; i < N; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        value[i] = (uint64_t)exp((double)(seed >> 40) / (1 << 24) * 30);
        spread_add(&s, value[i]);
    }
    qsort(value, N, sizeof *value, ascending);
    for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
        const double want = (double)value[(size_t)ceil(q[i] * N) - 1];

        if (fabs((double)spread_quantile(&s, q[i]) - want) > 0.032 * want + 0.5)
            fail_msg("quantile %g: %llu instead of %g", q[i],
                     (unsigned long long)spread_quantile(&s, q[i]), want);
    }
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small), cmocka_unit_test(test_error)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
