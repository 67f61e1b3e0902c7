/* file_priv.h - a recording that is being read. */
#ifndef PERFGO_PERFDATA_FILE_PRIV_H
#define PERFGO_PERFDATA_FILE_PRIV_H

#include "base/arena.h"
#include "base/numbers.h"
#include "perfdata/perfdata.h"

struct perfdata {
    const uint8_t *at; /* the whole */
    size_t size;
    bool mapped;
    size_t data, data_end; /* where the records are */
    struct perfdata_event *event;
    size_t n_events, room;
    struct numbers ids; /* of the kernel: event + 1 */
    struct perfdata_build_id *build_id;
    size_t n_build_ids, build_id_room;
    struct arena arena; /* names */
};

/* The parts of a recording that files have in sections and pipes in records. */
int perfdata_add_event(struct perfdata *p, const uint8_t *attr, size_t attr_size, const uint8_t *id,
                       size_t n_ids, struct pg_error *err);
int perfdata_feature(struct perfdata *p, unsigned int number, const uint8_t *at, size_t size,
                     struct pg_error *err);
void perfdata_name_event(struct perfdata *p, uint64_t id, const char *name);
int perfdata_add_build_id(struct perfdata *p, const uint8_t *at, size_t size, struct pg_error *err);

/* The length of a record with the data that follows some of perf's own. */
int perfdata_length(const struct perfdata *p, size_t offset, struct record_bytes *out,
                    size_t *length, struct pg_error *err);

#endif
