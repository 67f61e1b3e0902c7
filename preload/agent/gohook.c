/* gohook.c - what the Go package gohook may ask of libperfgo.so (gohook/hook_abi.h).
 *
 * The package works in any program: the constructor has returned at once there, and the engine,
 * which parses event lists, is loaded with the first plan. The counters are groups of their own
 * (groups.h), whether the process is armed or not; what the armed process counts by itself is told
 * through armed_plan and armed_read. Everything here is called through cgo, on threads that libc
 * made. [any thread with libc]
 */
#include "agent.h"
#include "groups.h"
#include "profiling.h"
#include "regions.h"

#include "gohook/hook_abi.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)PERFGO_HOOK_EVENTS >= (int)PG_MAX_COUNTERS, "every counter has a place");
_Static_assert((int)PERFGO_HOOK_GROUPS >= (int)PG_MAX_GROUPS, "every group has a place");
_Static_assert(sizeof((struct perfgo_hook_event *)0)->name == PG_NAME_SIZE, "names fit");

struct plan {
    struct perfgo_hook_plan shown; /* first: what the package sees */
    struct pg_plan plan;
};

struct counter {
    struct perfgo_hook_counter shown; /* first */
    const struct plan *plan;
    struct group *group;
};

static struct plan *plan_of(const struct perfgo_hook_plan *p)
{
    return (struct plan *)(uintptr_t)p;
}

static struct counter *counter_of(struct perfgo_hook_counter *c)
{
    return (struct counter *)(void *)c;
}

/* ---- errors */

static int code_of_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
        return PERFGO_HOOK_PERMISSION;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return PERFGO_HOOK_LIMIT;
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
    case ENOSYS:
    case EINVAL:
        return PERFGO_HOOK_UNSUPPORTED;
    default:
        return PERFGO_HOOK_FAILED;
    }
}

static int fail(struct perfgo_hook_error *out, int code, int number, const char *text)
{
    out->code = code;
    out->number = number;
    snprintf(out->text, sizeof out->text, "%s", text);
    return number > 0 ? -number : -1;
}

static int fail_errno(struct perfgo_hook_error *out, int number, const char *what)
{
    struct pg_error err;

    pg_error_errno(&err, PG_E_IO, number, "%s", what);
    return fail(out, code_of_errno(number), number, err.text);
}

static int fail_plan(struct perfgo_hook_error *out, const struct pg_error *err,
                     const struct pmu_cause *cause)
{
    int code = PERFGO_HOOK_FAILED;

    if (cause->code == PG_E_PERMISSION)
        code = PERFGO_HOOK_PERMISSION;
    else if (cause->code == PG_E_LIMIT || err->code == PG_E_NOMEM)
        code = PERFGO_HOOK_LIMIT;
    else if (cause->code == PG_OK && (err->code == PG_E_INVALID || err->code == PG_E_FORMAT))
        code = PERFGO_HOOK_INVALID;
    else if (cause->hardware)
        code = PERFGO_HOOK_NO_PMU;
    else if (err->code != 0)
        code = PERFGO_HOOK_UNSUPPORTED;
    return fail(out, code, cause->number, err->text);
}

/* ---- plans */

static bool is_clock(const struct pg_plan *plan, const struct pg_counter *c)
{
    const struct perf_event_attr *attr = &plan->event[c->event].attr;

    return c->source == PG_SOURCE_THREAD_CLOCK ||
           (c->source == PG_SOURCE_PERF && attr->type == PERF_TYPE_SOFTWARE &&
            (attr->config == PERF_COUNT_SW_TASK_CLOCK || attr->config == PERF_COUNT_SW_CPU_CLOCK));
}

static void show_plan(const struct pg_plan *plan, struct perfgo_hook_plan *out)
{
    out->n_events = plan->n_counters;
    memcpy(out->note, plan->note, sizeof out->note);
    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct pg_counter *c = &plan->counter[i];
        struct perfgo_hook_event *e = &out->event[i];

        memcpy(e->name, c->name, sizeof e->name);
        memcpy(e->unit, c->unit, sizeof e->unit);
        memcpy(&e->scale, &c->scale, sizeof e->scale); /* no floating point registers in here */
        e->has_times = c->source == PG_SOURCE_PERF;
        e->group = e->has_times ? plan->event[c->event].group : 0;
        e->user_only = c->exclude_kernel;
        e->is_clock = is_clock(plan, c);
        snprintf(e->backend, sizeof e->backend, "%s", agent.engine->pmu_backend_name(c->backend));
    }
}

static int plan_new(const char *events, int partial, struct perfgo_hook_plan **out,
                    struct perfgo_hook_error *err)
{
    struct plan *plan = calloc(1, sizeof *plan);
    struct pmu_cause cause = {0};
    struct pg_error why = {0};
    int rc;

    *out = NULL;
    if (plan == NULL)
        return fail_errno(err, ENOMEM, "no memory for a plan of events");
    if (agent_engine(&why) == NULL) {
        free(plan);
        return fail(err, PERFGO_HOOK_FAILED, 0, why.text);
    }
    if (events == NULL || events[0] == '\0')
        rc = agent.engine->pmu_plan(NULL, PG_BACKEND_AUTO, &plan->plan, &why);
    else
        rc = agent.engine->pmu_plan_list(events, partial, &plan->plan, &cause, &why);
    if (rc < 0) {
        free(plan);
        return fail_plan(err, &why, &cause);
    }
    show_plan(&plan->plan, &plan->shown);
    *out = &plan->shown;
    return 0;
}

static void plan_free(struct perfgo_hook_plan *p)
{
    free(plan_of(p));
}

/* ---- counters */

static void show(struct counter *c, const struct group_counts *counts)
{
    struct perfgo_hook_counter *out = &c->shown;
    const struct pg_plan *plan = &c->plan->plan;

    for (uint32_t i = 0; i < plan->n_counters; i++)
        out->counts.value[i] = counts->counts.value[i];
    for (uint32_t i = 0; i < plan->n_groups; i++) {
        out->counts.enabled_ns[i] = counts->counts.enabled_ns[i];
        out->counts.running_ns[i] = counts->counts.running_ns[i];
    }
    out->windows = counts->windows;
    out->threads = counts->threads;
    out->missed = counts->missed;
    out->running = counts->open;
}

static int counter_open(const struct perfgo_hook_plan *p, int scope, const int32_t *tid, size_t n,
                        struct perfgo_hook_counter **out, struct perfgo_hook_error *err)
{
    struct counter *c = calloc(1, sizeof *c);
    int rc;

    *out = NULL;
    if (c == NULL)
        return fail_errno(err, ENOMEM, "no memory for a counter");
    c->plan = plan_of(p);
    rc = group_open(&c->plan->plan, scope == PERFGO_HOOK_PROCESS, tid, n, &c->group);
    if (rc < 0) {
        free(c);
        return fail_errno(err, -rc, "cannot open the counters");
    }
    *out = &c->shown;
    return 0;
}

static void counter_close(struct perfgo_hook_counter *shown)
{
    struct counter *c = counter_of(shown);

    if (c == NULL)
        return;
    group_close(c->group);
    free(c);
}

static int counter_join(struct perfgo_hook_counter *c, struct perfgo_hook_error *err)
{
    int rc = group_join(counter_of(c)->group);

    return rc < 0 ? fail_errno(err, -rc, "cannot count this thread") : 0;
}

static void counter_leave(struct perfgo_hook_counter *c)
{
    group_leave(counter_of(c)->group);
}

static void counter_start(struct perfgo_hook_counter *c)
{
    c->running = 1;
    group_start(counter_of(c)->group);
}

static void counter_stop(struct perfgo_hook_counter *c)
{
    struct group_counts counts;

    group_stop(counter_of(c)->group, &counts);
    show(counter_of(c), &counts);
}

static void counter_read(struct perfgo_hook_counter *c)
{
    struct group_counts counts;

    group_read(counter_of(c)->group, &counts);
    show(counter_of(c), &counts);
}

static void counter_reset(struct perfgo_hook_counter *c)
{
    struct group_counts counts;

    group_reset(counter_of(c)->group, &counts);
    show(counter_of(c), &counts);
}

static int counter_attach_bpf(struct perfgo_hook_counter *shown, uint32_t event, int fd,
                              struct perfgo_hook_error *err)
{
    const struct counter *c = counter_of(shown);
    const struct pg_plan *plan = &c->plan->plan;
    int rc;

    if (event >= plan->n_counters || plan->counter[event].source != PG_SOURCE_PERF)
        return fail(err, PERFGO_HOOK_UNSUPPORTED, 0,
                    "this event is not the kernel's to run BPF at");
    rc = group_attach_bpf(c->group, plan->counter[event].event, fd);
    return rc < 0 ? fail_errno(err, -rc, "cannot attach the BPF program") : 0;
}

/* ---- the benchmark under way */

static int state(void)
{
    if (agent.windows != NULL)
        return PERFGO_HOOK_ARMED;
    return agent.simulate ? PERFGO_HOOK_SIMULATE : PERFGO_HOOK_IDLE;
}

static const struct perfgo_hook_plan *armed_plan(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct perfgo_hook_plan shown;

    if (agent.windows == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    if (shown.n_events == 0)
        show_plan(&agent.plan, &shown);
    pthread_mutex_unlock(&lock);
    return &shown;
}

static void armed_read(struct perfgo_hook_counts *out)
{
    struct windows_total total;

    windows_total(agent.windows, &total, NULL, 0);
    for (uint32_t i = 0; i < agent.plan.n_counters; i++) {
        uint64_t own = agent.plan.counter[i].own_cost * total.windows;

        out->value[i] = total.total.value[i] > own ? total.total.value[i] - own : 0;
    }
    for (uint32_t i = 0; i < agent.plan.n_groups; i++) {
        out->enabled_ns[i] = total.total.enabled_ns[i];
        out->running_ns[i] = total.total.running_ns[i];
    }
}

static int follow(struct perfgo_hook_counter *c, struct perfgo_hook_error *err)
{
    struct pg_error why = {0};

    if (c != NULL && agent_follow_timer(&why) < 0)
        return fail(err, PERFGO_HOOK_UNSUPPORTED, 0, why.text);
    __atomic_store_n(&agent.follower, c != NULL ? counter_of(c)->group : NULL, __ATOMIC_RELEASE);
    return 0;
}

/* ---- profiles */

static int fail_code(struct perfgo_hook_error *out, const struct pg_error *err)
{
    int code = err->code == PG_E_INVALID || err->code == PG_E_FORMAT ? PERFGO_HOOK_INVALID
               : err->code == PG_E_PERMISSION                        ? PERFGO_HOOK_PERMISSION
               : err->code == PG_E_UNSUPPORTED                       ? PERFGO_HOOK_UNSUPPORTED
               : err->code == PG_E_LIMIT || err->code == PG_E_NOMEM  ? PERFGO_HOOK_LIMIT
                                                                     : PERFGO_HOOK_FAILED;

    return fail(out, code, 0, err->text);
}

static int profile_start(const char *events, uint64_t freq, struct profiling **out,
                         struct perfgo_hook_error *err)
{
    struct pg_error why = {0};
    int rc = profiling_start(events[0] != '\0' ? events : NULL, freq, out, &why);

    return rc < 0 ? fail_code(err, &why) : 0;
}

static int profile_drain(struct profiling *p, struct perfgo_hook_error *err)
{
    struct pg_error why = {0};

    return profiling_drain(p, &why) < 0 ? fail_code(err, &why) : 0;
}

static int profile_finish(struct profiling *p, const char *name, char **bytes, size_t *size,
                          struct perfgo_hook_sums *sums, struct perfgo_hook_error *err)
{
    struct profiling_sums s = {0};
    struct pg_error why = {0};
    int rc = profiling_finish(p, name, bytes, size, &s, &why);

    *sums = (struct perfgo_hook_sums){.taken = s.taken, .lost = s.lost, .missed = s.missed};
    return rc < 0 ? fail_code(err, &why) : 0;
}

PG_WITH_LOADER bool agent_imported;

__attribute__((visibility("default"))) const struct perfgo_hook_api *perfgo_hook(void)
{
    static const struct perfgo_hook_api api = {
        .version = PERFGO_HOOK_VERSION,
        .size = sizeof api,
        .plan = plan_new,
        .plan_free = plan_free,
        .open = counter_open,
        .close = counter_close,
        .join = counter_join,
        .leave = counter_leave,
        .start = counter_start,
        .stop = counter_stop,
        .read = counter_read,
        .reset = counter_reset,
        .attach_bpf = counter_attach_bpf,
        .state = state,
        .armed_plan = armed_plan,
        .armed_read = armed_read,
        .follow = follow,
        .region = region_number,
        .region_begin = region_begin,
        .region_end = region_end,
        .profile_start = profile_start,
        .profile_drain = profile_drain,
        .profile_finish = profile_finish,
    };

    agent_imported = true;
    return &api;
}
