/* sampling.c - which events take the samples, how often, and what a sample holds.
 *
 * The same ladder as for counters: hardware events where there is a PMU, the kernel's cpu-clock
 * where perf_event_open works at all, a CPU timer per thread where it does not. Every sample has
 * the same parts whatever took it, so that one reader serves all: identifier, address, thread,
 * time, period, callchain, registers and the top of the stack.
 *
 * Clocks are sampled at a fixed period of nanoseconds: that is what the kernel makes of a frequency
 * anyway, and a period is known before the first sample.
 */
#include "pmu/sampling.h"

#include "arch/arch.h"
#include "pmu/plan_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    MIN_PERIOD_NS = 10000, /* the kernel's timers fire no faster (kernel/events/core.c) */
    MAX_STACK = 127,       /* unless kernel.perf_event_max_stack says otherwise */
    THREADS = 64,          /* that shall all have a ring */
    RING_PAGES = 32,
    RING_PAGES_BURSTS = 256, /* events may come in bursts, stacks are large */
    STACK_TOP_BYTES = 64,    /* of the user stack, with each sample */
    STACK_BYTES = 16384,     /* the same for a program with native code */
};

#define SAMPLE_PARTS                                                                \
    (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
     PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

struct sampler {
    const struct plan_machine *machine;
    const struct sampling_request *request;
    struct pg_sampling *out;
    struct pg_error *err;
    uint64_t freq; /* the request's, as far as the kernel allows it */
    bool every_event;
    char left_out[256];
};

static bool is_clock(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE &&
           (attr->config == PERF_COUNT_SW_CPU_CLOCK || attr->config == PERF_COUNT_SW_TASK_CLOCK);
}

static void set_rate(const struct sampler *s, const struct resolved *r,
                     struct perf_event_attr *attr)
{
    const uint64_t period = s->every_event ? 1 : r->period != 0 ? r->period : s->request->period;

    attr->freq = period == 0 && !is_clock(attr);
    if (attr->freq)
        attr->sample_freq = s->freq;
    else if (period == 0)
        attr->sample_period = 1000000000u / s->freq;
    else
        attr->sample_period = period;
    if (is_clock(attr) && attr->sample_period < MIN_PERIOD_NS)
        attr->sample_period = MIN_PERIOD_NS;
}

/* Which registers, and how much of the stack: enough to see whether the innermost function has a
 * frame yet, and else who called it; with native code, enough to unwind without frame pointers. */
static void set_parts(const struct sampler *s, struct perf_event_attr *attr)
{
    const struct arch_regs *regs = &arch_host()->regs;
    const bool native = s->request->native;

    attr->size = sizeof *attr;
    attr->sample_type = SAMPLE_PARTS;
    attr->sample_id_all = 1;
    attr->use_clockid = s->every_event;
    attr->clockid = s->every_event ? CLOCK_MONOTONIC_RAW : 0;
    attr->watermark = 1; /* of half the ring */
    attr->exclude_callchain_kernel = attr->exclude_kernel;
    attr->sample_stack_user = native ? STACK_BYTES : STACK_TOP_BYTES;
    attr->sample_regs_user = 1ull << regs->frame | 1ull << regs->stack | 1ull << regs->pc;
    if (regs->link >= 0)
        attr->sample_regs_user |= 1ull << regs->link;
    if (native)
        attr->sample_regs_user = regs->all;
}

/* PERF_FORMAT_LOST: how many samples had no room, since Linux 6.0; older kernels tell by records
 * alone. */
static void ask_for_losses(const struct sampler *s, struct perf_event_attr *attr)
{
    const struct fit_kernel *kernel = s->machine->kernel;
    int fd;

    attr->read_format = PERF_FORMAT_LOST;
    fd = kernel->open(kernel->context, attr, -1);
    if (fd >= 0)
        kernel->close(kernel->context, fd);
    else
        attr->read_format = 0;
}

static void leave_out(struct sampler *s, const char *name, const char *reason)
{
    planner_append(s->left_out, sizeof s->left_out, "%s%s (%s)", s->left_out[0] ? ", " : "", name,
                   reason);
}

/* Tries an event as it would be sampled and puts it into the plan; false with the reason left. */
static bool add_event(struct sampler *s, const struct evspec_term *term, const struct resolved *r)
{
    const struct pmu_caps *caps = s->machine->caps;
    const bool software = r->class == RESOLVE_SOFTWARE || r->class == RESOLVE_TRACEPOINT;
    struct pg_sampling_event *event = &s->out->event[s->out->n_events];
    struct fit_event e = {
        .attr = r->attr,
        .software = software,
        .precise_max = r->precise_max || (!software && term->all.precise == 0),
        .guests_too = (term->all.bits & (EVSPEC_GUEST | EVSPEC_HOST)) == 0,
    };
    char reason[200];

    set_rate(s, r, &e.attr);
    set_parts(s, &e.attr);
    e.attr.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    fit_groups(s->machine->kernel, &e, 1);
    if (e.error != 0) {
        if (!fit_reason(e.error, reason, sizeof reason))
            caps_open_reason(caps, e.error, !software, reason, sizeof reason);
        leave_out(s, r->name, reason);
        return false;
    }
    e.attr.exclude_callchain_kernel = e.attr.exclude_kernel;
    ask_for_losses(s, &e.attr);
    event->attr = e.attr;
    event->clock = is_clock(&e.attr);
    snprintf(event->name, sizeof event->name, "%.95s", r->name);
    s->out->n_events++;
    if (!software)
        s->out->backend = PG_BACKEND_PMU;
    return true;
}

static bool backend_has(enum pg_backend backend, const struct resolved *r)
{
    if (backend == PG_BACKEND_TIMER)
        return false;
    return r->class != RESOLVE_HARDWARE || backend != PG_BACKEND_SOFTWARE;
}

static int add_term(struct sampler *s, const struct evspec *spec, const struct evspec_term *term)
{
    struct resolved r[RESOLVE_MAX];
    struct pg_error why = {0};
    int n = resolve_term(&s->machine->roots, spec, term, r, &why);

    if (n == -PG_E_INVALID || n == -PG_E_NOMEM)
        return pg_error_set(s->err, (enum pg_code) - n, "%s", why.text);
    if (n < 0)
        leave_out(s, term->name, why.text);
    for (int i = 0; i < n; i++) {
        if (s->out->n_events == PG_MAX_SAMPLING)
            return pg_error_set(s->err, PG_E_LIMIT, "at most %d events can be sampled at a time",
                                PG_MAX_SAMPLING);
        if (r[i].class == RESOLVE_UNCORE)
            leave_out(s, r[i].name, "it counts a socket or device, not a thread");
        else if (!backend_has(s->request->backend, &r[i]))
            leave_out(s, r[i].name, "another back end would be needed");
        else
            add_event(s, term, &r[i]);
    }
    return 0;
}

static int add_list(struct sampler *s, const char *events)
{
    struct evspec *spec = NULL;
    int rc = evspec_parse(events, &spec, s->err);

    for (size_t i = 0; rc == 0 && i < spec->n_terms; i++)
        rc = add_term(s, spec, &spec->term[i]);
    evspec_free(spec);
    return rc;
}

/* The CPU timers of threads: nothing is opened, so nothing can be refused here. */
static void add_timer(struct sampler *s)
{
    struct pg_sampling_event *event = &s->out->event[0];
    const struct resolved none = {.period = 0};

    *event = (struct pg_sampling_event){.clock = true, .name = "cpu-clock"};
    event->attr.type = PERF_TYPE_SOFTWARE;
    event->attr.config = PERF_COUNT_SW_CPU_CLOCK;
    set_rate(s, &none, &event->attr);
    set_parts(s, &event->attr);
    s->out->n_events = 1;
    s->out->backend = PG_BACKEND_TIMER;
}

/* The CPU time, by the best means that there are. */
static int add_default(struct sampler *s)
{
    const enum pg_backend backend = s->request->backend;
    int rc = 0;

    if ((backend == PG_BACKEND_AUTO && s->machine->caps->hardware_errno == 0) ||
        backend == PG_BACKEND_PMU)
        rc = add_list(s, "cycles");
    if (rc == 0 && s->out->n_events == 0 &&
        (backend == PG_BACKEND_AUTO || backend == PG_BACKEND_SOFTWARE)) {
        rc = add_list(s, "cpu-clock");
    }
    if (rc == 0 && s->out->n_events == 0 &&
        (backend == PG_BACKEND_AUTO || backend == PG_BACKEND_TIMER))
        add_timer(s);
    return rc;
}

/* A list of nothing but clocks, which a CPU timer can stand in for. */
static bool only_clocks(const char *events)
{
    static const char *const clocks[] = {"cpu-clock", "task-clock"};

    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        if (strcmp(events, clocks[i]) == 0)
            return true;
    return false;
}

/* What an ordinary user may lock is for all threads together: rings so large that a few threads
 * have it all would leave the others without. (perf_event_mlock_kb is per processor) */
static uint32_t affordable(const struct pmu_caps *caps, uint32_t pages, uint32_t page_size)
{
    const uint64_t kb = caps->mlock_kb > 0 ? (uint64_t)caps->mlock_kb : 0;
    const uint64_t most = UINT64_MAX / 2, own = kb * 1024 * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    const uint64_t budget = caps->memlock_soft < most ? caps->memlock_soft + own : most;

    while (!caps->root && pages > 1 && (1 + pages) * (uint64_t)page_size > budget / THREADS)
        pages /= 2;
    return pages;
}

/* Every context switch, with both its sides, on the clock that windows have too. */
static int add_waits(struct sampler *s)
{
    struct pg_sampling_event *event = &s->out->event[0];
    int rc;

    s->every_event = true;
    rc = add_list(s, "context-switches");
    if (rc == 0 && s->out->n_events == 1) {
        event->attr.context_switch = 1;
        s->out->waits = true;
    }
    return rc;
}

static int check_rate(struct sampler *s)
{
    const int64_t most = s->machine->caps->sample_rate;

    s->freq = s->request->freq;
    if (s->freq == 0 || s->freq > 1000000000u)
        return pg_error_set(s->err, PG_E_INVALID,
                            "a sampling frequency of %llu is not possible: give samples per second",
                            (unsigned long long)s->freq);
    if (most > 0 && s->freq > (uint64_t)most) {
        s->freq = (uint64_t)most;
        planner_append(
            s->out->note, sizeof s->out->note,
            "sampling at %lld Hz, the most that kernel.perf_event_max_sample_rate allows",
            (long long)most);
    }
    return 0;
}

int sampling_make(const struct plan_machine *machine, const struct sampling_request *request,
                  struct pg_sampling *out, struct pg_error *err)
{
    struct sampler s = {.machine = machine, .request = request, .out = out, .err = err};
    bool bursts;
    int rc;

    memset(out, 0, sizeof *out);
    out->backend = PG_BACKEND_SOFTWARE;
    out->native = request->native;
    out->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    out->max_stack = machine->caps->max_stack > 0 ? (uint32_t)machine->caps->max_stack : MAX_STACK;
    rc = check_rate(&s);
    if (rc == 0)
        rc = request->waits            ? add_waits(&s)
             : request->events != NULL ? add_list(&s, request->events)
                                       : add_default(&s);
    if (rc < 0)
        return rc;
    if (out->n_events == 0 && !request->waits && request->events != NULL &&
        only_clocks(request->events) &&
        (request->backend == PG_BACKEND_AUTO || request->backend == PG_BACKEND_TIMER)) {
        add_timer(&s);
        s.left_out[0] = '\0';
    }
    if (out->n_events == 0 && request->backend != PG_BACKEND_AUTO)
        return pg_error_set(err, PG_E_UNSUPPORTED, "the back end '%s' cannot sample: %s",
                            pmu_backend_name(request->backend), s.left_out);
    bursts = request->native || !out->event[0].clock || request->period != 0;
    out->ring_pages = bursts ? RING_PAGES_BURSTS : RING_PAGES;
    if (out->backend != PG_BACKEND_TIMER) /* whose rings are not locked */
        out->ring_pages = affordable(machine->caps, out->ring_pages, out->page_size);
    if (s.left_out[0] != '\0' && (request->events != NULL || request->waits))
        planner_append(out->note, sizeof out->note, "%snot sampled: %s", out->note[0] ? "; " : "",
                       s.left_out);
    return 0;
}

int pmu_sampling(const struct sampling_request *request, struct pg_sampling *out,
                 struct pg_error *err)
{
    struct pmu_caps *caps = malloc(sizeof *caps);
    struct plan_machine machine = {.kernel = &fit_real_kernel, .caps = caps};
    int rc;

    if (caps == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory for a plan of samples");
    caps_probe("/proc", "/sys", caps);
    machine.roots = (struct resolve_roots){"/sys", caps->tracefs};
    rc = sampling_make(&machine, request, out, err);
    free(caps);
    return rc;
}
