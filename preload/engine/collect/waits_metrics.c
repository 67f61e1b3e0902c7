#include "collect/waits_metrics.h"

#include "pmu/pmu.h"

#include <math.h>

enum { MOST = 6 };

struct list {
    const struct record *record;
    struct record_metric metric[MOST];
    size_t n;
};

static void add(struct list *l, const char *name, const char *unit, uint64_t ns, bool per_op)
{
    l->metric[l->n++] = (struct record_metric){
        .name = name,
        .unit = unit,
        .backend = pmu_backend_name(PG_BACKEND_SOFTWARE),
        .value = (double)ns,
        .per_op = per_op ? (double)ns / (double)l->record->counted : (double)ns,
        .coverage = 1,
        .marginal = NAN,
    };
}

int waits_metrics(struct record *r, const struct samples *s, struct pg_error *err)
{
    struct list l = {.record = r};
    struct samples_waits w;

    if (!samples_waits(s, &w) || r->counted == 0)
        return 0;
    add(&l, "off-cpu", "off-cpu-ns/op", w.preempted_ns + w.voluntary_ns + w.io_ns, true);
    add(&l, "off-cpu-preempted", "preempted-ns/op", w.preempted_ns, true);
    add(&l, "off-cpu-voluntary", "voluntary-ns/op", w.voluntary_ns, true);
    if (w.io_known)
        add(&l, "off-cpu-io", "io-ns/op", w.io_ns, true);
    if (w.latencies > 0) {
        add(&l, "run-queue-p50", "run-queue-p50-ns", w.p50_ns, false);
        add(&l, "run-queue-p99", "run-queue-p99-ns", w.p99_ns, false);
    }
    return record_add_metrics(r, l.metric, l.n, err);
}
