/* record.c - from raw counts to metrics.
 *
 * Three corrections, each visible in the record. Scale: some events count in steps (sysfs .scale).
 * Own cost: reading counters costs instructions and time that the counters see; the plan knows how
 * much per window from empty windows measured at start, and that much is taken off, never below
 * zero: an unsigned difference that wraps is how "18446744073709551594" gets into reports.
 * Multiplexing: a group that was on the hardware for part of the window has counted part of it;
 * `value` stays what was counted, per_op is extrapolated linearly (man perf_event_open,
 * PERF_FORMAT_TOTAL_TIME_RUNNING) and says so. A group that never ran has no count at all, which is
 * not the same as zero.
 */
#include "bench/record.h"
#include "base/locale.h"
#include "bench/gobench.h"
#include "bench/hybrid.h"
#include "bench/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* proto/settings.def spells them the same way; pmu/ has the parser. bench/ only writes them. */
static const char *backend_name(uint8_t backend)
{
    switch ((enum pg_backend)backend) {
    case PG_BACKEND_PMU:
        return "pmu";
    case PG_BACKEND_SOFTWARE:
        return "software";
    case PG_BACKEND_TIMER:
        return "timer";
    case PG_BACKEND_SIMULATE:
        return "simulate";
    case PG_BACKEND_AUTO:
        break;
    }
    return "auto";
}

static const char *utf8_or_empty(struct arena *a, const char *s)
{
    return s != NULL ? arena_utf8(a, s, strlen(s)) : arena_utf8(a, "", 0);
}

/* What Go printed itself. The text is the authority for n and ns/op: readers compare with it. */
static bool take_text(struct record *r, const struct record_head *head)
{
    struct gobench_line line = {0};
    struct gobench_value v;

    if (head->text == NULL ||
        !gobench_text((struct gobench_slice){head->text, head->text_size}, &line))
        return true;
    r->n = line.n;
    r->go = arena_array(&r->arena, line.n_values, sizeof *r->go);
    if (r->go == NULL)
        return false;
    while (gobench_next(&line.values, &v)) {
        const char *unit = arena_utf8(&r->arena, v.unit.p, v.unit.size);

        if (unit == NULL)
            return false;
        /* JSON has no NaN; a unit printed twice (ReportMetric) keeps its first value. */
        if (!isfinite(v.value) || record_go(r, unit) != NULL)
            continue;
        r->go[r->n_go++] = (struct record_value){unit, v.value};
        if (strcmp(unit, "ns/op") == 0) {
            r->has_ns_per_op = true;
            r->ns_per_op = v.value;
        }
    }
    return true;
}

/* "a=1,b=2"; an entry without "=" is a key with an empty value; a key that stands twice is kept
 * once, with the last value. */
static bool take_tags(struct record *r, const char *tags)
{
    size_t max = 1;

    if (tags == NULL || *tags == '\0')
        return true;
    for (const char *p = tags; *p != '\0'; p++)
        max += *p == ',';
    r->tag = arena_array(&r->arena, max, sizeof *r->tag);
    if (r->tag == NULL)
        return false;
    for (;; tags++) {
        size_t size = strcspn(tags, ","), key = strcspn(tags, "=,"), i = 0;
        struct record_tag tag = {arena_utf8(&r->arena, tags, key), ""};

        if (key < size)
            tag.value = arena_utf8(&r->arena, tags + key + 1, size - key - 1);
        if (tag.key == NULL || tag.value == NULL)
            return false;
        while (i < r->n_tags && strcmp(r->tag[i].key, tag.key) != 0)
            i++;
        if (key > 0) {
            r->tag[i] = tag;
            r->n_tags += i == r->n_tags;
        }
        tags += size;
        if (*tags == '\0')
            return true;
    }
}

/* printed_name is name, or name with "-N" behind it. */
static uint32_t procs_of(const struct record_head *head)
{
    const char *suffix;
    unsigned long value;
    char *end;
    size_t size;

    if (head->printed_name == NULL || head->name == NULL)
        return 0;
    size = strlen(head->name);
    if (strncmp(head->printed_name, head->name, size) != 0)
        return 0;
    if (head->printed_name[size] == '\0')
        return 1;
    suffix = head->printed_name + size;
    value = suffix[0] == '-' ? strtoul(suffix + 1, &end, 10) : 0;
    return value > 0 && value <= INT32_MAX && *end == '\0' && suffix[1] >= '1' && suffix[1] <= '9'
               ? (uint32_t)value
               : 0;
}

int record_new(const struct record_head *head, struct record **out, struct pg_error *err)
{
    struct record *r = calloc(1, sizeof *r);
    struct locale_scope scope;
    bool ok;

    *out = NULL;
    if (r == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a benchmark record");
    r->schema = RECORD_SCHEMA;
    r->pkg = utf8_or_empty(&r->arena, head->pkg);
    r->name = utf8_or_empty(&r->arena, head->name);
    r->procs = procs_of(head);
    r->n = head->n;
    r->duration_ns = head->duration_ns;
    r->iterations_run = head->iterations_run;
    r->windows = head->windows;
    r->threads_missed = head->threads_missed;
    scope = locale_enter();
    ok = r->pkg != NULL && r->name != NULL && take_text(r, head) && take_tags(r, head->tags);
    locale_leave(&scope);
    r->counted = head->counted != 0 ? head->counted : r->n;
    if (!ok) {
        record_free(r);
        return pg_error_set(err, PG_E_NOMEM, "no memory for a benchmark record");
    }
    *out = r;
    return 0;
}

void record_free(struct record *r)
{
    if (r == NULL)
        return;
    arena_free(&r->arena);
    free(r);
}

/* How long a counter was enabled and running. A clock or getrusage counts all the time. False: the
 * counter has no value. */
static bool times_of(const struct record *r, const struct pg_plan *plan, const struct pg_counter *c,
                     const struct pg_counts *counts, uint64_t *enabled, uint64_t *running)
{
    uint8_t group;

    *enabled = *running = r->duration_ns > 0 ? (uint64_t)r->duration_ns : 0;
    if (c->source != PG_SOURCE_PERF)
        return true;
    if (c->event >= plan->n_events || (group = plan->event[c->event].group) >= PG_MAX_GROUPS)
        return false;
    *enabled = counts->enabled_ns[group];
    *running = counts->running_ns[group];
    if (*running > *enabled)
        *running = *enabled;
    /* Never enabled is a zero only where there was no window to count in. */
    return *running > 0 || (*enabled == 0 && r->windows == 0);
}

/* False when the counter is absent. Strings still point into the plan. */
static bool metric_of(const struct record *r, const struct pg_plan *plan,
                      const struct pg_counter *c, const struct pg_counts *total,
                      struct record_metric *out)
{
    double value;

    *out = (struct record_metric){
        .backend = backend_name(c->backend),
        .own_cost = (double)c->own_cost * c->scale,
        .own_residual = (double)c->own_residual * c->scale,
        .exclude_kernel = c->exclude_kernel,
        .coverage = 1,
        .marginal = NAN,
    };
    if (!times_of(r, plan, c, total, &out->enabled_ns, &out->running_ns))
        return false;
    if (out->running_ns < out->enabled_ns) {
        /* On one of several kinds of cores the rest of the time was spent on the others. */
        out->scaled = c->whole[0] == '\0';
        out->coverage = (double)out->running_ns / (double)out->enabled_ns;
    }
    /* The own cost is what a whole window costs; a counter that ran for part of it saw its part. */
    value = (double)total->value[c - plan->counter] * c->scale -
            out->own_cost * (double)r->windows * out->coverage;
    out->value = value > 0 ? value : 0;
    out->per_op = out->value / (out->scaled ? out->coverage : 1) / (double)r->counted;
    return isfinite(out->per_op) && isfinite(out->own_cost) && isfinite(out->own_residual);
}

int record_add_counts(struct record *r, const struct pg_plan *plan, const struct pg_counts *total,
                      struct pg_error *err)
{
    /* Room for the sums of parts too: at most one for two of them. */
    struct record_metric *m =
        arena_array(&r->arena, plan->n_counters + plan->n_counters / 2, sizeof *m);

    if (m == NULL)
        goto nomem;
    r->metric = m;
    for (size_t i = 0; r->counted > 0 && i < plan->n_counters && i < PG_MAX_COUNTERS; i++) {
        const struct pg_counter *c = &plan->counter[i];

        if (!metric_of(r, plan, c, total, &m[r->n_metrics]))
            continue;
        m[r->n_metrics].name = arena_utf8(&r->arena, c->name, strnlen(c->name, sizeof c->name));
        m[r->n_metrics].unit = arena_utf8(&r->arena, c->unit, strnlen(c->unit, sizeof c->unit));
        if (m[r->n_metrics].name == NULL || m[r->n_metrics].unit == NULL)
            goto nomem;
        if (record_metric(r, m[r->n_metrics].name) == NULL)
            r->n_metrics++;
    }
    return hybrid_sum(r, plan)
               ? metrics_derive(r, err)
               : pg_error_set(err, PG_E_NOMEM, "no memory for the metrics of %s", r->name);
nomem:
    return pg_error_set(err, PG_E_NOMEM, "no memory for the metrics of %s", r->name);
}

int record_add_metrics(struct record *r, const struct record_metric *metric, size_t n,
                       struct pg_error *err)
{
    struct record_metric *all;

    if (n == 0)
        return 0;
    all = arena_array(&r->arena, r->n_metrics + n, sizeof *all);
    if (all == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for the metrics of %s", r->name);
    if (r->n_metrics > 0)
        memcpy(all, r->metric, r->n_metrics * sizeof *all);
    memcpy(all + r->n_metrics, metric, n * sizeof *all);
    r->metric = all;
    r->n_metrics += n;
    return 0;
}

void record_add_marginal(struct record *r, const struct pg_plan *plan,
                         const struct pg_counts *total, const struct pg_counts *half,
                         uint64_t half_counted, uint64_t half_windows)
{
    if (half_counted == 0 || half_counted >= r->counted)
        return;
    for (size_t i = 0; i < plan->n_counters && i < PG_MAX_COUNTERS; i++) {
        const struct pg_counter *c = &plan->counter[i];
        double own = (double)c->own_cost * ((double)r->windows - (double)half_windows);
        double more = (double)total->value[i] - (double)half->value[i] - own;

        for (size_t k = 0; k < r->n_metrics; k++)
            if (strcmp(r->metric[k].name, c->name) == 0 && !r->metric[k].derived)
                r->metric[k].marginal = more * c->scale / (double)(r->counted - half_counted);
    }
}

/* Values of the metrics that the record has; those of the process as a whole if `process`. */
static int add_values(struct record *r, const struct pg_plan *plan, const struct pg_counts *counts,
                      bool process, struct record_value **out, size_t *n)
{
    uint64_t enabled, running;

    *out = arena_array(&r->arena, plan->n_counters, sizeof **out);
    if (*out == NULL)
        return -PG_E_NOMEM;
    for (size_t i = 0; i < plan->n_counters && i < PG_MAX_COUNTERS; i++) {
        const struct pg_counter *c = &plan->counter[i];
        const struct record_metric *m;

        if ((c->source == PG_SOURCE_RUSAGE && !process) ||
            !times_of(r, plan, c, counts, &enabled, &running))
            continue;
        m = record_metric(r, c->name);
        if (m != NULL)
            (*out)[(*n)++] = (struct record_value){m->name, (double)counts->value[i] * c->scale};
    }
    return 0;
}

int record_add_thread(struct record *r, const struct pg_plan *plan, int32_t tid,
                      const struct pg_counts *counts, size_t expected, struct pg_error *err)
{
    struct record_thread *t;

    if (r->thread == NULL)
        r->thread = arena_array(&r->arena, expected, sizeof *r->thread);
    if (r->n_threads >= expected || r->thread == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no room for the threads of %s", r->name);
    t = &r->thread[r->n_threads];
    t->tid = tid;
    if (add_values(r, plan, counts, false, &t->value, &t->n_values) < 0)
        return pg_error_set(err, PG_E_NOMEM, "no memory for the threads of %s", r->name);
    r->n_threads += t->n_values > 0;
    return 0;
}

int record_add_region(struct record *r, const struct pg_plan *plan, const char *name,
                      uint64_t entered, const struct pg_counts *counts, size_t expected,
                      struct pg_error *err)
{
    struct record_region *to;

    if (r->region == NULL)
        r->region = arena_array(&r->arena, expected, sizeof *r->region);
    if (r->region == NULL || r->n_regions >= expected)
        return pg_error_set(err, PG_E_NOMEM, "no room for the regions of %s", r->name);
    to = &r->region[r->n_regions];
    to->name = arena_utf8(&r->arena, name, strlen(name));
    for (size_t i = 0; to->name != NULL && i < r->n_regions; i++)
        if (strcmp(r->region[i].name, to->name) == 0)
            return 0;
    to->entered = entered;
    if (to->name == NULL || add_values(r, plan, counts, true, &to->value, &to->n_values) < 0)
        return pg_error_set(err, PG_E_NOMEM, "no memory for the regions of %s", r->name);
    r->n_regions++;
    return 0;
}

const struct record_metric *record_metric(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metric[i].name, name) == 0)
            return &r->metric[i];
    return NULL;
}

const struct record_value *record_go(const struct record *r, const char *unit)
{
    for (size_t i = 0; i < r->n_go; i++)
        if (strcmp(r->go[i].name, unit) == 0)
            return &r->go[i];
    return NULL;
}

void record_printed_name(const struct record *r, struct strbuf *out)
{
    strbuf_puts(out, r->name);
    if (r->procs > 1)
        strbuf_printf(out, "-%u", r->procs);
}

static bool metrics_equal(const struct record_metric *a, const struct record_metric *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->unit, b->unit) == 0 &&
           strcmp(a->backend, b->backend) == 0 && a->value == b->value && a->per_op == b->per_op &&
           (a->marginal == b->marginal || (isnan(a->marginal) && isnan(b->marginal))) &&
           a->coverage == b->coverage && a->enabled_ns == b->enabled_ns &&
           a->running_ns == b->running_ns && a->own_cost == b->own_cost &&
           a->own_residual == b->own_residual && a->scaled == b->scaled &&
           a->exclude_kernel == b->exclude_kernel && a->derived == b->derived;
}

static bool values_equal(const struct record_value *a, size_t n, const struct record_value *b,
                         size_t m)
{
    for (size_t i = 0; n == m && i < n; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || a[i].value != b[i].value)
            return false;
    return n == m;
}

static bool lists_equal(const struct record *a, const struct record *b)
{
    for (size_t i = 0; i < a->n_metrics; i++)
        if (!metrics_equal(&a->metric[i], &b->metric[i]))
            return false;
    for (size_t i = 0; i < a->n_threads; i++)
        if (a->thread[i].tid != b->thread[i].tid ||
            !values_equal(a->thread[i].value, a->thread[i].n_values, b->thread[i].value,
                          b->thread[i].n_values))
            return false;
    for (size_t i = 0; i < a->n_regions; i++)
        if (strcmp(a->region[i].name, b->region[i].name) != 0 ||
            a->region[i].entered != b->region[i].entered ||
            !values_equal(a->region[i].value, a->region[i].n_values, b->region[i].value,
                          b->region[i].n_values))
            return false;
    for (size_t i = 0; i < a->n_tags; i++)
        if (strcmp(a->tag[i].key, b->tag[i].key) != 0 ||
            strcmp(a->tag[i].value, b->tag[i].value) != 0)
            return false;
    return values_equal(a->go, a->n_go, b->go, b->n_go);
}

bool record_equal(const struct record *a, const struct record *b)
{
    return a->schema == b->schema && strcmp(a->pkg, b->pkg) == 0 && strcmp(a->name, b->name) == 0 &&
           a->procs == b->procs && a->n == b->n && a->has_ns_per_op == b->has_ns_per_op &&
           (!a->has_ns_per_op || a->ns_per_op == b->ns_per_op) && a->counted == b->counted &&
           a->duration_ns == b->duration_ns && a->iterations_run == b->iterations_run &&
           a->windows == b->windows && a->threads_missed == b->threads_missed &&
           a->has_samples == b->has_samples &&
           (!a->has_samples ||
            (a->samples_taken == b->samples_taken && a->samples_lost == b->samples_lost &&
             a->samples_throttled == b->samples_throttled)) &&
           a->n_metrics == b->n_metrics && a->n_threads == b->n_threads &&
           a->n_regions == b->n_regions && a->n_tags == b->n_tags && lists_equal(a, b);
}
