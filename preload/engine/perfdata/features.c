/* features.c - events, their names, and the build ids of a recording. */
#include "perfdata/file_priv.h"

#include "perfdata/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 4096, MAX_BUILD_IDS = 1 << 20 };

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t get64(const uint8_t *at)
{
    return *(const record_word *)at;
}

/* What `perf list` calls the kernel's generic events; others by number. */
static const char *name_of(struct perfdata *p, const struct perf_event_attr *attr)
{
    static const char *const hardware[] = {"cycles",
                                           "instructions",
                                           "cache-references",
                                           "cache-misses",
                                           "branches",
                                           "branch-misses",
                                           "bus-cycles",
                                           "stalled-cycles-frontend",
                                           "stalled-cycles-backend",
                                           "ref-cycles"};
    static const char *const software[] = {
        "cpu-clock",        "task-clock",   "page-faults",  "context-switches",
        "cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
        "emulation-faults", "dummy",        "bpf-output",   "cgroup-switches"};
    char text[64];

    if (attr->type == PERF_TYPE_HARDWARE && attr->config < sizeof hardware / sizeof *hardware)
        return hardware[attr->config];
    if (attr->type == PERF_TYPE_SOFTWARE && attr->config < sizeof software / sizeof *software)
        return software[attr->config];
    snprintf(text, sizeof text, "event-%" PRIu32 ":%" PRIx64, attr->type, (uint64_t)attr->config);
    return arena_string(&p->arena, text);
}

int perfdata_add_event(struct perfdata *p, const uint8_t *attr, size_t attr_size, const uint8_t *id,
                       size_t n_ids, struct pg_error *err)
{
    struct perfdata_event *e;

    if (p->n_events == MAX_EVENTS)
        return pg_error_set(err, PG_E_LIMIT, "the recording has more than %d events", MAX_EVENTS);
    if (p->n_events == p->room) {
        e = realloc(p->event, (2 * p->room + 8) * sizeof *e);
        if (e == NULL)
            return pg_error_set(err, PG_E_NOMEM, "out of memory");
        p->event = e;
        p->room = 2 * p->room + 8;
    }
    e = &p->event[p->n_events];
    memset(e, 0, sizeof *e);
    memcpy(&e->attr, attr, attr_size < sizeof e->attr ? attr_size : sizeof e->attr);
    record_format_of(&e->attr, &e->format);
    e->name = name_of(p, &e->attr);
    if (e->name == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    p->n_events++;
    for (size_t i = 0; i < n_ids; i++) {
        uint64_t number = get64(id + 8 * i);

        if (numbers_get(&p->ids, number, 0) == 0 && !numbers_put(&p->ids, number, 0, p->n_events))
            return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    return 0;
}

void perfdata_name_event(struct perfdata *p, uint64_t id, const char *name)
{
    uint64_t number = numbers_get(&p->ids, id, 0);
    const char *copy = number != 0 ? arena_string(&p->arena, name) : NULL;

    if (copy != NULL)
        p->event[number - 1].name = copy;
}

/* Number of events, size of their attributes, then of each: attributes, number of ids, name with
 * its length, ids. They are those of the attribute section, in its order. */
static int read_event_desc(struct perfdata *p, const uint8_t *at, size_t size, struct pg_error *err)
{
    const uint8_t *end = at + size;
    uint32_t n, attr_size, n_ids, length;

    if (size < 8)
        return pg_error_set(err, PG_E_FORMAT, "the list of events is cut short");
    n = get32(at);
    attr_size = get32(at + 4);
    at += 8;
    for (uint32_t i = 0; i < n; i++) {
        if (attr_size > (size_t)(end - at) || (size_t)(end - at) - attr_size < 8)
            return pg_error_set(err, PG_E_FORMAT, "the list of events is cut short");
        n_ids = get32(at + attr_size);
        length = get32(at + attr_size + 4);
        at += attr_size + 8;
        if (length == 0 || length > (size_t)(end - at) || memchr(at, '\0', length) == NULL ||
            n_ids > ((size_t)(end - at) - length) / sizeof(uint64_t))
            return pg_error_set(err, PG_E_FORMAT, "the list of events is cut short");
        if (i < p->n_events) {
            const char *name = arena_string(&p->arena, (const char *)at);

            if (name == NULL)
                return pg_error_set(err, PG_E_NOMEM, "out of memory");
            p->event[i].name = name;
        }
        at += length + sizeof(uint64_t) * n_ids;
    }
    return 0;
}

int perfdata_add_build_id(struct perfdata *p, const uint8_t *at, size_t size, struct pg_error *err)
{
    struct perfdata_build_id_record r;
    struct perfdata_build_id *b;
    const char *name = (const char *)at + sizeof r;
    char text[2 * sizeof r.id + 1] = "";
    size_t n;

    if (size <= sizeof r || memchr(name, '\0', size - sizeof r) == NULL ||
        p->n_build_ids == MAX_BUILD_IDS)
        return pg_error_set(err, PG_E_FORMAT, "a build id of the recording cannot be read");
    memcpy(&r, at, sizeof r);
    if (p->n_build_ids == p->build_id_room) {
        b = realloc(p->build_id, (2 * p->build_id_room + 16) * sizeof *b);
        if (b == NULL)
            return pg_error_set(err, PG_E_NOMEM, "out of memory");
        p->build_id = b;
        p->build_id_room = 2 * p->build_id_room + 16;
    }
    n = r.size > 0 && r.size <= sizeof r.id ? r.size : sizeof r.id;
    for (size_t i = 0; i < n; i++)
        sprintf(text + 2 * i, "%02x", r.id[i]);
    b = &p->build_id[p->n_build_ids];
    b->file = arena_string(&p->arena, name);
    b->build_id = arena_string(&p->arena, text);
    b->kernel = (r.header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
    if (b->file == NULL || b->build_id == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    p->n_build_ids++;
    return 0;
}

static int read_build_ids(struct perfdata *p, const uint8_t *at, size_t size, struct pg_error *err)
{
    struct record_bytes bytes;
    int rc = 0;

    for (; size > 0 && rc == 0; at += bytes.size, size -= bytes.size) {
        rc = record_at(at, size, &bytes, err);
        if (rc == 0)
            rc = perfdata_add_build_id(p, at, bytes.size, err);
    }
    return rc;
}

int perfdata_feature(struct perfdata *p, unsigned int number, const uint8_t *at, size_t size,
                     struct pg_error *err)
{
    switch (number) {
    case PERFDATA_EVENT_DESC:
        return read_event_desc(p, at, size, err);
    case PERFDATA_BUILD_ID:
        return read_build_ids(p, at, size, err);
    default:
        return 0;
    }
}

size_t perfdata_events(const struct perfdata *p)
{
    return p->n_events;
}

const struct perfdata_event *perfdata_event(const struct perfdata *p, size_t i)
{
    return &p->event[i];
}

bool perfdata_build_id(const struct perfdata *p, size_t i, struct perfdata_build_id *out)
{
    if (i < p->n_build_ids)
        *out = p->build_id[i];
    return i < p->n_build_ids;
}
