/* resolve.h - a parsed term -> perf_event_attr, by what this machine publishes.
 *
 * Nothing is opened here: an attribute that resolves may still be refused by the kernel.
 */
#ifndef PERFGO_PMU_RESOLVE_H
#define PERFGO_PMU_RESOLVE_H

#include "base/error.h"
#include "pmu/evspec.h"

#include <linux/perf_event.h>

enum { RESOLVE_MAX = 8 }; /* most core PMUs that one generic event is opened on */

struct resolve_roots {
    const char *sysfs;   /* "/sys" */
    const char *tracefs; /* "/sys/kernel/tracing"; NULL: not mounted */
};

enum resolve_class {
    RESOLVE_HARDWARE, /* needs a PMU of the CPU or a device */
    RESOLVE_SOFTWARE, /* counted by the kernel: may share a group with anything */
    RESOLVE_TRACEPOINT,
    RESOLVE_UNCORE, /* a socket's or a device's: cannot follow a thread */
};

struct resolved {
    struct perf_event_attr attr; /* type, config*, exclude_*, precise_ip, pinned, exclusive, size */
    char name[EVSPEC_NAME_SIZE * 2];  /* with modifiers; "cpu_core/cycles/" where PMUs differ */
    char whole[EVSPEC_NAME_SIZE * 2]; /* of an event on one of several core PMUs: the name of all */
    enum resolve_class class;
    uint32_t pmu;     /* hardware events with the same value may share a group */
    double scale;     /* sysfs .scale */
    char unit[32];    /* sysfs .unit, "" without */
    uint64_t period;  /* period=; a counter has no use for it, so attr.sample_period stays 0 */
    bool precise_max; /* modifier P: precise_ip is the highest that opens */
};

/* Resolves a term. On a hybrid machine a generic hardware event becomes one event per core PMU.
 * Returns how many were stored in out (≥ 1), or
 *   PG_E_INVALID      no such event, setting or value: the list is wrong
 *   PG_E_UNSUPPORTED  this machine does not have it
 *   PG_E_PERMISSION   it is there and may not be looked at
 * The first kind is a sentence of its own; the others are clauses to stand behind the event's name.
 * [one thread at a time] */
int resolve_term(const struct resolve_roots *roots, const struct evspec *spec,
                 const struct evspec_term *term, struct resolved out[RESOLVE_MAX],
                 struct pg_error *err);

/* Sets the exclude_*, precise_ip, pinned and exclusive fields as perf does for these modifiers. */
void resolve_modifiers(const struct evspec_term *term, struct perf_event_attr *attr);

/* The clause and code for tracepoints that cannot be looked up: `number` is the errno. */
int resolve_no_tracefs(int number, struct pg_error *err);

#endif
