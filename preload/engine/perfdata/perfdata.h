/* perfdata.h - recordings of `perf record`: files, and what it writes to a pipe.
 *
 * Sources: tools/perf/Documentation/perf.data-file-format.txt, tools/perf/util/header.h of Linux.
 * Any bytes may be given: what does not fit is refused with a sentence. Numbers must have this
 * machine's byte order.
 */
#ifndef PERFGO_PERFDATA_PERFDATA_H
#define PERFGO_PERFDATA_PERFDATA_H

#include "base/error.h"
#include "pmu/records.h"

struct perfdata; /* opaque */

struct perfdata_event {
    const char *name; /* as perf was given it, or made from the attributes */
    struct perf_event_attr attr;
    struct record_format format;
};

/* Maps a file / borrows memory. The caller closes. PG_E_NOTFOUND, PG_E_PERMISSION, PG_E_FORMAT,
 * PG_E_UNSUPPORTED. [any thread with libc] */
int perfdata_open(const char *path, struct perfdata **out, struct pg_error *err);
int perfdata_parse(const void *data, size_t size, struct perfdata **out, struct pg_error *err);
void perfdata_close(struct perfdata *p); /* NULL is fine */

/* Whether bytes begin like a recording, readable or not. */
bool perfdata_is(const void *data, size_t size);

/* Events in the order of the recording; at least one. */
size_t perfdata_events(const struct perfdata *p);
const struct perfdata_event *perfdata_event(const struct perfdata *p, size_t i);

/* Calls visit with the kernel's records in order of time, until it returns other than 0, which is
 * passed on. `event` is a number for perfdata_event. Pointers hold during the call. Once only: what
 * was read of a file is given back to the system. */
typedef int perfdata_visit(void *arg, const struct record *record, size_t event,
                           struct pg_error *err);
int perfdata_read(struct perfdata *p, perfdata_visit *visit, void *arg, struct pg_error *err);

/* The build ids that the recording lists by file (perf writes them at its end), in hexadecimal;
 * false behind the last one. Strings live as long as p. */
struct perfdata_build_id {
    const char *file, *build_id;
    bool kernel;
};
bool perfdata_build_id(const struct perfdata *p, size_t i, struct perfdata_build_id *out);

#endif
