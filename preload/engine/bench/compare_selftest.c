#include "bench/compare_selftest.h"

#include "bench/compare_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FARTHEST = 10, /* times the step beyond the limit that is looked at */
    HALVINGS = 10, /* of the search for the smallest difference */
};

struct trial {
    const struct comparison *c;
    struct compare_context context;
    struct signif_cache cache;
    struct bootstrap *boot;
    double *p; /* of all tested rows, ascending */
    size_t n_p;
    /* p * n_p / rank, and of that the least: with ranks from 1 from each row on, and with ranks one
     * higher over each row and the next 2^k - 1, level after level. So a row is corrected without
     * looking at all others. */
    double *behind, *between;
    double *value, *turn; /* room for the values of the largest sample */
};

static int no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "no memory to test the gates");
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int prepare_ranks(struct trial *t, struct pg_error *err)
{
    const size_t n = t->n_p;
    size_t levels = 1;

    while (n >> levels > 0)
        levels++;
    t->behind = calloc(n + 1, sizeof *t->behind);
    t->between = calloc(n * levels + 1, sizeof *t->between);
    if (t->behind == NULL || t->between == NULL)
        return no_memory(err);
    t->behind[n] = INFINITY;
    for (size_t i = n; i-- > 0;) {
        t->behind[i] = fmin(t->behind[i + 1], t->p[i] * (double)n / (double)(i + 1));
        t->between[i] = t->p[i] * (double)n / (double)(i + 2);
    }
    for (size_t k = 1; k < levels; k++) {
        const double *half = t->between + (k - 1) * n;
        const size_t step = (size_t)1 << (k - 1);

        for (size_t i = 0; i + 2 * step <= n; i++)
            t->between[k * n + i] = fmin(half[i], half[i + step]);
    }
    return 0;
}

static double least_between(const struct trial *t, size_t from, size_t to)
{
    size_t k = 0;

    if (from >= to)
        return INFINITY;
    while ((to - from) >> (k + 1) > 0)
        k++;
    return fmin(t->between[k * t->n_p + from], t->between[k * t->n_p + to - ((size_t)1 << k)]);
}

/* How many p are below x, or with `equal` at most x. */
static size_t count_below(const struct trial *t, double x, bool equal)
{
    size_t low = 0, high = t->n_p;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (t->p[middle] < x || (equal && t->p[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The q of a row whose p is `now` instead of `before` (NAN: it was not tested): as signif_fdr, for
 * one row. */
static double corrected(const struct trial *t, double before, double now)
{
    const size_t n = t->n_p, at = isnan(now) ? 0 : count_below(t, now, true);
    const size_t was = isnan(before) ? n : count_below(t, before, false);

    if (isnan(now))
        return NAN;
    if (isnan(before)) { /* one more test */
        const double tests = (double)n + 1;

        return fmin(now * tests / (double)(at + 1), least_between(t, at, n) * tests / (double)n);
    }
    if (was < at) /* the rank of all that follows stays */
        return fmin(now * (double)n / (double)at, t->behind[at]);
    return fmin(now * (double)n / (double)(at + 1),
                fmin(least_between(t, at, was), t->behind[was + 1]));
}

/* Compares OLD with NEW moved so that the difference of the medians is `size`. True: it fails. */
static int try_size(struct trial *t, const struct compare_row *row, double size, bool *fails,
                    const char **reason, struct pg_error *err)
{
    const double unit = !row->gate->relative   ? 1
                        : row->old_median != 0 ? fabs(row->old_median)
                                               : 1 / fmax(fabs(size), 1e-9);
    const double shift = size * unit - row->absolute;
    struct sample moved = *row->new;
    struct compare_row worse = *row;
    int rc;

    for (size_t i = 0; i < moved.n; i++)
        t->value[i] = moved.value[i] + shift;
    moved.value = t->value;
    for (size_t i = 0; moved.turn != NULL && i < moved.n; i++)
        t->turn[i] = moved.turn[i] + shift;
    moved.turn = moved.turn != NULL ? t->turn : NULL;
    worse.new = &moved;
    worse.reason = "";
    worse.p = NAN;
    worse.verdict = COMPARE_NONE;
    rc = compare_measure(&t->cache, t->boot, &worse, err);
    if (rc < 0)
        return rc;
    worse.q = corrected(t, row->p, worse.p);
    t->context.n_tests = t->n_p + (isnan(row->p) && !isnan(worse.p));
    compare_judge(&t->context, &worse);
    *fails = worse.verdict == COMPARE_FAIL;
    *reason = worse.reason;
    return 0;
}

static bool whole_numbers(const struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->value[i] != floor(s->value[i]))
            return false;
    return true;
}

/* How far beyond its limit a regression must be found. */
static double step_of(const struct compare_row *row)
{
    const double limit = fabs(row->gate->limit), middle = fabs(row->old_median);
    const bool whole = whole_numbers(row->old) && whole_numbers(row->new);
    const double one = !row->gate->relative ? 1 : middle > 0 ? 1 / middle : 1;

    if (row->exact && whole)
        return limit > 0 ? fmax(limit / 1000, one) : one;
    if (row->exact)
        return limit > 0 ? limit / 1000 : row->gate->relative ? 1e-6 : middle * 1e-6;
    if (limit > 0)
        return limit;
    if (row->gate->relative)
        return 0.01;
    return whole || middle == 0 ? 1 : middle / 100;
}

/* The smallest size that fails, between one that does not and one that does. */
static int narrow(struct trial *t, const struct compare_row *row, double no, double yes,
                  double *smallest, struct pg_error *err)
{
    const char *unused;
    bool fails;
    int rc = 0;

    for (int i = 0; i < HALVINGS && rc == 0; i++) {
        const double middle = no / 2 + yes / 2;

        rc = try_size(t, row, middle, &fails, &unused, err);
        *(rc == 0 && fails ? &yes : &no) = middle;
    }
    *smallest = yes;
    return rc;
}

static int prove(struct trial *t, struct compare_proof *proof, struct pg_error *err)
{
    const struct compare_row *row = proof->row;
    const struct gate *g = row->gate;
    double step, no = g->limit;
    const char *unused;
    bool fails = false;
    int rc;

    if (row->old == NULL || row->new == NULL || row->old->n == 0 || row->new->n == 0) {
        proof->reason = row->reason[0] != '\0' ? row->reason : "there are no two sides to compare";
        return 0;
    }
    step = step_of(row) * (g->at_least ? -1 : 1);
    proof->injected = g->limit + step;
    rc = try_size(t, row, proof->injected, &proof->found, &proof->reason, err);
    if (rc < 0)
        return rc;
    if (proof->found) {
        proof->reason = "";
        return narrow(t, row, no, proof->injected, &proof->smallest, err);
    }
    if (proof->reason[0] == '\0')
        proof->reason = "it passes with the regression: the control shows as much noise";
    for (double far = 2; far <= FARTHEST && !fails && rc == 0; far += 2) {
        rc = try_size(t, row, g->limit + far * step, &fails, &unused, err);
        if (rc == 0 && fails)
            rc = narrow(t, row, no, g->limit + far * step, &proof->smallest, err);
        no = g->limit + far * step;
    }
    return rc;
}

static int prepare(struct trial *t, const struct compare_options *o, struct compare_selftest *out,
                   struct pg_error *err)
{
    const struct comparison *c = t->c;
    size_t largest = 1;

    for (size_t i = 0; i < c->n_rows; i++) {
        const struct sample *new = c->row[i].new;

        largest = new != NULL &&new->n > largest ? new->n : largest;
        out->n += c->row[i].gate != NULL;
    }
    out->proof = calloc(out->n + 1, sizeof *out->proof);
    t->p = calloc(c->n_rows + 1, sizeof *t->p);
    t->value = calloc(largest, sizeof *t->value);
    t->turn = calloc(largest, sizeof *t->turn);
    if (out->proof == NULL || t->p == NULL || t->value == NULL || t->turn == NULL)
        return no_memory(err);
    for (size_t i = 0; i < c->n_rows; i++)
        if (!isnan(c->row[i].p))
            t->p[t->n_p++] = c->row[i].p;
    qsort(t->p, t->n_p, sizeof *t->p, ascending);
    t->context =
        (struct compare_context){.options = o, .other_cpu = c->other_cpu, .arena = &out->arena};
    if (prepare_ranks(t, err) < 0)
        return -PG_E_NOMEM;
    return bootstrap_new(COMPARE_SEED, o->confidence, &t->boot, err);
}

static void conclude(const struct comparison *c, const struct compare_options *o,
                     struct compare_selftest *out)
{
    for (size_t i = 0; i < out->n; i++)
        if (!out->proof[i].row->gate->advisory) {
            out->n_blocking++;
            out->n_found += out->proof[i].found;
        }
    for (size_t g = 0; g < o->n_gates; g++)
        out->n_idle += !o->gate[g].advisory && !compare_gate_used(c, &o->gate[g]);
    out->verdict = out->n_found < out->n_blocking || out->n_idle > 0 ? COMPARE_FAIL
                   : out->n_blocking == 0                            ? COMPARE_INCONCLUSIVE
                                                                     : COMPARE_PASS;
}

int compare_selftest(const struct comparison *c, const struct compare_options *options,
                     struct compare_selftest *out, struct pg_error *err)
{
    struct trial t = {.c = c};
    size_t n = 0;
    int rc;

    *out = (struct compare_selftest){.n = 0};
    rc = prepare(&t, options, out, err);
    for (size_t i = 0; rc == 0 && i < c->n_rows; i++)
        if (c->row[i].gate != NULL) {
            out->proof[n] = (struct compare_proof){
                .row = &c->row[i], .injected = NAN, .smallest = NAN, .reason = ""};
            rc = prove(&t, &out->proof[n++], err);
        }
    if (rc == 0)
        conclude(c, options, out);
    bootstrap_free(t.boot);
    signif_cache_free(&t.cache);
    free(t.p);
    free(t.behind);
    free(t.between);
    free(t.value);
    free(t.turn);
    if (rc < 0)
        compare_selftest_free(out);
    return rc;
}

void compare_selftest_free(struct compare_selftest *s)
{
    free(s->proof);
    arena_free(&s->arena);
    *s = (struct compare_selftest){.n = 0};
}
