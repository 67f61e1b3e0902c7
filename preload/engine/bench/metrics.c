/* metrics.c - derived metrics and what units mean.
 *
 * A ratio of counters is a fact only when all were counted over the same time and privilege
 * levels. So the names are matched with their modifiers ("instructions:u" goes with "cycles:u"
 * only), the estimates for the whole window are used where the kernel multiplexed, and the coverage
 * of the worst one is the coverage of the ratio. Misses are given per 1000 instructions, not per
 * access: a miss rate also falls when useless accesses are added.
 *
 * A row is a quotient of sums, so that the four shares of top-down analysis fit the table too. They
 * say which part of the issue slots did useful work, and where the rest went. Intel CPUs since Ice
 * Lake count the shares themselves; for those before, the kernel publishes the counters from which
 * they follow (linux/arch/x86/events/intel/core.c, "topdown-*").
 */
#include "bench/metrics.h"

#include <math.h>
#include <string.h>

enum { MAX_TERMS = 4 };

struct term {
    const char *name[2]; /* spellings of one counter */
    double factor;
};

struct derived {
    const char *name; /* also its unit */
    struct term over[MAX_TERMS];
    struct term under[MAX_TERMS]; /* none: the timed duration in nanoseconds */
    enum metric_better better;
    const char *formula;
    const char *source; /* who defines it so */
};

#define HENNESSY "Hennessy and Patterson, Computer Architecture, appendix B.1"
#define YASIN    "Yasin, A Top-Down Method for Performance Analysis, ISPASS 2014, level 1"
#define PER_1000(name, event)                                           \
    {                                                                   \
        name, {{{event}, 1000}}, {{{"instructions"}, 1}}, METRIC_LOWER, \
            "1000 * " event " / instructions", HENNESSY                 \
    }
#define TOPDOWN(name, event)                                                           \
    {                                                                                  \
        name, {{{event}, 100}},                                                        \
            {{{"topdown-retiring"}, 1},                                                \
             {{"topdown-bad-spec"}, 1},                                                \
             {{"topdown-fe-bound"}, 1},                                                \
             {{"topdown-be-bound"}, 1}},                                               \
            METRIC_EITHER, "100 * " event " / (sum of the four topdown shares)", YASIN \
    }

static const struct derived derived[] = {
    {"IPC",
     {{{"instructions"}, 1}},
     {{{"cycles", "cpu-cycles"}, 1}},
     METRIC_HIGHER,
     "instructions / cycles",
     "Hennessy and Patterson, Computer Architecture, section 1.9 (as CPI)"},
    PER_1000("cache-MPKI", "cache-misses"),
    PER_1000("L1-MPKI", "L1-dcache-load-misses"),
    PER_1000("LLC-MPKI", "LLC-load-misses"),
    PER_1000("dTLB-MPKI", "dTLB-load-misses"),
    PER_1000("branch-MPKI", "branch-misses"),
    {"GHz",
     {{{"cycles", "cpu-cycles"}, 1}},
     {{{"task-clock"}, 1}},
     METRIC_EITHER,
     "cycles / task-clock",
     "perf-stat(1)"},
    {"CPUs-utilized",
     {{{"task-clock"}, 1}},
     {{{NULL}, 0}},
     METRIC_EITHER,
     "task-clock / duration of the timed region",
     "perf-stat(1)"},
    TOPDOWN("retiring-%", "topdown-retiring"),
    TOPDOWN("bad-speculation-%", "topdown-bad-spec"),
    TOPDOWN("frontend-bound-%", "topdown-fe-bound"),
    TOPDOWN("backend-bound-%", "topdown-be-bound"),
    {"retiring-%",
     {{{"topdown-slots-retired"}, 100}},
     {{{"topdown-total-slots"}, 1}},
     METRIC_EITHER,
     "100 * topdown-slots-retired / topdown-total-slots",
     YASIN},
    {"bad-speculation-%",
     {{{"topdown-slots-issued"}, 100},
      {{"topdown-slots-retired"}, -100},
      {{"topdown-recovery-bubbles"}, 100}},
     {{{"topdown-total-slots"}, 1}},
     METRIC_EITHER,
     "100 * (topdown-slots-issued - topdown-slots-retired + topdown-recovery-bubbles) / "
     "topdown-total-slots",
     YASIN},
    {"frontend-bound-%",
     {{{"topdown-fetch-bubbles"}, 100}},
     {{{"topdown-total-slots"}, 1}},
     METRIC_EITHER,
     "100 * topdown-fetch-bubbles / topdown-total-slots",
     YASIN},
    {"backend-bound-%",
     {{{"topdown-total-slots"}, 100},
      {{"topdown-fetch-bubbles"}, -100},
      {{"topdown-slots-issued"}, -100},
      {{"topdown-recovery-bubbles"}, -100}},
     {{{"topdown-total-slots"}, 1}},
     METRIC_EITHER,
     "100 - retiring-% - bad-speculation-% - frontend-bound-%",
     YASIN},
};

enum { N_DERIVED = sizeof derived / sizeof derived[0] };

static const struct {
    const char *unit;
    enum metric_better better;
} units[] = {
    {"MB/s", METRIC_HIGHER},
    {"B/s", METRIC_HIGHER},
    {"run-queue-p50-ns", METRIC_LOWER},
    {"run-queue-p99-ns", METRIC_LOWER},
};

/* The part behind a counter's name: ":u" of "cycles:u", "" of "cycles". */
static const char *modifiers(const char *name)
{
    return name + strcspn(name, ":");
}

static bool is_named(const struct record_metric *m, const struct term *term)
{
    size_t size = strcspn(m->name, ":");

    for (size_t i = 0; i < 2 && term->name[i] != NULL; i++)
        if (strlen(term->name[i]) == size && memcmp(m->name, term->name[i], size) == 0)
            return !m->derived;
    return false;
}

/* The first counter of that name that goes with `like` (NULL: with anything). */
static const struct record_metric *find(const struct record *r, size_t from,
                                        const struct term *term, const struct record_metric *like)
{
    for (size_t i = from; i < r->n_metrics; i++) {
        const struct record_metric *m = &r->metric[i];

        if (is_named(m, term) &&
            (like == NULL || (m->exclude_kernel == like->exclude_kernel &&
                              strcmp(modifiers(m->name), modifiers(like->name)) == 0)))
            return m;
    }
    return NULL;
}

/* The sum of the terms, all counted like `like`; *worst becomes the input with the least coverage.
 * False when an input is missing. */
static bool sum(const struct record *r, const struct term term[MAX_TERMS],
                const struct record_metric *like, double *out, const struct record_metric **worst)
{
    *out = 0;
    for (size_t i = 0; i < MAX_TERMS && term[i].name[0] != NULL; i++) {
        const struct record_metric *m = find(r, 0, &term[i], like);

        if (m == NULL)
            return false;
        if (m->coverage < (*worst)->coverage)
            *worst = m;
        *out += term[i].factor * m->per_op * (double)r->counted;
    }
    return true;
}

/* One derived metric of a record; false when an input is missing or the ratio is none. The first
 * counter that finds all others of its kind gives the modifiers. */
static bool derive(const struct record *r, const struct derived *d, struct record_metric *out)
{
    const struct record_metric *first, *worst;
    double over, under;
    bool found = false;

    for (size_t i = 0; !found && (first = find(r, i, &d->over[0], NULL)) != NULL;
         i = (size_t)(first - r->metric) + 1) {
        worst = first;
        found = sum(r, d->over, first, &over, &worst) && sum(r, d->under, first, &under, &worst);
    }
    if (!found)
        return false;
    if (d->under[0].name[0] == NULL)
        under = (double)r->duration_ns;
    if (!(under > 0))
        return false;
    *out = (struct record_metric){
        .name = d->name,
        .unit = d->name,
        .marginal = NAN,
        .backend = first->backend,
        .value = over / under,
        .coverage = worst->coverage,
        .enabled_ns = worst->enabled_ns,
        .running_ns = worst->running_ns,
        .scaled = worst->coverage < 1 || worst->scaled,
        .exclude_kernel = first->exclude_kernel,
        .derived = true,
    };
    out->per_op = out->value;
    return isfinite(out->value);
}

int metrics_derive(struct record *r, struct pg_error *err)
{
    struct record_metric found[N_DERIVED];
    size_t n = 0;

    for (size_t i = 0; i < N_DERIVED; i++)
        if (record_metric(r, derived[i].name) == NULL && derive(r, &derived[i], &found[n]))
            n++;
    return record_add_metrics(r, found, n, err);
}

enum metric_better metrics_better(const char *unit)
{
    size_t size = strlen(unit);

    for (size_t i = 0; i < N_DERIVED; i++)
        if (strcmp(derived[i].name, unit) == 0)
            return derived[i].better;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].unit, unit) == 0)
            return units[i].better;
    return size > 3 && strcmp(unit + size - 3, "/op") == 0 ? METRIC_LOWER : METRIC_EITHER;
}

/* Simulated counts follow from code and seed alone; times of a simulation mean nothing, so that
 * they are not exact either. */
bool metrics_exact(const char *unit, const char *backend)
{
    return backend != NULL && strcmp(backend, "simulate") == 0 && strcmp(unit, "ns/op") != 0 &&
           strstr(unit, "-ns/op") == NULL;
}

void metrics_unit_line(const char *unit, const char *backend, struct strbuf *out)
{
    enum metric_better better = metrics_better(unit);
    bool exact = metrics_exact(unit, backend);

    if (better == METRIC_EITHER && !exact)
        return;
    strbuf_printf(out, "Unit %s%s%s\n", unit,
                  better == METRIC_LOWER    ? " better=lower"
                  : better == METRIC_HIGHER ? " better=higher"
                                            : "",
                  exact ? " assume=exact" : "");
}

bool metrics_derived_at(size_t i, struct metrics_derived *out)
{
    if (i >= N_DERIVED)
        return false;
    *out = (struct metrics_derived){derived[i].name, derived[i].formula, derived[i].source};
    return true;
}
