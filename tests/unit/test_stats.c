#include "bench/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want))))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* Quartiles: R's quantile(x, c(.25, .75), type = 8). */
static void described(void **state)
{
    static const struct {
        double v[8];
        size_t n;
        double min, q1, median, q3, max, mean, stddev;
    } rows[] = {
        {{0}, 0, 0, 0, 0, 0, 0, 0, 0},
        {{7}, 1, 7, 7, 7, 7, 7, 7, 0},
        {{2, 1}, 2, 1, 1, 1.5, 2, 2, 1.5, 0.70710678118654757},
        {{5, 1, 3, 2, 4}, 5, 1, 1 + 2.0 / 3, 3, 4 + 1.0 / 3, 5, 3, 1.5811388300841898},
        {{-1, 1, 1e9, 3},
         4,
         -1,
         -1 + 2 * (5.0 / 12),
         2,
         3 + (1e9 - 3) * (7.0 / 12),
         1e9,
         250000000.75,
         499999999.50000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double v[8];
        struct stats s;

        for (size_t k = 0; k < 8; k++)
            v[k] = rows[i].v[k];
        s = stats_describe(v, rows[i].n);
        assert_int_equal(s.n, rows[i].n);
        assert_near(s.min, rows[i].min);
        assert_near(s.q1, rows[i].q1);
        assert_near(s.median, rows[i].median);
        assert_near(s.q3, rows[i].q3);
        assert_near(s.max, rows[i].max);
        assert_near(s.mean, rows[i].mean);
        assert_true(fabs(s.stddev - rows[i].stddev) <= 1e-6 * (1 + rows[i].stddev));
    }
}

static void huge_values_do_not_overflow(void **state)
{
    double v[] = {1.7e308, 1.7e308, 1.6e308, 1.6e308};
    struct stats s = stats_describe(v, 4);

    (void)state;
    assert_true(isfinite(s.mean) && s.mean > 1.6e308);
    assert_near(s.median, 1.65e308);
}

static void geomean(void **state)
{
    static const double good[] = {1, 10, 100}, bad[] = {1, 0}, negative[] = {1, -1};

    (void)state;
    assert_near(stats_geomean(good, 3), 10);
    assert_true(isnan(stats_geomean(bad, 2)));
    assert_true(isnan(stats_geomean(negative, 2)));
    assert_true(isnan(stats_geomean(good, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(described),
        cmocka_unit_test(huge_values_do_not_overflow),
        cmocka_unit_test(geomean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
