#include "pmu/pmu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name, *unit;
    uint64_t config;
    int rusage; /* < 0: none */
    bool clock;
} defaults[] = {
    {"task-clock", "task-ns/op", PERF_COUNT_SW_TASK_CLOCK, -1, true},
    {"page-faults", "page-faults/op", PERF_COUNT_SW_PAGE_FAULTS, PG_RUSAGE_PAGE_FAULTS, false},
    {"context-switches", "context-switches/op", PERF_COUNT_SW_CONTEXT_SWITCHES,
     PG_RUSAGE_CONTEXT_SWITCHES, false},
    {"cpu-migrations", "cpu-migrations/op", PERF_COUNT_SW_CPU_MIGRATIONS, -1, false},
};

static const char *const backend_names[] = {
    [PG_BACKEND_AUTO] = "auto",         [PG_BACKEND_PMU] = "pmu",
    [PG_BACKEND_SOFTWARE] = "software", [PG_BACKEND_TIMER] = "timer",
    [PG_BACKEND_SIMULATE] = "simulate",
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
    return backend <= PG_BACKEND_SIMULATE ? backend_names[backend] : "unknown";
}

static int trial(struct perf_event_attr *attr)
{
    long fd = syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close((int)fd);
    return 0;
}

static void add(struct pg_plan *plan, size_t i, enum pg_source source, enum pg_backend backend,
                const struct perf_event_attr *attr)
{
    struct pg_counter *c = &plan->counter[plan->n_counters++];

    snprintf(c->name, sizeof c->name, "%s", defaults[i].name);
    snprintf(c->unit, sizeof c->unit, "%s", defaults[i].unit);
    c->source = (uint8_t)source;
    c->backend = (uint8_t)backend;
    c->scale = 1;
    if (source == PG_SOURCE_RUSAGE)
        c->rusage = (uint8_t)defaults[i].rusage;
    if (source != PG_SOURCE_PERF)
        return;
    c->event = (uint8_t)plan->n_events;
    c->exclude_kernel = attr->exclude_kernel;
    plan->event[plan->n_events++].attr = *attr;
    plan->n_groups = 1;
    plan->group[0].n_events++;
}

int pmu_plan(const char *events, enum pg_backend backend, struct pg_plan *plan,
             struct pg_error *err)
{
    int rc = 0;

    memset(plan, 0, sizeof *plan);
    if (events != NULL && *events != '\0')
        return pg_error_set(err, PG_E_UNSUPPORTED, "event lists are not implemented yet");
    for (size_t i = 0; i < 4 && backend != PG_BACKEND_TIMER; i++) {
        struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
                                       .size = sizeof attr,
                                       .config = defaults[i].config,
                                       .exclude_guest = 1,
                                       .read_format = PERF_FORMAT_GROUP |
                                                      PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                      PERF_FORMAT_TOTAL_TIME_RUNNING};
        rc = trial(&attr);
        if (rc == -EACCES) {
            attr.exclude_kernel = attr.exclude_hv = 1;
            rc = trial(&attr);
        }
        if (rc != 0)
            break;
        if (attr.exclude_kernel && i >= 2) {
            if (defaults[i].rusage >= 0)
                add(plan, i, PG_SOURCE_RUSAGE, PG_BACKEND_TIMER, NULL);
        } else {
            add(plan, i, PG_SOURCE_PERF, PG_BACKEND_SOFTWARE, &attr);
        }
    }
    if (plan->n_events > 0) {
        plan->backend = PG_BACKEND_SOFTWARE;
        return 0;
    }
    for (size_t i = 0; i < 3; i++)
        add(plan, i, defaults[i].clock ? PG_SOURCE_THREAD_CLOCK : PG_SOURCE_RUSAGE,
            PG_BACKEND_TIMER, NULL);
    plan->backend = PG_BACKEND_TIMER;
    if (rc < 0)
        snprintf(plan->note, sizeof plan->note,
                 "counting with clocks and getrusage: perf_event_open failed: %s", strerror(-rc));
    return 0;
}
