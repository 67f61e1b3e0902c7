/* signif.c - the Mann-Whitney U test and the control of false discoveries.
 *
 * H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically
 * larger than the other", Annals of Mathematical Statistics 18 (1947) 50-60. Benchmarks are skewed
 * and have outliers; ranks do not mind. benchstat decides by the same test, and people compare our
 * calls with its calls, so the choice between the exact distribution and the normal approximation
 * is made at its sample sizes: exact up to 50 per side, with ties up to 25.
 */
#include "bench/signif.h"

#include "bench/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_LIMIT = 50, EXACT_LIMIT_TIES = 25, MOST_SAMPLES = 100, CACHE_BYTES = 8 << 20 };

struct ranks {
    size_t n, m, groups; /* groups of equal values */
    size_t u2; /* twice the U of the first sample: pairs in which it is larger, ties half */
    bool ties;
    uint64_t tied; /* bit i: the i-th and the next of all values, sorted, are equal; to 64 values */
    double tie_term; /* sum of t^3 - t over the groups */
};

/* One group of t values, `first` of them of the first sample, `seen` smaller ones. */
static void rank_group(struct ranks *r, size_t seen, size_t t, size_t first, size_t *sum2)
{
    const double size = (double)t;

    *sum2 += first * (2 * seen + t + 1); /* twice the mean rank */
    r->groups++;
    r->ties |= t > 1;
    r->tie_term += size * size * size - size;
    if (t > 1 && seen + t <= 64)
        r->tied |= ((1ull << (t - 1)) - 1) << seen;
}

/* Of two sorted samples. */
static struct ranks rank(const double *a, size_t n, const double *b, size_t m)
{
    struct ranks r = {.n = n, .m = m};
    size_t sum2 = 0;

    for (size_t i = 0, k = 0; i < n || k < m;) {
        const double least = k == m || (i < n && a[i] < b[k]) ? a[i] : b[k];
        const size_t before = i, seen = i + k;

        while (i < n && a[i] == least)
            i++;
        while (k < m && b[k] == least)
            k++;
        rank_group(&r, seen, i + k - seen, i - before, &sum2);
    }
    r.u2 = sum2 - n * (n + 1);
    return r;
}

static double choose(size_t n, size_t k)
{
    double c = 1;

    for (size_t i = 1; i <= k; i++)
        c = c * (double)(n - k + i) / (double)i;
    return c;
}

/* The distribution of U of n values against m when there is no difference. */
struct null_distribution {
    struct null_distribution *next;
    size_t n, m;
    uint64_t tied; /* see struct ranks */
    double tail[]; /* up to the middle: without ties P(U <= i), with ties P(2U <= i) */
};

/* The number of arrangements with U = u is the coefficient of q^u in the Gaussian binomial of n + m
 * over n, the product over i of (1 - q^(m+i)) / (1 - q^i). A coefficient depends only on those
 * below it, so that small tails keep their relative precision. */
static void fill_without_ties(struct null_distribution *d)
{
    const size_t most = d->n * d->m / 2;
    const double all = choose(d->n + d->m, d->n);
    double *c = d->tail;

    memset(c, 0, (most + 1) * sizeof *c);
    c[0] = 1;
    for (size_t i = 1; i <= d->n; i++) {
        for (size_t k = most + 1; k-- > d->m + i;)
            c[k] -= c[k - d->m - i];
        for (size_t k = i; k <= most; k++)
            c[k] += c[k - i];
    }
    for (size_t k = 1; k <= most; k++)
        c[k] += c[k - 1];
    for (size_t k = 0; k <= most; k++)
        c[k] /= all;
}

/* ways[k * width + u] is the number of ways to give k of the values seen so far to the first sample
 * with 2U = u. Of the next t, which are equal, j go there: each of them is larger than the seen
 * ones of the second sample and ties with the t - j others. Whole numbers below 2^53, so exact. */
static void add_group(double *ways, size_t width, size_t n, size_t seen, size_t t)
{
    for (size_t k = n < seen + t ? n : seen + t; k > 0; k--)
        for (size_t j = 1; j <= t && j <= k; j++) {
            const size_t from = k - j, second = seen - from; /* of the seen ones */
            const size_t gain = j * (2 * second + t - j), reach = 2 * from * second;
            const double of_group = choose(t, j);
            const double *source;
            double *sum;

            if (from > seen || gain >= width)
                continue;
            source = ways + from * width;
            sum = ways + k * width + gain;
            for (size_t u = 0; u <= reach && u < width - gain; u++)
                sum[u] += of_group * source[u];
        }
}

static bool fill_with_ties(struct null_distribution *d)
{
    const size_t width = d->n * d->m + 1, values = d->n + d->m;
    const double all = choose(values, d->n);
    double *ways = calloc((d->n + 1) * width, sizeof *ways), sum = 0;

    if (ways == NULL)
        return false;
    ways[0] = 1;
    for (size_t seen = 0, t; seen < values; seen += t) {
        for (t = 1; d->tied >> (seen + t - 1) & 1; t++)
            ;
        add_group(ways, width, d->n, seen, t);
    }
    for (size_t u = 0; u < width; u++) {
        sum += ways[d->n * width + u];
        d->tail[u] = sum / all;
    }
    free(ways);
    return true;
}

void signif_cache_free(struct signif_cache *cache)
{
    for (size_t i = 0; i < SIGNIF_BUCKETS; i++)
        for (struct null_distribution *d = cache->bucket[i], *next; d != NULL; d = next) {
            next = d->next;
            free(d);
        }
    *cache = (struct signif_cache){.bytes = 0};
}

static struct null_distribution **bucket_of(struct signif_cache *cache, size_t n, size_t m,
                                            uint64_t tied)
{
    const uint64_t hash = (tied * 0x9e3779b97f4a7c15u ^ (n << 6 | m)) * 0xd1342543de82ef95u;

    return &cache->bucket[(hash >> 32) % SIGNIF_BUCKETS];
}

/* From the cache, or made for it; what a table of many rows has is made once. NULL: no memory. */
static const struct null_distribution *distribution(struct signif_cache *cache, size_t n, size_t m,
                                                    uint64_t tied)
{
    const size_t tails = tied != 0 ? n * m + 1 : n * m / 2 + 1;
    const size_t bytes = sizeof(struct null_distribution) + tails * sizeof(double);
    struct null_distribution **bucket = bucket_of(cache, n, m, tied), *d;

    for (d = *bucket; d != NULL; d = d->next)
        if (d->n == n && d->m == m && d->tied == tied)
            return d;
    if (cache->bytes + bytes > CACHE_BYTES)
        signif_cache_free(cache);
    d = malloc(bytes);
    if (d == NULL)
        return NULL;
    *d = (struct null_distribution){.next = *bucket, .n = n, .m = m, .tied = tied};
    if (tied == 0) {
        fill_without_ties(d);
    } else if (!fill_with_ties(d)) {
        free(d);
        return NULL;
    }
    *bucket = d;
    cache->bytes += bytes;
    return d;
}

/* Twice the tail on the side where the first sample lies. With ties and unequal sizes the
 * distribution is not symmetric, so the tail is that of the sample with the smaller U: swapping the
 * samples must not change p. (moremath always takes the distribution of the first sample, and so
 * can give a p above 1; for equal sizes and without ties there is no difference.) */
static int exact_p(struct signif_cache *cache, const struct ranks *r, double *p,
                   struct pg_error *err)
{
    const size_t mirror = 2 * r->n * r->m - r->u2;
    const bool swap = r->u2 >= mirror;
    const size_t least = swap ? mirror : r->u2;
    const struct null_distribution *d;

    if (r->u2 == mirror) { /* the middle: both tails are everything */
        *p = 1;
        return 0;
    }
    d = distribution(cache, swap ? r->m : r->n, swap ? r->n : r->m, r->tied);
    if (d == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to test %zu against %zu samples", r->n,
                            r->m);
    *p = fmin(1, 2 * d->tail[r->ties ? least : least / 2]);
    return 0;
}

/* With corrections for ties and for continuity. */
static double normal_p(const struct ranks *r)
{
    const double n = (double)r->n, m = (double)r->m, all = n + m;
    const double deviation = sqrt(n * m * (all + 1 - r->tie_term / (all * (all - 1))) / 12);
    double distance = fabs((double)r->u2 / 2 - n * m / 2);

    if (distance != 0)
        distance = fabs(distance - 0.5);
    return erfc(distance / deviation / M_SQRT2);
}

static int test_sorted(struct signif_cache *cache, const double *a, size_t n, const double *b,
                       size_t m, double *p, struct pg_error *err)
{
    const struct ranks r = rank(a, n, b, m);
    const size_t limit = r.ties ? EXACT_LIMIT_TIES : EXACT_LIMIT;

    *p = NAN;
    if (n == 0 || m == 0 || r.groups < 2)
        return 0;
    if (n <= limit && m <= limit)
        return exact_p(cache, &r, p, err);
    *p = normal_p(&r);
    return 0;
}

int signif_mann_whitney(struct signif_cache *cache, const double *a, size_t n, const double *b,
                        size_t m, double *p, struct pg_error *err)
{
    double *sorted;
    int rc;

    if (stats_is_sorted(a, n) && stats_is_sorted(b, m))
        return test_sorted(cache, a, n, b, m, p, err);
    sorted = calloc(n + m, sizeof *sorted);
    if (sorted == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to test %zu against %zu samples", n, m);
    memcpy(sorted, a, n * sizeof *a);
    memcpy(sorted + n, b, m * sizeof *b);
    stats_sort(sorted, n);
    stats_sort(sorted + n, m);
    rc = test_sorted(cache, sorted, n, sorted + n, m, p, err);
    free(sorted);
    return rc;
}

double signif_least_p(size_t n, size_t m)
{
    return n > 0 && m > 0 ? fmin(1, 2 / choose(n + m, n < m ? n : m)) : 1;
}

size_t signif_samples(double alpha, size_t tests)
{
    for (size_t n = 1; n <= MOST_SAMPLES; n++)
        if (signif_least_p(n, n) * (double)(tests > 0 ? tests : 1) <= alpha)
            return n;
    return 0;
}

/* ---- false discoveries ---- */

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return x->p != y->p ? (x->p > y->p) - (x->p < y->p) : (x->at > y->at) - (x->at < y->at);
}

/* Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate: a practical and powerful
 * approach to multiple testing", J. R. Statist. Soc. B 57 (1995) 289-300. */
int signif_fdr(const double *p, size_t n, double *q, struct pg_error *err)
{
    struct ranked *order = calloc(n + 1, sizeof *order);
    size_t tests = 0;
    double least = 1;

    if (order == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for %zu p values", n);
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            order[tests++] = (struct ranked){p[i], i};
    qsort(order, tests, sizeof *order, by_p);
    for (size_t i = 0; i < n; i++)
        q[i] = NAN;
    for (size_t i = tests; i-- > 0;) {
        least = fmin(least, order[i].p * (double)tests / (double)(i + 1));
        q[order[i].at] = least;
    }
    free(order);
    return 0;
}
