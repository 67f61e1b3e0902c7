#include "bench/compare.h"

#include "bench/compare_priv.h"
#include "bench/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds when nobody gives a rule: instructions, which repeat, may grow by 1 %; times are
 * reported. An instruction count that does not repeat exactly is only advisory, see default_gate.
 */
static const char *const default_rules[] = {
    "ns/op<=+5%:advisory",    "task-ns/op<=+5%:advisory",      "instructions/op<=+1%",
    "instructions:u/op<=+1%", "instructions/op<=+1%:advisory", "instructions:u/op<=+1%:advisory",
};
enum { DEFAULTS = sizeof default_rules / sizeof default_rules[0] };

const char *compare_verdict_name(enum compare_verdict v)
{
    static const char *const names[] = {"-", "PASS", "INCONCLUSIVE", "FAIL"};

    return names[v];
}

const char *compare_change_name(enum compare_change c)
{
    static const char *const names[] = {"unknown", "same", "better", "worse", "different"};

    return names[c];
}

static int no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "no memory to compare");
}

/* ---- rules ---- */

static bool is_exact(const struct sample *s)
{
    return s != NULL && s->n > 0 && s->n_exact == s->n + s->n_bad;
}

/* Exact on one side is enough to block: that the other side lost it must not open the gate. */
static const struct gate *default_gate(const struct comparison *out, const struct compare_row *row)
{
    for (size_t i = 0; i < DEFAULTS; i++)
        if (gate_matches(&out->defaults[i], row->bench->name, row->bench->procs, row->unit) &&
            (is_exact(row->old) || is_exact(row->new) || out->defaults[i].advisory))
            return &out->defaults[i];
    return NULL;
}

static const struct gate *gate_for(const struct comparison *out, const struct compare_options *o,
                                   const struct compare_row *row)
{
    if (o->n_gates == 0)
        return default_gate(out, row);
    for (size_t i = o->n_gates; i-- > 0;)
        if (gate_matches(&o->gate[i], row->bench->name, row->bench->procs, row->unit))
            return &o->gate[i];
    return NULL;
}

/* ---- numbers ---- */

static double middle(const struct sample *s)
{
    return stats_median(s->value, s->n);
}

/* The largest and the smallest difference that two values of the sides can have. */
static void exact_interval(struct compare_row *row)
{
    const double a = row->old->value[0], b = row->old->value[row->old->n - 1];
    const double x = row->new->value[0], y = row->new->value[row->new->n - 1];

    row->absolute_ci = (struct signif_interval){x - b, y - a};
    row->relative_ci = (struct signif_interval){signif_relative(b, x), signif_relative(a, y)};
}

int compare_measure(struct signif_cache *cache, struct bootstrap *boot, struct compare_row *row,
                    struct pg_error *err)
{
    const struct sample *old = row->old, *new = row->new;
    int rc;

    if (old == NULL || new == NULL || old->n == 0 || new->n == 0)
        return 0;
    row->old_median = middle(old);
    row->new_median = middle(new);
    row->absolute = row->new_median - row->old_median;
    row->relative = signif_relative(row->old_median, row->new_median);
    row->exact = is_exact(old) && is_exact(new);
    if (row->exact) {
        exact_interval(row);
        return 0;
    }
    rc = signif_mann_whitney(cache, old->value, old->n, new->value, new->n, &row->p, err);
    if (rc < 0)
        return rc;
    row->paired = old->turn != NULL && new->turn != NULL && old->n == new->n && old->n_bad == 0 &&
                  new->n_bad == 0;
    if (row->paired)
        return bootstrap_paired(boot, old->turn, new->turn, old->n, &row->absolute_ci,
                                &row->relative_ci, err);
    return bootstrap_medians(boot, old->value, old->n, new->value, new->n, &row->absolute_ci,
                             &row->relative_ci, err);
}

static void measure_noise(const struct benchset *control, struct compare_row *row)
{
    const struct sample *again =
        control != NULL ? benchset_sample(control, row->bench, row->unit) : NULL;

    if (again == NULL || again->n == 0 || row->old == NULL || row->old->n == 0)
        return;
    row->absolute_noise = fabs(middle(again) - middle(row->old));
    row->relative_noise = fabs(signif_relative(middle(row->old), middle(again)));
}

/* ---- rows ---- */

static struct compare_row *add_row(struct comparison *out, const struct bench *bench,
                                   const char *unit)
{
    struct compare_row *row = &out->row[out->n_rows++];

    *row = (struct compare_row){.bench = bench,
                                .unit = unit,
                                .p = NAN,
                                .q = NAN,
                                .relative_noise = NAN,
                                .absolute_noise = NAN,
                                .reason = ""};
    return row;
}

/* A benchmark that only one side has: one row, whatever its metrics. */
static void whole_row(struct comparison *out, const struct bench *bench, bool missing)
{
    struct compare_row *row = add_row(out, bench, NULL);

    if (missing)
        row->verdict = COMPARE_INCONCLUSIVE;
    row->reason = missing
                      ? "NEW does not have this benchmark: removed, renamed, skipped, or it crashed"
                      : "only in NEW: nothing to compare with";
}

/* Rows of `set`'s benchmarks and units in its order; with `other` NULL for what it lacks. From OLD
 * all of them, from NEW only what OLD lacks. */
static void add_rows(struct comparison *out, const struct benchset *set,
                     const struct benchset *other, bool from_old)
{
    const struct bench *last = NULL, *its_bench = NULL;

    for (size_t i = 0; i < set->n_sample; i++) {
        const struct sample *mine = &set->sample[i], *its;
        const struct bench *bench = &set->bench[mine->bench];
        struct compare_row *row;

        if (bench != last)
            its_bench = benchset_bench(other, bench);
        last = bench;
        if (its_bench == NULL) {
            if (bench->first == i + 1)
                whole_row(out, bench, from_old);
            continue;
        }
        its = benchset_sample_of(other, its_bench, mine->unit);
        if (!from_old && its != NULL)
            continue;
        row = add_row(out, bench, mine->unit);
        row->old = from_old ? mine : its;
        row->new = from_old ? its : mine;
    }
}

static int test_rows(struct comparison *out, struct pg_error *err)
{
    double *p = calloc(out->n_rows + 1, sizeof *p);
    int rc;

    if (p == NULL)
        return no_memory(err);
    for (size_t i = 0; i < out->n_rows; i++) {
        p[i] = out->row[i].p;
        out->n_tests += !isnan(p[i]);
    }
    rc = signif_fdr(p, out->n_rows, p, err);
    for (size_t i = 0; rc == 0 && i < out->n_rows; i++)
        out->row[i].q = p[i];
    free(p);
    return rc;
}

/* ---- the whole ---- */

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void find_differences(struct comparison *out, const struct benchset *old,
                             const struct benchset *new)
{
    for (int i = 0; i < FACTS; i++)
        if (!same_text(old->fact[i], new->fact[i]))
            strbuf_printf(&out->differences, "%s: %s in OLD, %s in NEW\n",
                          benchset_fact_name((enum benchset_fact)i),
                          old->fact[i] != NULL ? old->fact[i] : "not known",
                          new->fact[i] != NULL ? new->fact[i] : "not known");
        else if (old->fact[i] != NULL && strstr(old->fact[i], " | ") != NULL)
            strbuf_printf(&out->differences, "%s: several on each side: %s\n",
                          benchset_fact_name((enum benchset_fact)i), old->fact[i]);
}

/* Bad input is a reason against PASS, never one for FAIL. */
static size_t doubt_side(struct comparison *out, const struct benchset *s, const char *side)
{
    const size_t before = out->reasons.size;

    if (s->results == 0)
        strbuf_printf(&out->reasons, "%s has no benchmark results\n", side);
    if (s->bad_lines > 0)
        strbuf_printf(&out->reasons, "%s has %zu damaged record%s\n", side, s->bad_lines,
                      s->bad_lines == 1 ? "" : "s");
    if (s->exit_code != 0)
        strbuf_printf(&out->reasons, "the test run of %s failed with status %d\n", side,
                      s->exit_code);
    return out->reasons.size - before;
}

bool compare_gate_used(const struct comparison *c, const struct gate *g)
{
    for (size_t i = 0; i < c->n_rows; i++)
        if (c->row[i].unit != NULL &&
            gate_matches(g, c->row[i].bench->name, c->row[i].bench->procs, c->row[i].unit))
            return true;
    return false;
}

/* A rule that speaks of nothing cannot fail: that is a mistake in the rule or in the run. */
static size_t doubt_gates(struct comparison *out, const struct compare_options *o)
{
    const size_t before = out->reasons.size;

    for (size_t g = 0; g < o->n_gates; g++)
        if (!o->gate[g].advisory && !compare_gate_used(out, &o->gate[g]))
            strbuf_printf(&out->reasons, "the gate '%s' matches no benchmark and metric\n",
                          o->gate[g].text);
    return out->reasons.size - before;
}

static void count(struct comparison *out, size_t *missing)
{
    for (size_t i = 0; i < out->n_rows; i++) {
        const struct compare_row *row = &out->row[i];

        if (row->unit == NULL) {
            *missing += row->verdict == COMPARE_INCONCLUSIVE;
        } else if (row->gate != NULL && row->gate->advisory) {
            out->n_advisory_fail += row->verdict == COMPARE_FAIL;
        } else if (row->gate != NULL) {
            out->n_gated += row->verdict != COMPARE_NONE;
            out->n_verdict[row->verdict]++;
        }
    }
}

static void conclude(struct comparison *out, const struct compare_context *c)
{
    size_t missing = 0, doubts;

    count(out, &missing);
    doubts = doubt_side(out, c->old, "OLD") + doubt_side(out, c->new, "NEW") +
             doubt_gates(out, c->options);
    if (missing > 0)
        strbuf_printf(&out->reasons, "NEW lacks %zu benchmark%s of OLD\n", missing,
                      missing == 1 ? "" : "s");
    if (out->n_gated == 0)
        strbuf_printf(&out->reasons, "nothing was gated: %s\n",
                      c->options->n_gates > 0
                          ? "every rule is advisory or matches nothing that both sides have"
                          : "without exact instruction counts (perfgo test simulate) give a rule, "
                            "such as --gate 'ns/op<=+5%'");
    if (out->n_verdict[COMPARE_FAIL] > 0)
        out->verdict = COMPARE_FAIL;
    else if (out->n_verdict[COMPARE_INCONCLUSIVE] > 0 || missing > 0 || doubts > 0 ||
             out->n_gated == 0)
        out->verdict = COMPARE_INCONCLUSIVE;
    else
        out->verdict = COMPARE_PASS;
}

static int prepare(const struct benchset *old, const struct benchset *new, struct comparison *out,
                   struct pg_error *err)
{
    int rc = 0;

    out->row = calloc(old->n_sample + new->n_sample + 1, sizeof *out->row);
    out->defaults = calloc(DEFAULTS, sizeof *out->defaults);
    if (out->row == NULL || out->defaults == NULL)
        return no_memory(err);
    for (size_t i = 0; i < DEFAULTS && rc == 0; i++)
        rc = gate_parse(default_rules[i], &out->defaults[i], err);
    add_rows(out, old, new, true);
    add_rows(out, new, old, false);
    return rc;
}

int compare_sets(const struct benchset *old, const struct benchset *new,
                 const struct compare_options *options, struct comparison *out,
                 struct pg_error *err)
{
    const char *const *cpus[] = {&old->fact[FACT_CPU], &new->fact[FACT_CPU]};
    struct compare_context c = {.old = old, .new = new, .options = options};
    struct signif_cache cache = {.bytes = 0};
    struct bootstrap *boot = NULL;
    int rc;

    *out = (struct comparison){.n_rows = 0};
    c.arena = &out->arena;
    rc = bootstrap_new(COMPARE_SEED, options->confidence, &boot, err);
    rc = rc < 0 ? rc : prepare(old, new, out, err);
    for (size_t i = 0; rc == 0 && i < out->n_rows; i++)
        rc = compare_measure(&cache, boot, &out->row[i], err);
    rc = rc < 0 ? rc : test_rows(out, err);
    c.n_tests = out->n_tests;
    c.other_cpu = out->other_cpu =
        !same_text(*cpus[0], *cpus[1]) || (*cpus[0] != NULL && strstr(*cpus[0], " | ") != NULL);
    for (size_t i = 0; rc == 0 && i < out->n_rows; i++)
        if (out->row[i].unit != NULL) {
            out->row[i].gate = gate_for(out, options, &out->row[i]);
            measure_noise(options->control, &out->row[i]);
            compare_judge(&c, &out->row[i]);
        }
    if (rc == 0) {
        find_differences(out, old, new);
        conclude(out, &c);
    }
    bootstrap_free(boot);
    signif_cache_free(&cache);
    if (rc == 0 && (out->reasons.failed || out->differences.failed))
        rc = no_memory(err);
    if (rc < 0)
        compare_free(out);
    return rc;
}

void compare_free(struct comparison *c)
{
    free(c->row);
    free(c->defaults);
    strbuf_free(&c->reasons);
    strbuf_free(&c->differences);
    arena_free(&c->arena);
    *c = (struct comparison){.n_rows = 0};
}
