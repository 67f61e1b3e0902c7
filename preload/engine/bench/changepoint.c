/* changepoint.c - optimal partitioning of a series into levels.
 *
 * The noise is taken from differences of neighbours, which a change of level hardly touches: their
 * median magnitude, as a standard deviation. One run far off is not a level: it is replaced by the
 * median of itself and its neighbours. A level has at least two values, so a change at the very
 * last run is only known with the next one.
 */
#include "bench/changepoint.h"

#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>

enum { SHORTEST = 2 };

/* A median of few differences is often too small: so many tenths are added for ten values, and ever
 * less for more. With it one series of noise in twenty, at most, is found to have a change. */
#define FEW_VALUES 7.0
#define FAR        4.0 /* standard deviations from both neighbours */

struct search {
    const double *value; /* without the runs that are far off */
    size_t n;
    double *sum, *squares; /* of the first i values, about a middle value */
    double *best;          /* cost of the best segmentation of the first i values */
    size_t *last;          /* where its last segment begins */
    double penalty;
};

static int find_exact(const double *value, size_t n, size_t *change)
{
    int found = 0;

    for (size_t i = 1; i < n; i++)
        if (value[i] != value[i - 1])
            change[found++] = i;
    return found;
}

/* Standard deviation of the noise: median |difference of neighbours| / (0.6745 * sqrt 2). Where
 * more than half of the neighbours are equal, the mean instead of the median; 0: no noise at all.
 */
static double noise_of(const double *value, size_t n, double *room)
{
    double mean = 0, median;

    for (size_t i = 1; i < n; i++) {
        room[i - 1] = fabs(value[i] - value[i - 1]);
        mean += room[i - 1] / (double)(n - 1);
    }
    median = stats_describe(room, n - 1).median;
    return (median > 0 ? median / 0.6745 : mean) / M_SQRT2 * (1 + FEW_VALUES / (double)n);
}

static double median_of_3(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* At the ends the two nearest values stand for the neighbours. n is at least 3. */
static void without_far_off(const double *value, size_t n, double noise, double *out)
{
    for (size_t i = 0; i < n; i++) {
        const size_t first = i == 0 ? 0 : i + 1 == n ? n - 3 : i - 1;
        const double m = median_of_3(value[first], value[first + 1], value[first + 2]);

        out[i] = fabs(value[i] - m) > FAR * noise ? m : value[i];
    }
}

/* Sum of squared deviations of value[a .. b) from their mean. */
static double cost(const struct search *s, size_t a, size_t b)
{
    const double sum = s->sum[b] - s->sum[a];
    const double c = s->squares[b] - s->squares[a] - sum * sum / (double)(b - a);

    return c > 0 ? c : 0;
}

static void accumulate(struct search *s)
{
    const double middle = s->value[s->n / 2];

    s->sum[0] = s->squares[0] = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double x = s->value[i] - middle;

        s->sum[i + 1] = s->sum[i] + x;
        s->squares[i + 1] = s->squares[i] + x * x;
    }
}

/* best[b] = min over a of best[a] + cost(a, b) + penalty */
static void partition(struct search *s)
{
    s->best[0] = -s->penalty;
    for (size_t b = 1; b <= s->n; b++) {
        s->best[b] = INFINITY;
        s->last[b] = 0;
        for (size_t a = 0; a + SHORTEST <= b; a++) {
            const double c = s->best[a] + cost(s, a, b) + s->penalty;

            if (c < s->best[b]) {
                s->best[b] = c;
                s->last[b] = a;
            }
        }
    }
}

static int read_back(const struct search *s, size_t *change)
{
    int found = 0;

    for (size_t b = s->n; s->last[b] > 0; b = s->last[b])
        change[found++] = s->last[b];
    for (int i = 0; i < found / 2; i++) {
        const size_t swap = change[i];

        change[i] = change[found - 1 - i];
        change[found - 1 - i] = swap;
    }
    return found;
}

int changepoint_find(const double *value, size_t n, bool exact, size_t *change,
                     struct pg_error *err)
{
    struct search s = {.n = n};
    double *room, noise;
    int found = 0;

    if (n > CHANGEPOINT_MAX)
        return pg_error_set(err, PG_E_LIMIT, "%zu runs are too many to look for changes", n);
    if (exact)
        return find_exact(value, n, change);
    if (n < CHANGEPOINT_MIN)
        return 0;
    room = calloc(4 * (n + 1), sizeof *room);
    s.last = calloc(n + 1, sizeof *s.last);
    if (room == NULL || s.last == NULL) {
        free(room);
        free(s.last);
        return pg_error_set(err, PG_E_NOMEM, "no memory to look for changes in %zu runs", n);
    }
    s.sum = room;
    s.squares = room + (n + 1);
    s.best = room + 2 * (n + 1);
    noise = noise_of(value, n, room + 3 * (n + 1));
    if (noise > 0) {
        without_far_off(value, n, noise, room + 3 * (n + 1));
        s.value = room + 3 * (n + 1);
        s.penalty = 3 * log((double)n) * noise * noise;
        accumulate(&s);
        partition(&s);
        found = read_back(&s, change);
    }
    free(room);
    free(s.last);
    return found;
}
