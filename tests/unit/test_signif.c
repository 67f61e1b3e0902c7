#include "bench/signif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-10 * (1e-6 + fabs(want))))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* p values: golang.org/x/perf's test, github.com/aclements/go-moremath/stats.MannWhitneyUTest;
 * except that of 7 against 3, which must be that of 3 against 7 (twice 10 of 120 arrangements). */
static void small_samples(void **state)
{
    static const struct {
        size_t n, m;
        double a[8], b[8], p;
    } rows[] = {
        {4, 4, {1, 2, 3, 4}, {5, 6, 7, 8}, 0.028571428571428577},
        {4, 4, {8, 6, 7, 5}, {1, 4, 3, 2}, 0.028571428571428577},
        {5, 3, {1, 5, 3, 9, 11}, {4, 6, 20}, 0.57142857142857151},
        {6, 6, {1, 1, 2, 2, 3, 3}, {2, 3, 3, 4, 4, 4}, 0.054112554112554112},
        {3, 7, {1, 1, 1}, {1, 1, 2, 2, 3, 3, 4}, 0.16666666666666666},
        {7, 3, {1, 1, 2, 2, 3, 3, 4}, {1, 1, 1}, 0.16666666666666666},
        {1, 1, {1}, {2}, 1},
        {2, 2, {1, 4}, {2, 3}, 1},
        {3, 2, {5, 5, 5}, {5, 5}, NAN},
        {0, 3, {0}, {1, 2, 3}, NAN},
        {3, 0, {1, 2, 3}, {0}, NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signif_cache cache = {.bytes = 0};
        double p = -1;

        assert_int_equal(
            signif_mann_whitney(&cache, rows[i].a, rows[i].n, rows[i].b, rows[i].m, &p, NULL), 0);
        if (isnan(rows[i].p))
            assert_true(isnan(p));
        else
            assert_near(p, rows[i].p);
        signif_cache_free(&cache);
    }
}

/* The same source; the last of the exact and the first of the approximated sizes. */
static void large_samples(void **state)
{
    static const struct {
        size_t n, m;
        double from, p;
    } straight[] = {
        {10, 10, 5, 0.10512243174781878},
        {50, 50, 21, 0.001055016471113676},
        {50, 7, 61, 0.13072915903104582},
        {51, 50, 21, 0.0020210201257766921},
    };
    static const struct {
        size_t n;
        double p;
    } tied[] = {{25, 0.32269256638339}, {26, 0.32997060496797337}};
    struct signif_cache cache = {.bytes = 0};
    double a[64], b[64], p;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 64; k++) {
            a[k] = 2 * (double)k;
            b[k] = straight[i].from + 2 * (double)k;
        }
        assert_int_equal(signif_mann_whitney(&cache, a, straight[i].n, b, straight[i].m, &p, NULL),
                         0);
        assert_near(p, straight[i].p);
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 64; k++) {
            a[k] = (double)(k * 7 % 10);
            b[k] = (double)((k * 7 + 3) % 12);
        }
        assert_int_equal(signif_mann_whitney(&cache, a, tied[i].n, b, 25, &p, NULL), 0);
        assert_near(p, tied[i].p);
    }
    signif_cache_free(&cache);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void put_in_order(double *values, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && values[k - 1] > values[k]; k--) {
            const double x = values[k];

            values[k] = values[k - 1];
            values[k - 1] = x;
        }
}

/* Twice U of the values that `chosen` names, against the others. */
static size_t twice_u(const double *value, size_t all, unsigned chosen)
{
    size_t u2 = 0;

    for (size_t i = 0; i < all; i++)
        for (size_t k = 0; k < all; k++)
            if ((chosen >> i & 1) && !(chosen >> k & 1))
                u2 += value[i] > value[k] ? 2 : value[i] == value[k];
    return u2;
}

/* Every way to deal the values to the two samples, counted one by one: with ties in all places. */
static void every_arrangement(void **state)
{
    enum { TRIALS = 300, MOST = 5 };
    struct signif_cache cache = {.bytes = 0};
    uint64_t random = 7;

    (void)state;
    for (int t = 0; t < TRIALS; t++) {
        const size_t n = 1 + next_random(&random) % MOST, m = 1 + next_random(&random) % MOST;
        const unsigned ours = (1u << n) - 1;
        size_t ways = 0, tail = 0, u2, mirror, least;
        double value[2 * MOST], p;
        bool equal = true;

        for (size_t i = 0; i < n + m; i++) {
            value[i] = (double)(next_random(&random) % (t % 2 ? 4 : 40));
            equal = equal && value[i] == value[0];
        }
        u2 = twice_u(value, n + m, ours);
        mirror = 2 * n * m - u2;
        least = u2 < mirror ? u2 : mirror;
        for (unsigned chosen = 0; chosen < 1u << (n + m); chosen++)
            if (__builtin_popcount(chosen) == (int)(u2 < mirror ? n : m)) {
                ways++;
                tail += twice_u(value, n + m, chosen) <= least;
            }
        assert_int_equal(signif_mann_whitney(&cache, value, n, value + n, m, &p, NULL), 0);
        if (equal)
            assert_true(isnan(p));
        else
            assert_near(p, u2 == mirror ? 1 : fmin(1, 2 * (double)tail / (double)ways));
    }
    signif_cache_free(&cache);
}

static void samples_needed(void **state)
{
    (void)state;
    assert_near(signif_least_p(4, 4), 2.0 / 70);
    assert_near(signif_least_p(1, 1), 1);
    assert_near(signif_least_p(0, 5), 1);
    assert_near(signif_least_p(2, 38), 2.0 / 780);
    assert_int_equal(signif_samples(0.05, 1), 4);
    assert_int_equal(signif_samples(0.05, 0), 4);
    assert_int_equal(signif_samples(0.05, 2), 5);
    assert_int_equal(signif_samples(0.01, 1), 5);
    assert_int_equal(signif_samples(0.05, 1000), 9);
    assert_int_equal(signif_samples(0, 1), 0);
}

/* The example of Benjamini and Hochberg's paper, section 3.2: at 0.05 the first four are rejected.
 */
static void false_discoveries(void **state)
{
    double p[] = {0.3240, 0.0001, NAN,    0.0004, 0.0019, 0.0095, 0.0201, 0.0278,
                  0.0298, 0.0344, 0.0459, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
    double q[16];
    size_t found = 0;

    (void)state;
    assert_int_equal(signif_fdr(p, 16, q, NULL), 0);
    for (size_t i = 0; i < 16; i++)
        found += q[i] <= 0.05;
    assert_int_equal(found, 4);
    assert_true(isnan(q[2]));
    assert_near(q[1], 0.0015);
    assert_near(q[5], 0.0095 * 15 / 4);
    assert_near(q[6], 0.0298 * 15 / 7 < 0.0201 * 15 / 5 ? 0.0298 * 15 / 7 : 0.0201 * 15 / 5);
    assert_near(q[15], 1);
    assert_int_equal(signif_fdr(p, 16, p, NULL), 0); /* in place */
    assert_near(p[1], 0.0015);
    assert_int_equal(signif_fdr(p, 0, q, NULL), 0);
}

static struct signif_interval interval(uint64_t seed, const double *a, size_t n, const double *b,
                                       size_t m, struct signif_interval *relative)
{
    struct bootstrap *boot = NULL;
    struct signif_interval absolute;

    assert_int_equal(bootstrap_new(seed, 0.95, &boot, NULL), 0);
    assert_int_equal(bootstrap_medians(boot, a, n, b, m, &absolute, relative, NULL), 0);
    bootstrap_free(boot);
    return absolute;
}

static void bootstrap_edges(void **state)
{
    static const double one[] = {10}, two[] = {12}, same[] = {5, 5, 5, 5}, zero[] = {0, 0, 0};
    struct signif_interval r, d = interval(1, one, 1, two, 1, &r);

    (void)state;
    assert_true(d.low == 2 && d.high == 2);
    assert_near(r.low, 0.2);
    assert_near(r.high, 0.2);
    d = interval(1, same, 4, same, 4, &r);
    assert_true(d.low == 0 && d.high == 0 && r.low == 0 && r.high == 0);
    d = interval(1, zero, 3, same, 4, &r);
    assert_true(d.low == 5 && isinf(r.low) && isinf(r.high));
    d = interval(1, zero, 3, zero, 3, &r);
    assert_true(d.low == 0 && r.low == 0 && r.high == 0);
    bootstrap_free(NULL);
}

/* Coverage over many samples from one distribution: the interval holds the true difference about as
 * often as it says, and the same seed gives the same interval. */
static void bootstrap_coverage(void **state)
{
    enum { TRIALS = 400, N = 20 };
    double a[N], b[N];
    uint32_t random = 12345;
    size_t held = 0;

    (void)state;
    for (size_t t = 0; t < TRIALS; t++) {
        struct signif_interval r, again, d;

        for (size_t i = 0; i < 2 * N; i++) {
            double *side = i < N ? a : b, x;
            size_t at = i % N;

            random = random * 1664525 + 1013904223;
            x = 100 + (i < N ? 0 : 7) + (double)(random >> 8) / (1 << 24) * 10;
            for (; at > 0 && side[at - 1] > x; at--)
                side[at] = side[at - 1];
            side[at] = x;
        }
        d = interval(t, a, N, b, N, &r);
        again = interval(t, a, N, b, N, &r);
        assert_true(d.low == again.low && d.high == again.high && d.low <= d.high);
        held += d.low <= 7 && d.high >= 7;
    }
    assert_in_range(held, TRIALS * 92 / 100, TRIALS * 99 / 100);
}

/* ---- the interval by its definition ---- */

enum { RESAMPLES = 999 };

static void resampled(uint64_t seed, size_t n, unsigned stream, const double *sorted, double *out)
{
    uint64_t state = seed ^ (n * 2 + stream) * 0xd1342543de82ef95u;
    double drawn[64];

    for (size_t r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < n; i++)
            drawn[i] = sorted[next_random(&state) % n];
        put_in_order(drawn, n);
        out[r] = n % 2 ? drawn[n / 2] : drawn[n / 2 - 1] / 2 + drawn[n / 2] / 2;
    }
}

/* The last bit of a part may be another: rounding of small differences need not keep their order.
 */
static void assert_same_part(double got, double want)
{
    if (!(got == want || fabs(got - want) <= 4e-16 * fabs(want)))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* All 999 differences, sorted: what is left out of most of them makes no difference. */
static void bootstrap_by_definition(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 10, 11, 20, 31};
    static double old[RESAMPLES], new[RESAMPLES], difference[RESAMPLES], part[RESAMPLES];
    uint64_t random = 11;
    double a[64], b[64];

    (void)state;
    for (size_t t = 0; t < 120; t++) {
        const size_t n = sizes[next_random(&random) % 10], m = sizes[next_random(&random) % 10];
        const double from = (double[]){100, 0, -5, -100}[t % 4];
        struct signif_interval r, d;

        for (size_t i = 0; i < n; i++)
            a[i] = from + (double)(next_random(&random) % (t % 3 ? 1000 : 4)) / 100;
        for (size_t i = 0; i < m; i++)
            b[i] = from + (double)(next_random(&random) % (t % 3 ? 1000 : 4)) / 90;
        put_in_order(a, n);
        put_in_order(b, m);
        resampled(t, n, 0, a, old);
        resampled(t, m, 1, b, new);
        for (size_t i = 0; i < RESAMPLES; i++) {
            difference[i] = new[i] - old[i];
            part[i] = signif_relative(old[i], new[i]);
        }
        put_in_order(difference, RESAMPLES);
        put_in_order(part, RESAMPLES);
        d = interval(t, a, n, b, m, &r);
        assert_true(d.low == difference[24] && d.high == difference[RESAMPLES - 25]);
        assert_same_part(r.low, part[24]);
        assert_same_part(r.high, part[RESAMPLES - 25]);
    }
}

static void bootstrap_of_one_side(void **state)
{
    static const double values[] = {1, 2, 3, 5, 8, 13, 21};
    static double medians[RESAMPLES];
    struct bootstrap *boot = NULL;
    struct signif_interval i;

    (void)state;
    assert_int_equal(bootstrap_new(5, 0.95, &boot, NULL), 0);
    assert_int_equal(bootstrap_median(boot, values, 7, &i, NULL), 0);
    resampled(5, 7, 1, values, medians);
    put_in_order(medians, RESAMPLES);
    assert_true(i.low == medians[24] && i.high == medians[RESAMPLES - 25]);
    bootstrap_free(boot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_samples),         cmocka_unit_test(large_samples),
        cmocka_unit_test(every_arrangement),     cmocka_unit_test(samples_needed),
        cmocka_unit_test(false_discoveries),     cmocka_unit_test(bootstrap_edges),
        cmocka_unit_test(bootstrap_coverage),    cmocka_unit_test(bootstrap_by_definition),
        cmocka_unit_test(bootstrap_of_one_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
