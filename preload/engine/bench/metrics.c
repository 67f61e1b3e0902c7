/* metrics.c - derived metrics and what units mean.
 *
 * A ratio of two counters is a fact only when both were counted over the same time and privilege
 * levels. So the names are matched with their modifiers ("instructions:u" goes with "cycles:u"
 * only), the estimates for the whole window are used where the kernel multiplexed, and the coverage
 * of the worse one is the coverage of the ratio. Misses are given per 1000 instructions, not per
 * access: a miss rate also falls when useless accesses are added (Hennessy and Patterson, Computer
 * Architecture, appendix B.1). "CPUs utilized" is what perf stat prints: task-clock over elapsed
 * time.
 */
#include "bench/metrics.h"

#include <math.h>
#include <string.h>

struct derived {
    const char *name; /* also its unit */
    const char *numerator[3];
    const char *denominator[3]; /* none: the timed duration in nanoseconds */
    double factor;
    enum metric_better better;
    const char *formula;
};

static const struct derived derived[] = {
    {"IPC", {"instructions"}, {"cycles", "cpu-cycles"}, 1, METRIC_HIGHER, "instructions / cycles"},
    {"cache-MPKI",
     {"cache-misses"},
     {"instructions"},
     1000,
     METRIC_LOWER,
     "1000 * cache-misses / instructions"},
    {"branch-MPKI",
     {"branch-misses"},
     {"instructions"},
     1000,
     METRIC_LOWER,
     "1000 * branch-misses / instructions"},
    {"CPUs-utilized",
     {"task-clock"},
     {NULL},
     1,
     METRIC_EITHER,
     "task-clock / duration of the timed region"},
};

enum { N_DERIVED = sizeof derived / sizeof derived[0] };

static const struct {
    const char *unit;
    enum metric_better better;
} units[] = {
    {"MB/s", METRIC_HIGHER},
    {"B/s", METRIC_HIGHER},
};

/* The part behind a counter's name: ":u" of "cycles:u", "" of "cycles". */
static const char *modifiers(const char *name)
{
    return name + strcspn(name, ":");
}

static bool is_named(const struct record_metric *m, const char *const name[3])
{
    size_t size = strcspn(m->name, ":");

    for (size_t i = 0; i < 3 && name[i] != NULL; i++)
        if (strlen(name[i]) == size && memcmp(m->name, name[i], size) == 0)
            return !m->derived;
    return false;
}

/* The first counter with one of the names that goes with `like` (NULL: with anything). */
static const struct record_metric *find(const struct record *r, size_t from,
                                        const char *const name[3], const struct record_metric *like)
{
    for (size_t i = from; i < r->n_metrics; i++) {
        const struct record_metric *m = &r->metric[i];

        if (is_named(m, name) &&
            (like == NULL || (m->exclude_kernel == like->exclude_kernel &&
                              strcmp(modifiers(m->name), modifiers(like->name)) == 0)))
            return m;
    }
    return NULL;
}

static double estimate(const struct record_metric *m, const struct record *r)
{
    return m->per_op * (double)r->counted;
}

/* The first pair of inputs that belong together; false when there is none. */
static bool find_inputs(const struct record *r, const struct derived *d,
                        const struct record_metric **over, const struct record_metric **under)
{
    for (size_t i = 0; (*over = find(r, i, d->numerator, NULL)) != NULL;
         i = (size_t)(*over - r->metric) + 1) {
        *under = d->denominator[0] != NULL ? find(r, 0, d->denominator, *over) : *over;
        if (*under != NULL)
            return true;
    }
    return false;
}

/* One derived metric of a record; false when an input is missing or the ratio is none. */
static bool derive(const struct record *r, const struct derived *d, struct record_metric *out)
{
    const struct record_metric *over, *under, *worst;
    double divisor;

    if (!find_inputs(r, d, &over, &under))
        return false;
    divisor = under != over ? estimate(under, r) : (double)r->duration_ns;
    if (!(divisor > 0))
        return false;
    worst = under->coverage < over->coverage ? under : over;
    *out = (struct record_metric){
        .name = d->name,
        .unit = d->name,
        .marginal = NAN,
        .backend = over->backend,
        .value = d->factor * estimate(over, r) / divisor,
        .coverage = worst->coverage,
        .enabled_ns = worst->enabled_ns,
        .running_ns = worst->running_ns,
        .scaled = over->scaled || under->scaled,
        .exclude_kernel = over->exclude_kernel,
        .derived = true,
    };
    out->per_op = out->value;
    return isfinite(out->value);
}

int metrics_derive(struct record *r, struct pg_error *err)
{
    struct record_metric found[N_DERIVED], *all;
    size_t n = 0;

    for (size_t i = 0; i < N_DERIVED; i++)
        if (record_metric(r, derived[i].name) == NULL && derive(r, &derived[i], &found[n]))
            n++;
    if (n == 0)
        return 0;
    all = arena_array(&r->arena, r->n_metrics + n, sizeof *all);
    if (all == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for the metrics of %s", r->name);
    memcpy(all, r->metric, r->n_metrics * sizeof *all);
    memcpy(all + r->n_metrics, found, n * sizeof *all);
    r->metric = all;
    r->n_metrics += n;
    return 0;
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

const char *metrics_formula(const char *name)
{
    for (size_t i = 0; i < N_DERIVED; i++)
        if (strcmp(derived[i].name, name) == 0)
            return derived[i].formula;
    return NULL;
}
