/* order.c - the records of a recording in order of time.
 *
 * perf empties the rings of all processors in turns and writes what it finds, so records of
 * different processors are not in order. At the end of each round of turns it writes
 * FINISHED_ROUND: what a later round brings is not older than what the round before this one
 * brought. So at each such mark everything up to the newest time of the round before can be handed
 * on, and no more than two rounds are held back, as places in the file. (Linux:
 * tools/perf/util/ordered-events.c) What has no time, as perf's own description of the processes
 * that it found, comes where it stands.
 */
#include "perfdata/file_priv.h"

#include "perfdata/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct place {
    uint64_t time;
    size_t offset;
};

struct order {
    struct perfdata *p;
    perfdata_visit *visit;
    void *arg;
    struct place *place;
    size_t n, room;
    uint64_t newest, limit; /* time: of all so far; when the round before ended */
    size_t released;        /* mapped pages before this offset were given back */
};

static size_t event_of(const struct perfdata *p, const struct record_bytes *bytes)
{
    uint64_t id = 0, number = 0;

    if (p->n_events > 1 && record_event_id(bytes, &p->event[0].format, &id))
        number = numbers_get(&p->ids, id, 0);
    return number > 0 ? number - 1 : 0;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int decode(struct order *o, size_t offset, struct record *r, size_t *event,
                  struct pg_error *err)
{
    const struct perfdata *p = o->p;
    struct record_bytes bytes;
    int rc = record_at(p->at + offset, p->data_end - offset, &bytes, err);

    if (rc != 0)
        return rc;
    *event = event_of(p, &bytes);
    return record_decode(&bytes, &p->event[*event].format, r, err);
}

/* A file much larger than memory can be read: only what is still held back stays mapped in. */
static void release(struct order *o, size_t upto)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), end = upto / page * page;

    if (!o->p->mapped || end <= o->released)
        return;
    madvise((void *)(uintptr_t)(o->p->at + o->released), end - o->released, MADV_DONTNEED);
    o->released = end;
}

/* Hands on what is not newer than the limit. */
static int flush(struct order *o, uint64_t limit, size_t here, struct pg_error *err)
{
    size_t done = 0, first = here;
    struct record r;
    int rc = 0;

    qsort(o->place, o->n, sizeof *o->place, compare_places);
    for (; rc == 0 && done < o->n && o->place[done].time <= limit; done++) {
        size_t event = 0;

        rc = decode(o, o->place[done].offset, &r, &event, err);
        if (rc == 0)
            rc = o->visit(o->arg, &r, event, err);
    }
    for (size_t i = done; i < o->n; i++) {
        o->place[i - done] = o->place[i];
        first = o->place[i].offset < first ? o->place[i].offset : first;
    }
    o->n -= done;
    release(o, first);
    return rc;
}

static int hold(struct order *o, uint64_t time, size_t offset, struct pg_error *err)
{
    if (o->n == o->room) {
        struct place *more = realloc(o->place, (2 * o->room + 4096) * sizeof *more);

        if (more == NULL)
            return pg_error_set(err, PG_E_NOMEM, "out of memory");
        o->place = more;
        o->room = 2 * o->room + 4096;
    }
    o->place[o->n++] = (struct place){time, offset};
    o->newest = time > o->newest ? time : o->newest;
    return 0;
}

static int take(struct order *o, const struct record_bytes *bytes, size_t offset,
                struct pg_error *err)
{
    struct record r;
    size_t event = 0;
    int rc;

    switch (bytes->type) {
    case PERFDATA_FINISHED_ROUND: {
        uint64_t limit = o->limit;

        o->limit = o->newest;
        return flush(o, limit, offset, err);
    }
    case PERFDATA_COMPRESSED:
    case PERFDATA_COMPRESSED2:
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the recording is compressed (perf record -z), which perfgo does not "
                            "read: record without -z");
    default:
        break;
    }
    if (bytes->type >= PERFDATA_ATTR)
        return 0;
    rc = decode(o, offset, &r, &event, err);
    if (rc != 0)
        return rc;
    return r.id.time != 0 ? hold(o, r.id.time, offset, err) : o->visit(o->arg, &r, event, err);
}

int perfdata_read(struct perfdata *p, perfdata_visit *visit, void *arg, struct pg_error *err)
{
    struct order o = {.p = p, .visit = visit, .arg = arg};
    struct record_bytes bytes;
    size_t length = 0;
    int rc = 0;

    for (size_t at = p->data; rc == 0 && at < p->data_end; at += length) {
        rc = perfdata_length(p, at, &bytes, &length, err);
        if (rc == 0)
            rc = take(&o, &bytes, at, err);
        if (rc < 0 && err != NULL && err->code == PG_E_FORMAT) {
            struct pg_error why = *err;

            pg_error_set(err, PG_E_FORMAT, "at byte %zu: %s", at, why.text);
        }
    }
    if (rc == 0)
        rc = flush(&o, UINT64_MAX, p->data_end, err);
    free(o.place);
    return rc;
}
