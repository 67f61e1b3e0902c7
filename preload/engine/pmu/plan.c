/* plan.c - which counters a run gets.
 *
 * A ladder of three back ends (design: product.md, "Back ends"): pmu counts hardware and software
 * events, software the kernel's own events only, timer nothing through perf_event_open. An attempt
 * takes an event list and the best back end it may use, and yields what can be counted:
 *
 *   list -> want (plan_want.c: parsed, resolved, may it be opened?) -> fit (fit.c: groups that open
 *   and run) -> stand-ins from clocks and getrusage for what perf cannot give -> plan
 *
 * `auto` takes the first attempt that is worth its back end's name. What was not possible, and what
 * would make it possible, is collected on the way and becomes the plan's note: nothing is left out
 * in silence, and nothing that was not measured appears as a zero.
 */
#include "pmu/plan_priv.h"

#include "arch/arch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const backend_names[] = {
    [PG_BACKEND_AUTO] = "auto",         [PG_BACKEND_PMU] = "pmu",
    [PG_BACKEND_SOFTWARE] = "software", [PG_BACKEND_TIMER] = "timer",
    [PG_BACKEND_SIMULATE] = "simulate",
};

static const char *const default_events[] = {
    [PG_BACKEND_PMU] = "cycles,instructions,branch-misses,cache-misses,"
                       "task-clock,page-faults,context-switches",
    [PG_BACKEND_SOFTWARE] = "task-clock,page-faults,context-switches,cpu-migrations",
    [PG_BACKEND_TIMER] = "task-clock,page-faults,context-switches",
};

bool pmu_backend_by_name(const char *name, enum pg_backend *out)
{
    for (size_t i = 0; i < sizeof backend_names / sizeof *backend_names; i++)
        if (strcmp(name, backend_names[i]) == 0) {
            *out = (enum pg_backend)i;
            return true;
        }
    return false;
}

const char *pmu_backend_name(enum pg_backend backend)
{
    return (unsigned)backend <= PG_BACKEND_SIMULATE ? backend_names[backend] : "unknown";
}

/* Is there a descriptor for every event on every thread? */
static bool enough_descriptors(struct planner *p)
{
    uint64_t limit = p->machine->caps->nofile_soft, need = caps_descriptors_needed(p->n);

    if (p->backend == PG_BACKEND_TIMER || limit >= need)
        return true;
    snprintf(
        p->why, sizeof p->why,
        "the soft limit of %llu file descriptors is too low for %zu per thread; cure: ulimit -n "
        "%llu",
        (unsigned long long)limit, p->n, (unsigned long long)(need < 1024 ? 1024 : need));
    return false;
}

/* Rules the hardware events out when the PMU fails its self-test. */
static void test_pmu(struct planner *p)
{
    struct selftest_counts counts;
    char reason[128];
    bool wanted = false;

    for (size_t i = 0; i < p->n; i++)
        wanted |= p->want[i].usable && p->want[i].event.class == RESOLVE_HARDWARE &&
                  p->want[i].event.pmu == PERF_TYPE_RAW;
    if (!wanted || p->machine->caps->hardware_errno != 0 ||
        p->machine->selftest(&counts, NULL) != 0 || selftest_judge(&counts, reason, sizeof reason))
        return;
    for (size_t i = 0; i < p->n; i++)
        if (p->want[i].usable && p->want[i].event.class == RESOLVE_HARDWARE) {
            p->want[i].usable = false;
            snprintf(p->want[i].reason, sizeof p->want[i].reason,
                     "the PMU failed its self-test: %s", reason);
        }
}

void planner_explain(struct planner *p, size_t i)
{
    struct plan_want *w = &p->want[i];
    int number = p->fit[i].error;

    if (fit_reason(number, w->reason, sizeof w->reason))
        return;
    if (number == EINVAL)
        snprintf(w->reason, sizeof w->reason, "the kernel refuses this form of it (EINVAL)");
    else if (number == EBUSY)
        snprintf(w->reason, sizeof w->reason, "its counter is in use by others");
    else
        caps_open_reason(p->machine->caps, number, w->event.class == RESOLVE_HARDWARE, w->reason,
                         sizeof w->reason);
}

static int braces_fail(struct planner *p, uint16_t braces)
{
    char names[160] = "";

    for (size_t i = 0; i < p->n; i++)
        if (p->fit[i].braces == braces)
            planner_append(names, sizeof names, "%s%s", names[0] ? "," : "", p->want[i].event.name);
    return pg_error_set(p->err, PG_E_UNSUPPORTED,
                        "the group {%s} cannot be counted at the same time on this CPU; use fewer "
                        "events, or {…}:W to let perfgo split it",
                        names);
}

/* Groups of what may be opened; reasons for what cannot. */
static int fit_wanted(struct planner *p)
{
    int rc = 0;

    for (size_t i = 0; i < p->n; i++) {
        p->fit[i].error = p->want[i].usable ? 0 : ECANCELED;
        if (p->want[i].event.class == RESOLVE_HARDWARE)
            p->fit[i].attr.config1 |= arch_host()->user_read;
    }
    fit_groups(p->machine->kernel, p->fit, p->n);
    for (size_t i = 0; i < p->n; i++) {
        if (p->want[i].usable && p->fit[i].error == FIT_BAD_GROUP)
            rc = braces_fail(p, p->fit[i].braces);
        else if (p->want[i].usable && p->fit[i].error != 0)
            planner_explain(p, i);
    }
    return rc;
}

static enum pg_backend backend_of(const struct plan_want *w, enum pg_source source)
{
    if (source != PG_SOURCE_PERF)
        return PG_BACKEND_TIMER;
    return w->event.class == RESOLVE_HARDWARE ? PG_BACKEND_PMU : PG_BACKEND_SOFTWARE;
}

static bool is_clock(const struct resolved *r)
{
    return r->class == RESOLVE_SOFTWARE && (r->attr.config == PERF_COUNT_SW_TASK_CLOCK ||
                                            r->attr.config == PERF_COUNT_SW_CPU_CLOCK);
}

static void set_unit(const struct plan_want *w, struct pg_counter *c)
{
    const char *name = w->event.name;

    if (is_clock(&w->event) && w->term->kind == EVSPEC_GENERIC)
        snprintf(c->unit, sizeof c->unit, "%s%s/op",
                 w->event.attr.config == PERF_COUNT_SW_TASK_CLOCK ? "task-ns" : "cpu-ns",
                 name + strcspn(name, ":"));
    else
        snprintf(c->unit, sizeof c->unit, "%.90s%sop", name,
                 name[strlen(name) - 1] == '/' ? "" : "/");
}

static struct pg_counter *add_counter(struct planner *p, size_t i, enum pg_source source)
{
    const struct plan_want *w = &p->want[i];
    struct pg_counter *c = &p->plan->counter[p->plan->n_counters++];

    snprintf(c->name, sizeof c->name, "%.95s", w->event.name);
    snprintf(c->whole, sizeof c->whole, "%.95s", w->event.whole);
    set_unit(w, c);
    c->source = (uint8_t)source;
    c->backend = (uint8_t)backend_of(w, source);
    c->scale = w->event.scale;
    if (source == PG_SOURCE_RUSAGE)
        c->rusage = w->event.attr.config == PERF_COUNT_SW_PAGE_FAULTS ? PG_RUSAGE_PAGE_FAULTS
                                                                      : PG_RUSAGE_CONTEXT_SWITCHES;
    return c;
}

/* Appends event i to the plan's last group, or to a new one. */
static void put_event(struct planner *p, size_t i, bool first)
{
    struct pg_plan *plan = p->plan;

    if (first)
        plan->group[plan->n_groups++].first_event = (uint8_t)plan->n_events;
    plan->group[plan->n_groups - 1].n_events++;
    plan->event[plan->n_events++] =
        (struct pg_event){.attr = p->fit[i].attr, .group = (uint8_t)(plan->n_groups - 1)};
}

/* Events group by group in the order in which they were tried: as in the user's braces, else
 * hardware events first, so that one of them leads. event_of[i] is the plan's index for fit[i]. */
static void put_events(struct planner *p, uint8_t event_of[PG_MAX_COUNTERS])
{
    bool more = true;

    for (int g = 0; more; g++) {
        more = false;
        for (int later = 0; later < 2; later++)
            for (size_t i = 0; i < p->n; i++) {
                const struct fit_event *e = &p->fit[i];
                bool is_later = e->software && e->braces == 0;
                if (e->error != 0 || e->group != g || is_later != (later == 1))
                    continue;
                event_of[i] = (uint8_t)p->plan->n_events;
                put_event(p, i, !more);
                more = true;
            }
    }
}

static void note_cause(struct planner *p, size_t i)
{
    int number = p->want[i].usable ? p->fit[i].error : 0;

    if (p->cause.code != PG_OK)
        return;
    p->cause.hardware = p->want[i].event.class == RESOLVE_HARDWARE;
    p->cause.number = number < FIT_NEVER_RUNS ? number : 0;
    if (number == EACCES || number == EPERM)
        p->cause.code = PG_E_PERMISSION;
    else if (number == EMFILE || number == ENFILE || number == ENOMEM)
        p->cause.code = PG_E_LIMIT;
    else
        p->cause.code = PG_E_UNSUPPORTED;
}

static void put_counters(struct planner *p)
{
    uint8_t event_of[PG_MAX_COUNTERS] = {0};

    put_events(p, event_of);
    for (size_t i = 0; i < p->n; i++) {
        struct plan_want *w = &p->want[i];
        if (w->usable && p->fit[i].error == 0) {
            struct pg_counter *c = add_counter(p, i, PG_SOURCE_PERF);
            c->event = event_of[i];
            c->exclude_kernel = p->fit[i].attr.exclude_kernel && !is_clock(&w->event);
            p->user_only |= p->fit[i].kernel_denied && c->exclude_kernel;
        } else if (w->substitute >= 0 && (w->reason[0] == '\0' || p->fit[i].error != 0)) {
            add_counter(p, i, (enum pg_source)w->substitute);
        } else {
            planner_leave_out(p, w->event.name, w->reason);
            note_cause(p, i);
        }
        if (p->why[0] == '\0' && w->reason[0] != '\0')
            snprintf(p->why, sizeof p->why, "%s", w->reason);
    }
}

static enum pg_backend best_backend(const struct pg_plan *plan)
{
    enum pg_backend best = PG_BACKEND_TIMER;

    for (size_t i = 0; i < plan->n_counters; i++)
        if (plan->counter[i].backend < best)
            best = (enum pg_backend)plan->counter[i].backend;
    return best;
}

/* One attempt. PG_OK with n_counters = 0: nothing can be counted, and p->why says why. */
static int attempt(struct planner *p, const char *events, enum pg_backend backend)
{
    struct pg_plan *plan = p->plan;
    const struct plan_machine *machine = p->machine;
    struct pg_error *err = p->err;
    int rc;

    evspec_free(p->spec);
    memset(p, 0, sizeof *p);
    *p = (struct planner){.machine = machine, .backend = backend, .plan = plan, .err = err};
    memset(plan, 0, sizeof *plan);
    if ((rc = planner_want(p, events)) != 0)
        return rc;
    if (!enough_descriptors(p))
        return 0;
    test_pmu(p);
    if ((rc = fit_wanted(p)) != 0)
        return rc;
    put_counters(p);
    plan->backend = (uint8_t)best_backend(plan);
    return 0;
}

/* The sentence about what is counted in user mode only and what is left out. */
static void finish_note(struct planner *p)
{
    struct pg_plan *plan = p->plan;
    const char *sep = plan->note[0] ? "; " : "";

    if (p->user_only) {
        planner_append(plan->note, sizeof plan->note,
                       "%sin user mode only: kernel.perf_event_paranoid is %lld (cure: sudo sysctl "
                       "kernel.perf_event_paranoid=1)",
                       sep, (long long)p->machine->caps->paranoid);
        sep = "; ";
    }
    if (p->left_out[0] != '\0')
        planner_append(plan->note, sizeof plan->note, "%snot counted: %s", sep, p->left_out);
}

/* A back end that was asked for by name: it is used or the call fails. */
static int make_named(struct planner *p, const char *events, enum pg_backend backend)
{
    int rc = attempt(p, events ? events : default_events[backend], backend);

    if (rc != 0)
        return rc;
    if (p->plan->n_counters == 0 || p->plan->backend > backend ||
        (backend == PG_BACKEND_PMU && p->plan->backend != PG_BACKEND_PMU)) {
        bool limit = p->why[0] != '\0' && p->n > 0 && p->plan->n_counters == 0 &&
                     p->machine->caps->nofile_soft < caps_descriptors_needed(p->n);
        if (p->why[0] == '\0')
            snprintf(p->why, sizeof p->why, "%.200s",
                     p->left_out[0] ? p->left_out : "the event list has nothing for it to count");
        return pg_error_set(p->err, limit ? PG_E_LIMIT : PG_E_UNSUPPORTED,
                            "the back end '%s' cannot be used: %s", pmu_backend_name(backend),
                            p->why);
    }
    finish_note(p);
    return 0;
}

static const char *counted_with(uint8_t backend)
{
    return backend == PG_BACKEND_SOFTWARE ? "counting the kernel's software events"
                                          : "counting with thread clocks and getrusage";
}

/* The user's events with whatever can count them. */
static int make_auto_list(struct planner *p, const char *events)
{
    int rc = attempt(p, events, PG_BACKEND_PMU);
    char why[sizeof p->why];

    if (rc != 0 || p->plan->n_counters > 0) {
        if (rc == 0 && p->plan->backend == PG_BACKEND_TIMER && p->why[0] != '\0')
            planner_append(p->plan->note, sizeof p->plan->note, "%s: %s",
                           counted_with(p->plan->backend), p->why);
        return rc;
    }
    memcpy(why, p->why, sizeof why);
    if (p->n > 0 && p->left_out[0] == '\0') { /* no descriptors: what the clocks can give */
        rc = attempt(p, events, PG_BACKEND_TIMER);
        if (rc == 0 && p->plan->n_counters > 0)
            planner_append(p->plan->note, sizeof p->plan->note, "%s: %s",
                           counted_with(PG_BACKEND_TIMER), why);
    }
    return rc;
}

/* The best default set. `why` becomes the reason why better ones are not used. */
static int make_auto_default(struct planner *p, enum pg_backend first, char *why, size_t size)
{
    for (enum pg_backend b = first; b <= PG_BACKEND_TIMER; b++) {
        int rc = attempt(p, default_events[b], b);

        if (rc != 0 || p->plan->backend == (uint8_t)b)
            return rc;
        /* The later reason weighs more: what denies software events denies hardware ones too. */
        snprintf(why, size, "%s", p->why);
    }
    return pg_error_set(p->err, PG_E_UNSUPPORTED, "nothing can be counted here: %s", why);
}

static int make_auto(struct planner *p, const char *events)
{
    char why[256] = "", wanted[256] = "";
    int rc;

    if (events != NULL) {
        rc = make_auto_list(p, events);
        if (rc == 0 && p->plan->n_counters > 0)
            finish_note(p);
        if (rc != 0 || p->plan->n_counters > 0)
            return rc;
        snprintf(wanted, sizeof wanted, "%.250s", p->left_out[0] ? p->left_out : p->why);
    }
    rc = make_auto_default(p, events ? PG_BACKEND_SOFTWARE : PG_BACKEND_PMU, why, sizeof why);
    if (rc != 0)
        return rc;
    if (wanted[0] != '\0')
        planner_append(p->plan->note, sizeof p->plan->note,
                       "none of the events asked for can be counted: %s; %s instead", wanted,
                       counted_with(p->plan->backend));
    else if (p->plan->backend != PG_BACKEND_PMU)
        planner_append(p->plan->note, sizeof p->plan->note, "%s: %s",
                       counted_with(p->plan->backend), why);
    finish_note(p);
    return 0;
}

int plan_make(const struct plan_machine *machine, const char *events, enum pg_backend backend,
              struct pg_plan *plan, struct pg_error *err)
{
    struct planner *p;
    int rc;

    memset(plan, 0, sizeof *plan);
    if (events != NULL && events[strspn(events, " \t\n")] == '\0')
        events = NULL;
    if (backend == PG_BACKEND_SIMULATE || (unsigned)backend > PG_BACKEND_SIMULATE)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the back end '%s' counts under Valgrind and has no plan of events",
                            pmu_backend_name(backend));
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory for a plan of events");
    p->machine = machine;
    p->plan = plan;
    p->err = err;
    rc = backend == PG_BACKEND_AUTO ? make_auto(p, events) : make_named(p, events, backend);
    evspec_free(p->spec);
    free(p);
    return rc;
}

/* Too few descriptors is no reason to give up what the clocks can count, but here it was asked for
 * by name: the sentence says what the limit is. */
static int make_list(struct planner *p, const char *events, bool partial)
{
    int rc = attempt(p, events, PG_BACKEND_PMU);

    if (rc != 0)
        return rc;
    if (p->n > 0 && p->plan->n_counters == 0 && p->left_out[0] == '\0') {
        p->cause = (struct pmu_cause){.code = PG_E_LIMIT, .number = EMFILE};
        return pg_error_set(p->err, PG_E_LIMIT, "%s", p->why);
    }
    if (p->plan->n_counters == 0 || (p->left_out[0] != '\0' && !partial))
        return pg_error_set(p->err, p->cause.code, "cannot count %s", p->left_out);
    finish_note(p);
    return 0;
}

int plan_make_list(const struct plan_machine *machine, const char *events, bool partial,
                   struct pg_plan *plan, struct pmu_cause *cause, struct pg_error *err)
{
    struct planner *p = calloc(1, sizeof *p);
    int rc;

    *cause = (struct pmu_cause){.code = PG_OK};
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory for a plan of events");
    p->machine = machine;
    p->plan = plan;
    p->err = err;
    rc = make_list(p, events, partial);
    *cause = p->cause;
    evspec_free(p->spec);
    free(p);
    return rc;
}
