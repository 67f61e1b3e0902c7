/* write.h - makes recordings that perf script and perf report read like their own.
 *
 * A recording grows in a file: what the processes are (comm, mmap), then samples as the kernel
 * wrote them, round by round. Events, their ids and the facts about the machine are written at the
 * end. (Formats: see perfdata.h)
 */
#ifndef PERFGO_PERFDATA_WRITE_H
#define PERFGO_PERFDATA_WRITE_H

#include "base/error.h"
#include "pmu/records.h"

struct perfdata_writer; /* opaque */

/* Begins a file beside `path`, which takes that name when it is finished. NULL attributes are not
 * allowed; names are copied. Up to 64 events. [any thread with libc] */
struct perfdata_new_event {
    const char *name;
    struct perf_event_attr attr;
};
int perfdata_create(const char *path, const struct perfdata_new_event *event, size_t n,
                    struct perfdata_writer **out, struct pg_error *err);

/* A failure to write is told by perfdata_finish. */

/* An id that the kernel gave an event (PERF_EVENT_IOC_ID); every thread has its own. */
void perfdata_id(struct perfdata_writer *w, size_t event, uint64_t id);
/* What was there before the samples. exec: of the process itself, which is named first. */
void perfdata_comm(struct perfdata_writer *w, uint32_t pid, uint32_t tid, const char *name,
                   bool exec);
void perfdata_mmap(struct perfdata_writer *w, const struct record_mmap *mapping);
/* Where the kernel's text is ("_text", "_etext" of /proc/kallsyms): without it perf complains of
 * samples in the kernel. */
void perfdata_kernel(struct perfdata_writer *w, uint64_t text, uint64_t end);
/* Whole records of the kernel's. */
void perfdata_records(struct perfdata_writer *w, const void *records, size_t size);
/* Ends a round: what comes later is not older than what the round before this one brought. */
void perfdata_round(struct perfdata_writer *w);

/* The build id of a file, or of the kernel, as bytes. */
void perfdata_file_id(struct perfdata_writer *w, const char *file, uint32_t pid, bool kernel,
                      const uint8_t *id, size_t size);

/* Completes the file and gives it its name; frees w. argv: NULL-terminated. */
int perfdata_finish(struct perfdata_writer *w, char *const *argv, struct pg_error *err);
/* Removes what was written; frees w. NULL is fine. */
void perfdata_discard(struct perfdata_writer *w);

#endif
