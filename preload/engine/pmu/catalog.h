/* catalog.h - every event that this machine knows by name. Which can be opened: trial.h. */
#ifndef PERFGO_PMU_CATALOG_H
#define PERFGO_PMU_CATALOG_H

#include "base/error.h"
#include "pmu/resolve.h"

#include <stdbool.h>

enum catalog_kind {
    CATALOG_HARDWARE,
    CATALOG_CACHE,
    CATALOG_SOFTWARE,
    CATALOG_PMU, /* published by the kernel for one PMU */
    CATALOG_PFM, /* of libpfm4, for the PMUs it finds */
    CATALOG_TRACEPOINT,
    CATALOG_KINDS,
};

/* Strings live as long as the call that shows them. */
struct catalog_event {
    enum catalog_kind kind;
    const char *name;  /* as an event list takes it */
    const char *alias; /* another spelling, or NULL */
    const char *pmu;   /* PMU or tracing subsystem; "" for builtin events */
    const char *text;  /* what it counts; "" when nothing says */
};

typedef void catalog_visit(void *context, const struct catalog_event *event);

/* Shows every event, kind by kind. PG_E_PERMISSION or PG_E_UNSUPPORTED with a clause when
 * tracepoints cannot be listed; all else was shown. [one thread at a time] */
int catalog_each(const struct resolve_roots *roots, catalog_visit *visit, void *context,
                 struct pg_error *err);

/* Does an event match? A pattern with one of *?[ is matched against name and alias as a whole, any
 * other may stand anywhere in name, alias or text. Case does not matter. NULL matches all. */
bool catalog_matches(const struct catalog_event *event, const char *pattern);

const char *catalog_kind_name(enum catalog_kind kind);

#endif
