/* compare_verdict.c - the rules of a row's verdict, in the order in which they are asked. */
#include "bench/compare_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* More than this lost is a benchmark that stopped doing its work more often than it is a triumph.
 */
#define DROP 0.1

static bool ends_with(const char *s, const char *tail)
{
    const size_t size = strlen(s), n = strlen(tail);

    return size >= n && strcmp(s + size - n, tail) == 0;
}

static bool starts_with(const char *s, const char *head)
{
    return strncmp(s, head, strlen(head)) == 0;
}

bool compare_is_timelike(const char *unit)
{
    return strcmp(unit, "ns/op") == 0 || strcmp(unit, "sec/op") == 0 || ends_with(unit, "-ns/op") ||
           ends_with(unit, "-sec/op") || ends_with(unit, "/s") || starts_with(unit, "cycles") ||
           starts_with(unit, "cpu-cycles") || strcmp(unit, "IPC") == 0 ||
           strcmp(unit, "GHz") == 0 || strcmp(unit, "CPUs-utilized") == 0;
}

/* No work takes no time and no instructions. */
static bool must_be_positive(const char *unit)
{
    return (compare_is_timelike(unit) && strcmp(unit, "CPUs-utilized") != 0) ||
           starts_with(unit, "instructions");
}

static bool is_real(const struct compare_context *c, const struct compare_row *row)
{
    return row->exact ? row->relative_ci.low > 0 || row->relative_ci.high < 0
                      : !isnan(row->q) && row->q <= c->options->alpha;
}

/* Could the test have found anything, with as many samples as there are? */
static bool enough(const struct compare_context *c, const struct compare_row *row)
{
    return row->exact || signif_least_p(row->old->n, row->new->n) <= c->options->alpha;
}

static enum compare_change change_of(const struct compare_context *c, const struct compare_row *row)
{
    const enum metric_better better = row->new->better;

    if (!enough(c, row) && row->absolute != 0)
        return CHANGE_UNKNOWN;
    if (!is_real(c, row) || row->absolute == 0)
        return CHANGE_NONE;
    if (better == METRIC_EITHER)
        return CHANGE_DIFFERENT;
    return (row->absolute > 0) == (better == METRIC_HIGHER) ? CHANGE_BETTER : CHANGE_WORSE;
}

/* Why the numbers themselves cannot be relied on; NULL when they can. Each text takes no argument.
 */
static const char *distrust(const struct compare_context *c, const struct compare_row *row)
{
    const struct sample *old = row->old, *new = row->new;
    const bool lower = new->better == METRIC_LOWER;

    if (old->n_bad > 0 || new->n_bad > 0)
        return "some values are NaN, infinite, or of no iterations";
    if (must_be_positive(row->unit) && !(old->value[0] > 0 && new->value[0] > 0))
        return "zero or negative where that cannot be: did the benchmark do anything?";
    if (old->n_scaled > 0 || new->n_scaled > 0)
        return "estimated: the counter ran only part of the time; ask for fewer events";
    if (old->backend != NULL && new->backend != NULL && /* text does not name them */
        (strcmp(old->backend, new->backend) != 0 || strcmp(old->backend, "mixed") == 0))
        return "counted by different back ends";
    if (c->other_cpu && !c->options->force && !row->exact && compare_is_timelike(row->unit))
        return "times of different CPU models say nothing about the code; --force gates them";
    if (!c->options->allow_drop && must_be_positive(row->unit) && lower &&
        row->relative <= DROP - 1)
        return "fell to a tenth or less: does it still do its work? --allow-drop accepts it";
    return NULL;
}

/* The interval against the limit, turned so that more is worse. */
static void against_limit(const struct compare_row *row, double *low, double *high, double *limit)
{
    const struct gate *g = row->gate;
    const struct signif_interval *ci = g->relative ? &row->relative_ci : &row->absolute_ci;

    *low = g->at_least ? -ci->high : ci->low;
    *high = g->at_least ? -ci->low : ci->high;
    *limit = g->at_least ? -g->limit : g->limit;
    /* Medians that a person would call equal to the limit are: 101 is 1 % more than 100. */
    *limit += 1e-9 * fabs(*limit);
}

/* A text that the comparison keeps. */
static const char *keep(struct compare_context *c, const char *text)
{
    if (c->last_reason == NULL || strcmp(c->last_reason, text) != 0)
        c->last_reason = arena_string(c->arena, text);
    return c->last_reason != NULL ? c->last_reason : "no memory to say why";
}

static void inconclusive(struct compare_row *row, const char *why)
{
    row->verdict = COMPARE_INCONCLUSIVE;
    row->reason = why;
}

static void too_few(struct compare_context *c, struct compare_row *row, size_t tests)
{
    const size_t n = signif_samples(c->options->alpha, tests);
    char why[160];

    snprintf(why, sizeof why,
             "%zu and %zu samples are too few: at least %zu on each side are needed (-count=%zu)",
             row->old->n, row->new->n, n, n);
    inconclusive(row, keep(c, why));
}

/* The interval is all beyond the limit: is it real? */
static void judge_excess(struct compare_context *c, struct compare_row *row)
{
    const double least = signif_least_p(row->old->n, row->new->n);
    char why[GATE_TEXT_MAX + 16];

    if (is_real(c, row) || row->exact) {
        row->verdict = COMPARE_FAIL;
        snprintf(why, sizeof why, "beyond %s", row->gate->text);
        row->reason = keep(c, why);
    } else if (least * (double)c->n_tests > c->options->alpha) {
        too_few(c, row, c->n_tests);
    } else {
        inconclusive(row,
                     "beyond the limit, but the test does not tell it from noise: more samples "
                     "would decide");
    }
}

static bool within_noise(const struct compare_row *row, double low)
{
    const double noise = row->gate->relative ? row->relative_noise : row->absolute_noise;

    return !isnan(noise) && low <= noise;
}

/* Noise adds time, and never takes any away: what a change costs shows in the quickest runs too. In
 * bursts it can move a median, and a test that takes runs for independent believes it. */
static bool in_quickest(const struct compare_row *row, double limit)
{
    const struct gate *g = row->gate;
    const double old = row->old->value[g->at_least ? row->old->n - 1 : 0];
    const double new = row->new->value[g->at_least ? row->new->n - 1 : 0];
    const double d = g->relative ? signif_relative(old, new) : new - old;

    return (g->at_least ? -d : d) > limit;
}

static void judge_difference(struct compare_context *c, struct compare_row *row)
{
    double low, high, limit;

    against_limit(row, &low, &high, &limit);
    if (!enough(c, row))
        too_few(c, row, 1);
    else if (high <= limit)
        row->verdict = COMPARE_PASS;
    else if (low > limit && within_noise(row, low))
        inconclusive(row, "beyond the limit, but not further than OLD and the control, which are "
                          "the same code, lie apart");
    else if (low > limit && compare_is_timelike(row->unit) && !in_quickest(row, limit))
        inconclusive(row, "beyond the limit in the median, but not in the quickest runs: noise, or "
                          "a cost that only some runs have");
    else if (low > limit)
        judge_excess(c, row);
    else
        inconclusive(row, row->exact ? "should repeat exactly, but does not, and the limit is "
                                       "within its range"
                                     : "the interval reaches over the limit: more samples or less "
                                       "noise would decide");
}

static void judge_absent(struct compare_row *row)
{
    const bool gone = row->new == NULL;

    if (gone && row->gate != NULL)
        inconclusive(row, "NEW does not have this metric");
    else if (row->gate != NULL)
        row->reason = "OLD does not have this metric";
}

void compare_judge(struct compare_context *c, struct compare_row *row)
{
    const char *why;

    if (row->old == NULL || row->new == NULL) {
        judge_absent(row);
        return;
    }
    if (row->old->n == 0 || row->new->n == 0) {
        if (row->gate != NULL)
            inconclusive(row, "no usable value: NaN, infinite, or of no iterations");
        return;
    }
    why = distrust(c, row);
    row->change = change_of(c, row);
    if (row->gate == NULL) {
        if (why != NULL)
            row->reason = why;
    } else if (why != NULL) {
        inconclusive(row, why);
    } else {
        judge_difference(c, row);
    }
}
