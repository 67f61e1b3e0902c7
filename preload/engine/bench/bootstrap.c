/* bootstrap.c - confidence intervals of a difference of medians.
 *
 * B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979) 1-26;
 * percentile intervals. The median of a resample of n sorted values is fixed by which positions are
 * in its middle, and those do not depend on the values: so the positions are drawn once per n and
 * used for every row of a table. Each row's interval is what it would be with draws of its own;
 * that rows share draws only means that their errors are not independent of each other.
 */
#include "bench/signif.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESAMPLES = 999,
    TAIL = 25, /* (RESAMPLES + 1) * 2.5 % */
};

struct draws { /* positions of the two middle values of each resample */
    size_t n;
    unsigned stream; /* the two sides of a comparison must not share draws */
    struct draws *next;
    struct middle {
        uint32_t low, high;
    } middle[RESAMPLES];
};

struct bootstrap {
    uint64_t seed;
    struct draws *draws;
};

int bootstrap_new(uint64_t seed, struct bootstrap **out, struct pg_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for resampling");
    (*out)->seed = seed;
    return 0;
}

void bootstrap_free(struct bootstrap *b)
{
    for (struct draws *d = b != NULL ? b->draws : NULL, *next; d != NULL; d = next) {
        next = d->next;
        free(d);
    }
    free(b);
}

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* times[i] says how often position i is in a resample; the k-th (from 0) of them all. */
static uint32_t kth(const uint32_t *times, size_t k)
{
    uint32_t i = 0;

    for (size_t seen = times[0]; seen <= k; seen += times[i])
        i++;
    return i;
}

static int draw(struct bootstrap *b, size_t n, unsigned stream, const struct draws **out,
                struct pg_error *err)
{
    uint64_t state = b->seed ^ (n * 2 + stream) * 0xd1342543de82ef95u;
    uint32_t *times;
    struct draws *d;

    for (d = b->draws; d != NULL; d = d->next)
        if (d->n == n && d->stream == stream) {
            *out = d;
            return 0;
        }
    d = malloc(sizeof *d);
    times = calloc(n, sizeof *times);
    if (d == NULL || times == NULL) {
        free(d);
        free(times);
        return pg_error_set(err, PG_E_NOMEM, "no memory to resample %zu values", n);
    }
    for (size_t r = 0; r < RESAMPLES; r++) {
        memset(times, 0, n * sizeof *times);
        for (size_t i = 0; i < n; i++)
            times[next_random(&state) % n]++;
        d->middle[r] = (struct middle){kth(times, (n - 1) / 2), kth(times, n / 2)};
    }
    free(times);
    d->n = n;
    d->stream = stream;
    d->next = b->draws;
    b->draws = d;
    *out = d;
    return 0;
}

/* The TAIL smallest seen so far, ascending. */
struct tail {
    double value[TAIL];
    size_t n;
};

static void tail_add(struct tail *t, double x)
{
    size_t i;

    if (t->n == TAIL && !(x < t->value[TAIL - 1]))
        return;
    if (t->n < TAIL)
        t->n++;
    for (i = t->n - 1; i > 0 && t->value[i - 1] > x; i--)
        t->value[i] = t->value[i - 1];
    t->value[i] = x;
}

static double middle_of(const double *sorted, struct middle m)
{
    return m.low == m.high ? sorted[m.low] : sorted[m.low] / 2 + sorted[m.high] / 2;
}

double signif_relative(double a, double b)
{
    if (a == 0)
        return b == 0 ? 0 : copysign(INFINITY, b);
    return (b - a) / fabs(a);
}

int bootstrap_medians(struct bootstrap *boot, const double *a, size_t n, const double *b, size_t m,
                      struct signif_interval *absolute, struct signif_interval *relative,
                      struct pg_error *err)
{
    struct tail low = {.n = 0}, high = {.n = 0}, low_part = {.n = 0}, high_part = {.n = 0};
    const struct draws *first, *second;
    int rc = draw(boot, n, 0, &first, err);

    if (rc == 0)
        rc = draw(boot, m, 1, &second, err);
    for (size_t r = 0; rc == 0 && r < RESAMPLES; r++) {
        const double x = middle_of(a, first->middle[r]), y = middle_of(b, second->middle[r]);
        const double part = signif_relative(x, y);

        tail_add(&low, y - x);
        tail_add(&high, x - y);
        tail_add(&low_part, part);
        tail_add(&high_part, -part);
    }
    if (rc < 0)
        return rc;
    *absolute = (struct signif_interval){low.value[TAIL - 1], 0 - high.value[TAIL - 1]};
    *relative = (struct signif_interval){low_part.value[TAIL - 1], 0 - high_part.value[TAIL - 1]};
    return 0;
}
