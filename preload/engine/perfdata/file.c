/* file.c - opens a recording: header, events and features.
 *
 * A file has a header, a section with the attributes and ids of its events, the records, and behind
 * them the sections of its features. A pipe has a short header and then nothing but records; what
 * the sections say comes in records of perf's own, which are read here too, so that events and
 * build ids are known before any other record is looked at.
 */
#include "perfdata/file_priv.h"

#include "perfdata/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIN_ATTR = 64 }; /* PERF_ATTR_SIZE_VER0 */

static int cut_short(struct pg_error *err)
{
    return pg_error_set(err, PG_E_FORMAT,
                        "the recording is cut short: was perf record ended in order?");
}

static bool inside(const struct perfdata *p, const struct perfdata_section *s)
{
    return s->offset <= p->size && s->size <= p->size - s->offset;
}

static int read_attrs(struct perfdata *p, const struct perfdata_header *h, struct pg_error *err)
{
    struct perfdata_section ids;
    int rc = 0;

    if (h->attr_size < MIN_ATTR + sizeof ids || h->attr_size > 4096)
        return pg_error_set(err, PG_E_FORMAT,
                            "the recording has events of a form perfgo does not know");
    if (!inside(p, &h->attrs) || h->attrs.size < h->attr_size)
        return cut_short(err);
    for (uint64_t i = 0; rc == 0 && i < h->attrs.size / h->attr_size; i++) {
        const uint8_t *at = p->at + h->attrs.offset + i * h->attr_size;
        size_t attr_size = h->attr_size - sizeof ids;

        memcpy(&ids, at + attr_size, sizeof ids);
        rc = inside(p, &ids) ? perfdata_add_event(p, at, attr_size, p->at + ids.offset,
                                                  ids.size / sizeof(uint64_t), err)
                             : cut_short(err);
    }
    return rc;
}

static int read_features(struct perfdata *p, const struct perfdata_header *h, struct pg_error *err)
{
    size_t at = h->data.offset + h->data.size;
    struct perfdata_section s;
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < PERFDATA_FEATURES; i++) {
        if ((h->features[0] & 1ull << i) == 0)
            continue;
        if (p->size - at < sizeof s)
            return cut_short(err);
        memcpy(&s, p->at + at, sizeof s);
        at += sizeof s;
        rc = inside(p, &s) ? perfdata_feature(p, i, p->at + s.offset, s.size, err) : cut_short(err);
    }
    return rc;
}

static int read_file(struct perfdata *p, struct pg_error *err)
{
    struct perfdata_header h;
    int rc;

    if (p->size < sizeof h)
        return cut_short(err);
    memcpy(&h, p->at, sizeof h);
    if (h.data.size == 0)
        return pg_error_set(
            err, PG_E_FORMAT,
            "the recording was not ended in order (perf record was killed, or still "
            "runs): record again");
    if (!inside(p, &h.data))
        return cut_short(err);
    if (h.features[0] & 1ull << PERFDATA_DIR_FORMAT)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the records are in a directory (perf record --threads), which perfgo "
                            "does not read: record without it");
    p->data = h.data.offset;
    p->data_end = h.data.offset + h.data.size;
    rc = read_attrs(p, &h, err);
    return rc != 0 ? rc : read_features(p, &h, err);
}

/* ---- pipes ---- */

int perfdata_length(const struct perfdata *p, size_t offset, struct record_bytes *out,
                    size_t *length, struct pg_error *err)
{
    uint64_t more = 0;

    if (record_at(p->at + offset, p->data_end - offset, out, NULL) != 0)
        return cut_short(err);
    if (out->type == PERFDATA_TRACING_DATA && out->size >= 12) {
        uint32_t size;

        memcpy(&size, out->at + 8, sizeof size);
        more = ((uint64_t)size + 7) & ~7ull;
    } else if (out->type == PERFDATA_AUXTRACE && out->size >= 16) {
        more = *(const record_word *)(out->at + 8);
    }
    if (more > p->data_end - offset - out->size)
        return cut_short(err);
    *length = out->size + more;
    return 0;
}

/* Attributes of the size that they name themselves, then ids. */
static int read_attr_record(struct perfdata *p, const struct record_bytes *r, struct pg_error *err)
{
    size_t left = r->size - 8u;
    uint32_t size;

    if (left < MIN_ATTR)
        return cut_short(err);
    memcpy(&size, r->at + 12, sizeof size);
    if (size < MIN_ATTR || size > left)
        return cut_short(err);
    return perfdata_add_event(p, r->at + 8, size, r->at + 8 + size,
                              (left - size) / sizeof(uint64_t), err);
}

static int read_own_record(struct perfdata *p, const struct record_bytes *r, struct pg_error *err)
{
    switch (r->type) {
    case PERFDATA_ATTR:
        return read_attr_record(p, r, err);
    case PERFDATA_RECORD_BUILD_ID:
        return perfdata_add_build_id(p, r->at, r->size, err);
    case PERFDATA_HEADER_FEATURE:
        if (r->size < 16)
            return cut_short(err);
        return perfdata_feature(p, (unsigned int)*(const record_word *)(r->at + 8), r->at + 16,
                                r->size - 16u, err);
    case PERFDATA_EVENT_UPDATE:
        if (r->size > 24 && *(const record_word *)(r->at + 8) == PERFDATA_UPDATE_NAME &&
            memchr(r->at + 24, '\0', r->size - 24u) != NULL)
            perfdata_name_event(p, *(const record_word *)(r->at + 16), (const char *)r->at + 24);
        return 0;
    default:
        return 0;
    }
}

static int read_pipe(struct perfdata *p, struct pg_error *err)
{
    struct record_bytes r;
    size_t length = 0;
    int rc = 0;

    p->data = PERFDATA_PIPE_HEADER;
    p->data_end = p->size;
    for (size_t at = p->data; rc == 0 && at < p->data_end; at += length) {
        rc = perfdata_length(p, at, &r, &length, err);
        if (rc == 0)
            rc = read_own_record(p, &r, err);
    }
    return rc;
}

/* ---- both ---- */

bool perfdata_is(const void *data, size_t size)
{
    uint64_t magic;

    if (size < sizeof magic)
        return false;
    memcpy(&magic, data, sizeof magic);
    return magic == PERFDATA_MAGIC || magic == PERFDATA_MAGIC_SWAPPED ||
           magic == PERFDATA_MAGIC_OLD;
}

static int read_all(struct perfdata *p, struct pg_error *err)
{
    uint64_t word[2];
    int rc;

    if (!perfdata_is(p->at, p->size))
        return pg_error_set(err, PG_E_FORMAT, "not a recording of perf");
    if (p->size < sizeof word)
        return cut_short(err);
    memcpy(word, p->at, sizeof word);
    if (word[0] == PERFDATA_MAGIC_OLD)
        return pg_error_set(err, PG_E_UNSUPPORTED, "a recording of a perf of before 2011");
    if (word[0] == PERFDATA_MAGIC_SWAPPED)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "a recording from a machine of other byte order: convert it there");
    rc = word[1] == PERFDATA_PIPE_HEADER ? read_pipe(p, err) : read_file(p, err);
    if (rc == 0 && p->n_events == 0)
        rc = pg_error_set(err, PG_E_FORMAT, "the recording has no events");
    return rc;
}

static int finish_open(struct perfdata *p, struct perfdata **out, struct pg_error *err)
{
    int rc = read_all(p, err);

    *out = NULL;
    if (rc != 0)
        perfdata_close(p);
    else
        *out = p;
    return rc;
}

int perfdata_parse(const void *data, size_t size, struct perfdata **out, struct pg_error *err)
{
    struct perfdata *p = calloc(1, sizeof *p);

    *out = NULL;
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    p->at = data;
    p->size = size;
    return finish_open(p, out, err);
}

static int map_file(struct perfdata *p, const char *path, int fd, struct pg_error *err)
{
    struct stat st;
    void *at;

    if (fstat(fd, &st) != 0)
        return pg_error_errno(err, PG_E_IO, errno, "%s", path);
    if (S_ISDIR(st.st_mode))
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "%s is a directory (perf record --threads), which perfgo does not "
                            "read: record without it",
                            path);
    if (!S_ISREG(st.st_mode) || st.st_size < PERFDATA_PIPE_HEADER)
        return pg_error_set(err, PG_E_FORMAT, "not a recording of perf");
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return pg_error_errno(err, PG_E_IO, errno, "%s", path);
    p->at = at;
    p->size = (size_t)st.st_size;
    p->mapped = true;
    return 0;
}

int perfdata_open(const char *path, struct perfdata **out, struct pg_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
    struct perfdata *p;

    *out = NULL;
    if (fd < 0)
        return pg_error_errno(err, errno == ENOENT ? PG_E_NOTFOUND : PG_E_PERMISSION, errno, "%s",
                              path);
    p = calloc(1, sizeof *p);
    rc = p != NULL ? map_file(p, path, fd, err) : pg_error_set(err, PG_E_NOMEM, "out of memory");
    close(fd);
    if (rc == 0)
        return finish_open(p, out, err);
    perfdata_close(p);
    return rc;
}

void perfdata_close(struct perfdata *p)
{
    if (p == NULL)
        return;
    if (p->mapped)
        munmap((void *)(uintptr_t)p->at, p->size);
    numbers_free(&p->ids);
    arena_free(&p->arena);
    free(p->event);
    free(p->build_id);
    free(p);
}
