/* signif.c - the Mann-Whitney U test and the control of false discoveries.
 *
 * H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically
 * larger than the other", Annals of Mathematical Statistics 18 (1947) 50-60. Benchmarks are skewed
 * and have outliers; ranks do not mind. benchstat decides by the same test, and people compare our
 * calls with its calls, so the choice between the exact distribution and the normal approximation
 * is made at its sample sizes: exact up to 50 per side, with ties up to 25.
 */
#include "bench/signif.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_LIMIT = 50, EXACT_LIMIT_TIES = 25, MOST_SAMPLES = 100 };

struct item {
    double value;
    bool first; /* of the first sample */
};

/* Equal values and where they stand. */
struct group {
    size_t size;
    size_t rank2; /* twice the mean rank */
};

struct ranks {
    size_t n, m, n_groups;
    bool ties;
    size_t u2; /* twice the U of the first sample: pairs in which it is larger, ties half */
    struct group *group;
};

static int by_value(const void *a, const void *b)
{
    const double x = ((const struct item *)a)->value, y = ((const struct item *)b)->value;

    return (x > y) - (x < y);
}

/* Groups of the merged, sorted items. */
static void rank(struct ranks *r, const struct item *item)
{
    const size_t all = r->n + r->m;
    size_t sum2 = 0;

    for (size_t i = 0, end; i < all; i = end) {
        size_t first = 0;

        for (end = i; end < all && item[end].value == item[i].value; end++)
            first += item[end].first;
        r->group[r->n_groups] = (struct group){end - i, i + 1 + end};
        sum2 += first * r->group[r->n_groups++].rank2;
        r->ties |= end - i > 1;
    }
    r->u2 = sum2 - r->n * (r->n + 1);
}

static double choose(size_t n, size_t k)
{
    double c = 1;

    for (size_t i = 1; i <= k; i++)
        c = c * (double)(n - k + i) / (double)i;
    return c;
}

/* P(U <= u) for every u up to the middle, without ties. */
struct null_distribution {
    struct null_distribution *next;
    size_t n, m;
    double tail[]; /* n * m / 2 + 1 */
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

static const struct null_distribution *without_ties(struct signif_cache *cache, size_t n, size_t m)
{
    struct null_distribution *d;

    for (d = cache->first; d != NULL; d = d->next)
        if (d->n == n && d->m == m)
            return d;
    d = malloc(sizeof *d + (n * m / 2 + 1) * sizeof d->tail[0]);
    if (d == NULL)
        return NULL;
    d->n = n;
    d->m = m;
    fill_without_ties(d);
    d->next = cache->first;
    cache->first = d;
    return d;
}

void signif_cache_free(struct signif_cache *cache)
{
    for (struct null_distribution *d = cache->first, *next; d != NULL; d = next) {
        next = d->next;
        free(d);
    }
    cache->first = NULL;
}

/* P(2U <= u2) with ties for the sample of n, given the tied groups: counts[k * width + s] is the
 * number of ways to give k of the values seen so far to that sample with twice their rank sum being
 * s. Left out are sums that no k values have, and those from which the n - k still to come, of this
 * rank or higher, lead beyond width. */
static double tail_with_ties(const struct ranks *r, size_t n, size_t u2, double *counts)
{
    const size_t width = u2 + n * (n + 1) + 1;
    double sum = 0;

    memset(counts, 0, (n + 1) * width * sizeof *counts);
    counts[0] = 1;
    for (size_t g = 0; g < r->n_groups; g++) {
        const struct group *group = &r->group[g];

        for (size_t k = n; k > 0; k--) {
            const size_t to_come = (n - k) * group->rank2, most = k * group->rank2 + 1;
            const size_t end = to_come >= width         ? 0
                               : most < width - to_come ? most
                                                        : width - to_come;

            for (size_t j = 1; j <= group->size && j <= k; j++) {
                const double ways = choose(group->size, j);
                const size_t step = j * group->rank2;

                for (size_t s = step + (k - j) * (k - j + 1); s < end; s++)
                    counts[k * width + s] += ways * counts[(k - j) * width + s - step];
            }
        }
    }
    for (size_t s = 0; s < width; s++)
        sum += counts[n * width + s];
    return sum / choose(r->n + r->m, n);
}

/* Twice the tail on the side where the first sample lies. With ties and unequal sizes the
 * distribution is not symmetric, so the tail is that of the sample with the smaller U: swapping the
 * samples must not change p. (moremath always takes the distribution of the first sample, and so
 * can give a p above 1; for equal sizes and without ties there is no difference.) */
static int exact_p(struct signif_cache *cache, const struct ranks *r, double *p,
                   struct pg_error *err)
{
    const size_t mirror = 2 * r->n * r->m - r->u2, least = r->u2 < mirror ? r->u2 : mirror;
    const size_t n = r->u2 < mirror ? r->n : r->m;
    double *scratch = NULL;
    const struct null_distribution *d = NULL;

    if (r->u2 == mirror) { /* the middle: both tails are everything */
        *p = 1;
        return 0;
    }
    if (r->ties)
        scratch = malloc((n + 1) * (least + n * (n + 1) + 1) * sizeof *scratch);
    else
        d = without_ties(cache, r->n, r->m);
    if (scratch == NULL && d == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to test %zu against %zu samples", r->n,
                            r->m);
    *p = 2 * (r->ties ? tail_with_ties(r, n, least, scratch) : d->tail[least / 2]);
    if (*p > 1)
        *p = 1;
    free(scratch);
    return 0;
}

/* With corrections for ties and for continuity. */
static double normal_p(const struct ranks *r)
{
    const double n = (double)r->n, m = (double)r->m, all = n + m;
    double ties = 0, deviation, distance;

    for (size_t g = 0; g < r->n_groups; g++) {
        const double t = (double)r->group[g].size;

        ties += t * t * t - t;
    }
    deviation = sqrt(n * m * (all + 1 - ties / (all * (all - 1))) / 12);
    distance = fabs((double)r->u2 / 2 - n * m / 2);
    if (distance != 0)
        distance = fabs(distance - 0.5);
    return erfc(distance / deviation / M_SQRT2);
}

int signif_mann_whitney(struct signif_cache *cache, const double *a, size_t n, const double *b,
                        size_t m, double *p, struct pg_error *err)
{
    struct signif_cache own = {NULL};
    struct ranks r = {.n = n, .m = m};
    struct item *item = calloc(n + m + 1, sizeof *item);
    int rc = 0;

    r.group = calloc(n + m + 1, sizeof *r.group);
    *p = NAN;
    if (item == NULL || r.group == NULL) {
        rc = pg_error_set(err, PG_E_NOMEM, "no memory to test %zu against %zu samples", n, m);
    } else if (n > 0 && m > 0) {
        const size_t limit_ties = EXACT_LIMIT_TIES, larger = n > m ? n : m;

        for (size_t i = 0; i < n + m; i++)
            item[i] = (struct item){i < n ? a[i] : b[i - n], i < n};
        qsort(item, n + m, sizeof *item, by_value);
        rank(&r, item);
        if (r.n_groups > 1 && larger <= (r.ties ? limit_ties : EXACT_LIMIT))
            rc = exact_p(cache != NULL ? cache : &own, &r, p, err);
        else if (r.n_groups > 1)
            *p = normal_p(&r);
    }
    signif_cache_free(&own);
    free(item);
    free(r.group);
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
