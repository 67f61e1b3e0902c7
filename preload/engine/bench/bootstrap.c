/* bootstrap.c - confidence intervals of a difference of medians.
 *
 * B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979) 1-26;
 * percentile intervals. The median of a resample of n sorted values is fixed by which positions are
 * in its middle, and those do not depend on the values: so the positions are drawn once per n and
 * used for every row of a table. Each row's interval is what it would be with draws of its own;
 * that rows share draws only means that their errors are not independent of each other.
 *
 * A table of 100 000 rows asks for 100 million differences, and of each row only the 25th from both
 * ends. So medians are taken once per distinct pair of positions, of which ten values have 55, and
 * the draws are put into an order in which extreme differences come first: nearly all others are
 * then dismissed by one comparison.
 */
#include "bench/signif.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESAMPLES = 999,
    MAX_TAIL = (RESAMPLES + 1) / 4, /* at confidence 0.5 */
};

struct draws {
    size_t n;
    unsigned stream; /* the two sides of a comparison must not share draws */
    struct draws *next;
    size_t n_middles;
    struct middle { /* positions of the two middle values of a resample; ascending, distinct */
        uint32_t low, high;
    } middle[RESAMPLES];
    uint16_t which[RESAMPLES]; /* of the middles, per resample */
};

/* The draws of two sides, in the order in which they are looked at. */
struct pairs {
    const struct draws *first, *second;
    struct pairs *next;
    struct {
        uint16_t first, second; /* which middles */
    } at[RESAMPLES];
};

struct bootstrap {
    uint64_t seed;
    size_t tail; /* how many differences lie at or beyond an end of the interval */
    struct draws *draws;
    struct pairs *pairs;
};

int bootstrap_new(uint64_t seed, double confidence, struct bootstrap **out, struct pg_error *err)
{
    *out = NULL;
    if (!(confidence >= 0.5 && confidence <= 0.99))
        return pg_error_set(err, PG_E_INVALID, "a confidence of %g: give 0.5 to 0.99", confidence);
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for resampling");
    (*out)->seed = seed;
    (*out)->tail = (size_t)lround((RESAMPLES + 1) * (1 - confidence) / 2);
    return 0;
}

void bootstrap_free(struct bootstrap *b)
{
    for (struct draws *d = b != NULL ? b->draws : NULL, *next; d != NULL; d = next) {
        next = d->next;
        free(d);
    }
    for (struct pairs *p = b != NULL ? b->pairs : NULL, *next; p != NULL; p = next) {
        next = p->next;
        free(p);
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

static int by_position(const void *a, const void *b)
{
    const struct middle *x = a, *y = b;

    return x->low != y->low ? (x->low > y->low) - (x->low < y->low)
                            : (x->high > y->high) - (x->high < y->high);
}

/* drawn[RESAMPLES] as distinct middles and which of them. */
static void number_middles(struct draws *d, const struct middle *drawn)
{
    size_t n = 0;

    memcpy(d->middle, drawn, sizeof d->middle);
    qsort(d->middle, RESAMPLES, sizeof d->middle[0], by_position);
    for (size_t i = 0; i < RESAMPLES; i++)
        if (n == 0 || by_position(&d->middle[i], &d->middle[n - 1]) != 0)
            d->middle[n++] = d->middle[i];
    d->n_middles = n;
    for (size_t i = 0; i < RESAMPLES; i++) {
        const struct middle *at =
            bsearch(&drawn[i], d->middle, n, sizeof d->middle[0], by_position);

        d->which[i] = (uint16_t)(at - d->middle);
    }
}

static int draw(struct bootstrap *b, size_t n, unsigned stream, const struct draws **out,
                struct pg_error *err)
{
    uint64_t state = b->seed ^ (n * 2 + stream) * 0xd1342543de82ef95u;
    struct middle drawn[RESAMPLES];
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
        drawn[r] = (struct middle){kth(times, (n - 1) / 2), kth(times, n / 2)};
    }
    free(times);
    number_middles(d, drawn);
    d->n = n;
    d->stream = stream;
    d->next = b->draws;
    b->draws = d;
    *out = d;
    return 0;
}

/* Where a middle lies in its sample, from 0 to 1. */
static double place(const struct draws *d, size_t which)
{
    const struct middle m = d->middle[which];

    return d->n > 1 ? (double)(m.low + m.high) / (double)(2 * (d->n - 1)) : 0.5;
}

struct ordered {
    double score; /* small: the difference is likely to be */
    uint16_t first, second;
};

static int by_score(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;

    return (x->score > y->score) - (x->score < y->score);
}

static int pair(struct bootstrap *b, size_t n, size_t m, const struct pairs **out,
                struct pg_error *err)
{
    const struct draws *first, *second;
    struct ordered order[RESAMPLES];
    struct pairs *p;
    int rc;

    for (p = b->pairs; p != NULL; p = p->next)
        if (p->first->n == n && p->second->n == m) {
            *out = p;
            return 0;
        }
    rc = draw(b, n, 0, &first, err);
    rc = rc < 0 ? rc : draw(b, m, 1, &second, err);
    if (rc < 0)
        return rc;
    p = malloc(sizeof *p);
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to resample %zu values", n);
    for (size_t r = 0; r < RESAMPLES; r++)
        order[r] = (struct ordered){place(second, second->which[r]) - place(first, first->which[r]),
                                    first->which[r], second->which[r]};
    qsort(order, RESAMPLES, sizeof order[0], by_score);
    for (size_t r = 0; r < RESAMPLES; r++) { /* from both ends by turns */
        const struct ordered *o = &order[r % 2 == 0 ? r / 2 : RESAMPLES - 1 - r / 2];

        p->at[r].first = o->first;
        p->at[r].second = o->second;
    }
    p->first = first;
    p->second = second;
    p->next = b->pairs;
    b->pairs = p;
    *out = p;
    return 0;
}

/* The smallest values seen so far, ascending. */
struct tail {
    double value[MAX_TAIL];
    double limit; /* what is not below it does not belong here any more */
    size_t n, most;
};

static void tail_insert(struct tail *t, double x)
{
    size_t i;

    if (t->n < t->most)
        t->n++;
    for (i = t->n - 1; i > 0 && t->value[i - 1] > x; i--)
        t->value[i] = t->value[i - 1];
    t->value[i] = x;
    if (t->n == t->most)
        t->limit = t->value[t->most - 1];
}

static inline void tail_add(struct tail *t, double x)
{
    if (x < t->limit || t->n < t->most)
        tail_insert(t, x);
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

/* Medians of all distinct middles. */
static void medians_of(const struct draws *d, const double *sorted, double *out)
{
    for (size_t i = 0; i < d->n_middles; i++)
        out[i] = middle_of(sorted, d->middle[i]);
}

/* The smallest and the largest differences. */
struct ends {
    struct tail low, high, low_part, high_part;
};

static void ends_begin(struct ends *e, size_t tail)
{
    struct tail *all[] = {&e->low, &e->high, &e->low_part, &e->high_part};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i]->n = 0;
        all[i]->most = tail;
        all[i]->limit = -INFINITY;
    }
}

static inline void ends_add(struct ends *e, double difference, double part)
{
    tail_add(&e->low, difference);
    tail_add(&e->high, -difference);
    tail_add(&e->low_part, part);
    tail_add(&e->high_part, -part);
}

static void ends_take(const struct ends *e, struct signif_interval *absolute,
                      struct signif_interval *relative)
{
    *absolute = (struct signif_interval){e->low.limit, 0 - e->high.limit};
    *relative = (struct signif_interval){e->low_part.limit, 0 - e->high_part.limit};
}

int bootstrap_medians(struct bootstrap *boot, const double *a, size_t n, const double *b, size_t m,
                      struct signif_interval *absolute, struct signif_interval *relative,
                      struct pg_error *err)
{
    struct ends ends;
    double old[RESAMPLES], new[RESAMPLES], part_of[RESAMPLES];
    const struct pairs *pairs = NULL;
    bool plain =
        true; /* no division by 0, nor by what is so small that its inverse is not finite */
    int rc = pair(boot, n, m, &pairs, err);

    if (rc < 0)
        return rc;
    ends_begin(&ends, boot->tail);
    medians_of(pairs->first, a, old);
    medians_of(pairs->second, b, new);
    for (size_t i = 0; i < pairs->first->n_middles; i++) {
        part_of[i] = 1 / fabs(old[i]);
        plain = plain && isfinite(part_of[i]);
    }
    for (size_t r = 0; r < RESAMPLES; r++) {
        const size_t i = pairs->at[r].first, k = pairs->at[r].second;
        const double difference = new[k] - old[i];
        const double part = plain ? difference * part_of[i] : signif_relative(old[i], new[k]);

        ends_add(&ends, difference, part);
    }
    ends_take(&ends, absolute, relative);
    return 0;
}

/* ---- values in turns ---- */

struct placed {
    double value;
    size_t turn;
};

static int by_placed_value(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

static void place_turns(const double *value, size_t n, struct placed *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct placed){value[i], i};
    qsort(out, n, sizeof *out, by_placed_value);
}

/* The median where turn i was drawn times[i] times. */
static double drawn_median(const struct placed *sorted, const uint32_t *times, size_t n)
{
    size_t i = 0, low, seen = times[sorted[0].turn];

    for (; seen <= (n - 1) / 2; seen += times[sorted[i].turn])
        i++;
    for (low = i; seen <= n / 2; seen += times[sorted[i].turn])
        i++;
    return low == i ? sorted[i].value : sorted[low].value / 2 + sorted[i].value / 2;
}

int bootstrap_paired(struct bootstrap *boot, const double *a, const double *b, size_t n,
                     struct signif_interval *absolute, struct signif_interval *relative,
                     struct pg_error *err)
{
    struct placed *old = calloc(2 * n, sizeof *old), *new;
    uint32_t *times = calloc(n, sizeof *times);
    uint64_t state = boot->seed ^ n * 0xd1342543de82ef95u;
    struct ends ends;

    if (old == NULL || times == NULL) {
        free(old);
        free(times);
        return pg_error_set(err, PG_E_NOMEM, "no memory to resample %zu values", n);
    }
    new = old + n;
    place_turns(a, n, old);
    place_turns(b, n, new);
    ends_begin(&ends, boot->tail);
    for (size_t r = 0; r < RESAMPLES; r++) {
        double x, y;

        memset(times, 0, n * sizeof *times);
        for (size_t i = 0; i < n; i++)
            times[next_random(&state) % n]++;
        x = drawn_median(old, times, n);
        y = drawn_median(new, times, n);
        ends_add(&ends, y - x, signif_relative(x, y));
    }
    ends_take(&ends, absolute, relative);
    free(old);
    free(times);
    return 0;
}
