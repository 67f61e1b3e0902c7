/* plan_want.c - from an event list to what shall be opened, and why not. */
#include "pmu/plan_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Software events for which something else can stand in, and those that see no user mode. A context
 * switch, a migration happen in the kernel: with exclude_kernel the kernel counts none of them, and
 * a zero would be a lie. The clocks run on whatever exclude_kernel says. */
static const struct {
    uint64_t config;
    int substitute; /* enum pg_source; -1: none */
    bool kernel_only;
} software[] = {
    {PERF_COUNT_SW_TASK_CLOCK, PG_SOURCE_THREAD_CLOCK, false},
    {PERF_COUNT_SW_CPU_CLOCK, PG_SOURCE_THREAD_CLOCK, false},
    {PERF_COUNT_SW_PAGE_FAULTS, PG_SOURCE_RUSAGE, false},
    {PERF_COUNT_SW_CONTEXT_SWITCHES, PG_SOURCE_RUSAGE, true},
    {PERF_COUNT_SW_CPU_MIGRATIONS, -1, true},
    {PERF_COUNT_SW_CGROUP_SWITCHES, -1, true},
};

void planner_append(char *out, size_t size, const char *fmt, ...)
{
    static const char more[] = "…";
    size_t used = strlen(out);
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(out + used, size - used, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n < size - used)
        return;
    used = size - sizeof more;
    while (used > 0 && ((unsigned char)out[used] & 0xc0) == 0x80)
        used--; /* not in the middle of a character */
    memcpy(out + used, more, sizeof more);
}

void planner_leave_out(struct planner *p, const char *name, const char *reason)
{
    size_t used = strlen(p->left_out);
    bool same = used > 0 && strcmp(p->last_reason, reason) == 0;

    if (same && p->left_out[used - 1] == ')') {
        /* "a (why)" becomes "a, b (why)" */
        char *open = p->left_out + used - strlen(reason) - 2;
        *open = '\0';
        if (open > p->left_out && open[-1] == ' ')
            open[-1] = '\0';
    }
    planner_append(p->left_out, sizeof p->left_out, "%s%s (%s)", used > 0 ? ", " : "", name,
                   reason);
    snprintf(p->last_reason, sizeof p->last_reason, "%s", reason);
}

static bool restricts_mode(const struct evspec_term *term)
{
    return (term->all.bits &
            (EVSPEC_USER | EVSPEC_KERNEL | EVSPEC_HV | EVSPEC_GUEST | EVSPEC_HOST)) != 0;
}

/* What is known about a software event, and whether it can be opened with a meaning. */
static void software_rules(struct plan_want *w, struct fit_event *fit)
{
    for (size_t i = 0; i < sizeof software / sizeof *software; i++) {
        if (software[i].config != w->event.attr.config)
            continue;
        fit->kernel_only = software[i].kernel_only;
        if (!restricts_mode(w->term))
            w->substitute = software[i].substitute;
        if (fit->kernel_only && w->event.attr.exclude_kernel)
            snprintf(w->reason, sizeof w->reason,
                     "it happens in the kernel, so in user mode it can only read 0");
    }
}

static void backend_rules(const struct planner *p, struct plan_want *w)
{
    if (w->event.class == RESOLVE_UNCORE)
        snprintf(w->reason, sizeof w->reason, "it counts a socket or device, not a thread");
    else if (p->backend == PG_BACKEND_TIMER)
        w->usable = false;
    else if (w->event.class == RESOLVE_HARDWARE && p->backend != PG_BACKEND_PMU)
        snprintf(w->reason, sizeof w->reason, "it needs the pmu back end");
    if (p->backend == PG_BACKEND_TIMER && w->substitute < 0 && w->reason[0] == '\0')
        snprintf(w->reason, sizeof w->reason, "the timer back end cannot count it");
}

static uint16_t planner_braces(const struct evspec_term *term, unsigned core)
{
    return (uint16_t)(term->group * RESOLVE_MAX + core);
}

static bool already_wanted(const struct planner *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->want[i].event.name, name) == 0)
            return true;
    return false;
}

/* `core` numbers the kinds of cores of a hybrid machine: braces hold for each kind by itself. */
static int add_want(struct planner *p, const struct evspec_term *term, const struct resolved *r,
                    unsigned core)
{
    struct plan_want *w = &p->want[p->n];
    struct fit_event *fit = &p->fit[p->n];

    if (already_wanted(p, r->name))
        return 0;
    if (p->n == PG_MAX_COUNTERS)
        return pg_error_set(p->err, PG_E_LIMIT, "there are more than %d events in the list",
                            PG_MAX_COUNTERS);
    if (strlen(r->name) + sizeof "/op" > PG_NAME_SIZE)
        return pg_error_set(
            p->err, PG_E_INVALID,
            "the name '%s' is too long; give the event a short one with name=", r->name);
    *w = (struct plan_want){.term = term, .event = *r, .usable = true, .substitute = -1};
    *fit = (struct fit_event){.attr = r->attr,
                              .software =
                                  r->class == RESOLVE_SOFTWARE || r->class == RESOLVE_TRACEPOINT,
                              .pmu = r->pmu,
                              .braces = term->group ? planner_braces(term, core) : 0,
                              .weak = (term->all.bits & EVSPEC_WEAK) != 0,
                              .precise_max = r->precise_max,
                              .guests_too = (term->all.bits & (EVSPEC_GUEST | EVSPEC_HOST)) == 0,
                              .kernel_only = r->class == RESOLVE_TRACEPOINT,
                              .group = -1};
    fit->attr.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    if (r->class == RESOLVE_SOFTWARE)
        software_rules(w, fit);
    backend_rules(p, w);
    w->usable &= w->reason[0] == '\0';
    p->n++;
    return 0;
}

int planner_want(struct planner *p, const char *events)
{
    struct resolved r[RESOLVE_MAX];
    int rc = evspec_parse(events, &p->spec, p->err);

    for (size_t i = 0; rc == 0 && i < p->spec->n_terms; i++) {
        const struct evspec_term *term = &p->spec->term[i];
        struct pg_error why = {0};
        int n = resolve_term(&p->machine->roots, p->spec, term, r, &why);

        if (n == -PG_E_INVALID || n == -PG_E_NOMEM)
            return pg_error_set(p->err, (enum pg_code) - n, "%s", why.text);
        if (n < 0) {
            planner_leave_out(p, term->name, why.text);
            if (p->cause.code == PG_OK)
                p->cause = (struct pmu_cause){.code = (enum pg_code) - n};
        }
        for (int k = 0; k < n && rc == 0; k++)
            rc = add_want(p, term, &r[k], (unsigned)k);
    }
    return rc;
}
