/* bootstrap.c - confidence intervals of a difference of medians.
 *
 * B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979) 1-26;
 * percentile intervals. The median of a resample of n sorted values is fixed by which positions are
 * in its middle, and those do not depend on the values: so the positions are drawn once per n and
 * used for every row of a table. Each row's interval is what it would be with draws of its own;
 * that rows share draws only means that their errors are not independent of each other.
 *
 * A table of 100 000 rows asks for 100 million differences, and of each row only the 25th from both
 * ends. So medians are taken once per distinct pair of positions, of which ten values have 55. And
 * as the values are sorted, the positions alone tell of many draws that their difference is not
 * below that of another, whatever the values: a draw with 25 such others is never the 25th, and is
 * left out once for all rows. Of 999 draws from ten values against ten, about 60 remain at each
 * end.
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

/* Some of the draws of two sides, equal ones once. */
struct picks {
    size_t n;
    struct pick {
        uint16_t first, second; /* which middles */
        uint16_t times;         /* so many draws gave them */
    } at[RESAMPLES];
};

struct pairs {
    const struct draws *first, *second;
    struct pairs *next;
    struct picks all;       /* small differences are likely to be first */
    struct picks low, high; /* those that can be an end of the interval, from the outside in */
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

    return x->score != y->score   ? (x->score > y->score) - (x->score < y->score)
           : x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                  : (x->second > y->second) - (x->second < y->second);
}

/* All draws, in the order of their scores; equal ones are neighbours. */
static void count_picks(struct pairs *p)
{
    const struct draws *first = p->first, *second = p->second;
    struct ordered order[RESAMPLES];

    for (size_t r = 0; r < RESAMPLES; r++)
        order[r] = (struct ordered){place(second, second->which[r]) - place(first, first->which[r]),
                                    first->which[r], second->which[r]};
    qsort(order, RESAMPLES, sizeof order[0], by_score);
    p->all.n = 0;
    for (size_t r = 0; r < RESAMPLES; r++) {
        if (r == 0 || by_score(&order[r], &order[r - 1]) != 0)
            p->all.at[p->all.n++] = (struct pick){order[r].first, order[r].second, 0};
        p->all.at[p->all.n - 1].times++;
    }
}

/* The difference of x is never above that of y, as the values are sorted. */
static bool never_above(const struct pairs *p, struct pick x, struct pick y)
{
    const struct middle old_x = p->first->middle[x.first], old_y = p->first->middle[y.first];
    const struct middle new_x = p->second->middle[x.second], new_y = p->second->middle[y.second];

    return new_x.low <= new_y.low && new_x.high <= new_y.high && old_x.low >= old_y.low &&
           old_x.high >= old_y.high;
}

/* What can be the `tail`-th smallest difference, or largest: of the `tail` that are, none has that
 * many others that are always at or beyond it. */
static void choose_ends(struct pairs *p, size_t tail)
{
    const struct picks *all = &p->all;

    p->low.n = p->high.n = 0;
    for (size_t i = 0; i < all->n; i++) {
        size_t beyond = 0;

        for (size_t k = 0; k < i && beyond < tail; k++)
            if (never_above(p, all->at[k], all->at[i]))
                beyond += all->at[k].times;
        if (beyond < tail)
            p->low.at[p->low.n++] = all->at[i];
    }
    for (size_t i = all->n; i-- > 0;) {
        size_t beyond = 0;

        for (size_t k = all->n; --k > i && beyond < tail;)
            if (never_above(p, all->at[i], all->at[k]))
                beyond += all->at[k].times;
        if (beyond < tail)
            p->high.at[p->high.n++] = all->at[i];
    }
}

static int pair(struct bootstrap *b, size_t n, size_t m, const struct pairs **out,
                struct pg_error *err)
{
    const struct draws *first, *second;
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
    p->first = first;
    p->second = second;
    count_picks(p);
    choose_ends(p, b->tail);
    p->next = b->pairs;
    b->pairs = p;
    *out = p;
    return 0;
}

/* The smallest values seen so far, ascending, as far as they are needed for the most-th of all. */
struct tail {
    double value[MAX_TAIL + 1];
    size_t times[MAX_TAIL + 1];
    size_t n, sum, most; /* sum: of times */
    double limit;        /* the last value */
};

static void tail_begin(struct tail *t, size_t most)
{
    t->n = t->sum = 0;
    t->most = most;
    t->limit = INFINITY;
}

static void tail_insert(struct tail *t, double x, size_t times)
{
    size_t i = t->n++;

    for (; i > 0 && t->value[i - 1] > x; i--) {
        t->value[i] = t->value[i - 1];
        t->times[i] = t->times[i - 1];
    }
    t->value[i] = x;
    t->times[i] = times;
    t->sum += times;
    while (t->sum - t->times[t->n - 1] >= t->most)
        t->sum -= t->times[--t->n];
    t->limit = t->value[t->n - 1];
}

static inline void tail_add(struct tail *t, double x, size_t times)
{
    if (x < t->limit || t->sum < t->most)
        tail_insert(t, x, times);
}

static double middle_of(const double *sorted, struct middle m)
{
    const double low = sorted[m.low], high = sorted[m.high];

    return low == high ? low : low / 2 + high / 2; /* half of the smallest double is 0 */
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

/* Both sides of a row, by distinct middles. */
struct sides {
    double old[RESAMPLES], new[RESAMPLES];
    double inverse[RESAMPLES]; /* of |old| */
    bool plain;                /* no inverse is infinite */
    size_t tail;
};

static void take_sides(const struct bootstrap *b, const struct pairs *p, const double *old,
                       const double *new, struct sides *out)
{
    medians_of(p->first, old, out->old);
    medians_of(p->second, new, out->new);
    out->plain = true;
    out->tail = b->tail;
    for (size_t i = 0; i < p->first->n_middles; i++) {
        out->inverse[i] = 1 / fabs(out->old[i]);
        out->plain = out->plain && isfinite(out->inverse[i]);
    }
}

/* An end of the interval: sign 1 the lower one, -1 the upper one. */
static double end_of(const struct picks *p, const struct sides *s, double sign)
{
    struct tail t;

    tail_begin(&t, s->tail);
    for (size_t i = 0; i < p->n; i++)
        tail_add(&t, sign * (s->new[p->at[i].second] - s->old[p->at[i].first]), p->at[i].times);
    return 0 + sign * t.limit;
}

/* The same of the differences as parts of old. */
static double part_end_of(const struct picks *p, const struct sides *s, double sign)
{
    struct tail t;

    tail_begin(&t, s->tail);
    for (size_t i = 0; i < p->n; i++) {
        const double old = s->old[p->at[i].first], new = s->new[p->at[i].second];
        const double part =
            s->plain ? (new - old) * s->inverse[p->at[i].first] : signif_relative(old, new);

        tail_add(&t, sign * part, p->at[i].times);
    }
    return 0 + sign * t.limit;
}

int bootstrap_medians(struct bootstrap *boot, const double *a, size_t n, const double *b, size_t m,
                      struct signif_interval *absolute, struct signif_interval *relative,
                      struct pg_error *err)
{
    const struct pairs *pairs = NULL;
    struct sides sides;
    int rc = pair(boot, n, m, &pairs, err);
    bool ordered;

    if (rc < 0)
        return rc;
    take_sides(boot, pairs, a, b, &sides);
    /* A part of something below 0 can be the larger the smaller the difference is. */
    ordered = sides.plain && a[0] > 0 && b[0] >= 0;
    absolute->low = end_of(&pairs->low, &sides, 1);
    absolute->high = end_of(&pairs->high, &sides, -1);
    relative->low = part_end_of(ordered ? &pairs->low : &pairs->all, &sides, 1);
    relative->high = part_end_of(ordered ? &pairs->high : &pairs->all, &sides, -1);
    return 0;
}

/* The interval of a median is that of its difference from a lone zero. */
int bootstrap_median(struct bootstrap *boot, const double *sorted, size_t n,
                     struct signif_interval *out, struct pg_error *err)
{
    const struct pairs *pairs = NULL;
    struct sides sides;
    int rc = pair(boot, 1, n, &pairs, err);

    if (rc < 0)
        return rc;
    sides.tail = boot->tail;
    sides.old[0] = 0;
    medians_of(pairs->second, sorted, sides.new);
    out->low = end_of(&pairs->low, &sides, 1);
    out->high = end_of(&pairs->high, &sides, -1);
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
    struct tail low, high, low_part, high_part;

    if (old == NULL || times == NULL) {
        free(old);
        free(times);
        return pg_error_set(err, PG_E_NOMEM, "no memory to resample %zu values", n);
    }
    new = old + n;
    place_turns(a, n, old);
    place_turns(b, n, new);
    tail_begin(&low, boot->tail);
    tail_begin(&high, boot->tail);
    tail_begin(&low_part, boot->tail);
    tail_begin(&high_part, boot->tail);
    for (size_t r = 0; r < RESAMPLES; r++) {
        double x, y, part;

        memset(times, 0, n * sizeof *times);
        for (size_t i = 0; i < n; i++)
            times[next_random(&state) % n]++;
        x = drawn_median(old, times, n);
        y = drawn_median(new, times, n);
        part = signif_relative(x, y);
        tail_add(&low, y - x, 1);
        tail_add(&high, x - y, 1);
        tail_add(&low_part, part, 1);
        tail_add(&high_part, -part, 1);
    }
    *absolute = (struct signif_interval){low.limit, 0 - high.limit};
    *relative = (struct signif_interval){low_part.limit, 0 - high_part.limit};
    free(old);
    free(times);
    return 0;
}
