/* write.c - header, records, features, ids, attributes: in this order in the file.
 *
 * perf looks for the features right behind the records, and for the attributes where the header
 * says; so everything that is known only at the end can stand behind the records, and these are
 * written as they come.
 */
#include "perfdata/write.h"

#include "base/files.h"
#include "base/strbuf.h"
#include "perfdata/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MAX_EVENTS = 64, ALIGN = 64, MAX_NAME = 4096, MAX_COMM = 16 };

struct event {
    struct perf_event_attr attr;
    char *name;
    uint64_t *id;
    size_t n_ids, room;
};

struct perfdata_writer {
    FILE *f;
    char *path, *temporary;
    struct event event[MAX_EVENTS];
    size_t n_events;
    uint64_t at;             /* bytes written */
    struct strbuf build_ids; /* the feature's content */
    uint64_t features;       /* bits */
    int error;               /* errno; 0: none */
};

/* ---- bytes ---- */

static void put(struct perfdata_writer *w, const void *data, size_t size)
{
    if (w->error == 0 && size > 0 && fwrite(data, 1, size, w->f) != size)
        w->error = errno != 0 ? errno : EIO;
    w->at += size;
}

static void put_words(struct strbuf *b, const uint64_t *word, size_t n)
{
    strbuf_add(b, (const char *)word, n * sizeof *word);
}

/* With zeros up to the next multiple. */
static void put_padded(struct strbuf *b, const char *s, size_t align)
{
    static const char zeros[ALIGN];
    size_t size = strlen(s) + 1;

    strbuf_add(b, s, size);
    strbuf_add(b, zeros, (align - size % align) % align);
}

/* A string of a feature: the length of what follows, which is padded. */
static void put_string(struct strbuf *b, const char *s)
{
    uint32_t length = (uint32_t)((strlen(s) + ALIGN) / ALIGN * ALIGN);

    strbuf_add(b, (const char *)&length, sizeof length);
    put_padded(b, s, ALIGN);
}

/* ---- records ---- */

/* The trailer that readers expect behind perf's own descriptions too. */
static void put_trailer(struct perfdata_writer *w, struct strbuf *b, uint32_t pid, uint32_t tid)
{
    const struct event *e = &w->event[0];
    uint64_t type = e->attr.sample_type, id = e->n_ids > 0 ? e->id[0] : 0;
    uint64_t who = (uint64_t)tid << 32 | pid, zero = 0;

    if (!e->attr.sample_id_all)
        return;
    if (type & PERF_SAMPLE_TID)
        put_words(b, &who, 1);
    if (type & PERF_SAMPLE_TIME)
        put_words(b, &zero, 1);
    if (type & PERF_SAMPLE_ID)
        put_words(b, &id, 1);
    if (type & PERF_SAMPLE_STREAM_ID)
        put_words(b, &zero, 1);
    if (type & PERF_SAMPLE_CPU)
        put_words(b, &zero, 1);
    if (type & PERF_SAMPLE_IDENTIFIER)
        put_words(b, &id, 1);
}

static void put_record(struct perfdata_writer *w, uint32_t type, uint16_t misc, struct strbuf *body)
{
    struct perf_event_header header = {type, misc, (uint16_t)(sizeof header + body->size)};

    if (body->failed)
        w->error = ENOMEM;
    put(w, &header, sizeof header);
    put(w, body->text, body->size);
    strbuf_free(body);
}

void perfdata_comm(struct perfdata_writer *w, uint32_t pid, uint32_t tid, const char *name,
                   bool exec)
{
    struct strbuf body = {0};
    uint64_t who = (uint64_t)tid << 32 | pid;
    char comm[MAX_COMM];

    snprintf(comm, sizeof comm, "%s", name);
    put_words(&body, &who, 1);
    put_padded(&body, comm, sizeof(uint64_t));
    put_trailer(w, &body, pid, tid);
    put_record(w, PERF_RECORD_COMM, exec ? PERF_RECORD_MISC_COMM_EXEC : 0, &body);
}

void perfdata_mmap(struct perfdata_writer *w, const struct record_mmap *m)
{
    bool kernel = m->pid == UINT32_MAX;
    uint64_t word[] = {
        (uint64_t)m->tid << 32 | m->pid,
        m->addr,
        m->len,
        m->pgoff,
        (uint64_t)m->minor << 32 | m->major,
        m->inode,
        m->inode_generation,
        (uint64_t)m->flags << 32 | m->prot,
    };
    struct strbuf body = {0};
    char file[MAX_NAME];

    snprintf(file, sizeof file, "%s", m->file);
    put_words(&body, word, kernel ? 4 : sizeof word / sizeof *word);
    put_padded(&body, file, sizeof(uint64_t));
    put_trailer(w, &body, m->pid, m->tid);
    put_record(w, kernel ? PERF_RECORD_MMAP : PERF_RECORD_MMAP2,
               kernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER, &body);
}

void perfdata_kernel(struct perfdata_writer *w, uint64_t text, uint64_t end)
{
    perfdata_mmap(w, &(struct record_mmap){.pid = UINT32_MAX,
                                           .addr = text,
                                           .len = end - text,
                                           .pgoff = text,
                                           .file = "[kernel.kallsyms]_text"});
}

void perfdata_records(struct perfdata_writer *w, const void *records, size_t size)
{
    put(w, records, size);
}

void perfdata_round(struct perfdata_writer *w)
{
    put_record(w, PERFDATA_FINISHED_ROUND, 0, &(struct strbuf){0});
}

/* ---- what stands behind the records ---- */

void perfdata_id(struct perfdata_writer *w, size_t event, uint64_t id)
{
    struct event *e = &w->event[event];

    if (e->n_ids == e->room) {
        uint64_t *more = realloc(e->id, (2 * e->room + 8) * sizeof *more);

        if (more == NULL) {
            w->error = ENOMEM;
            return;
        }
        e->id = more;
        e->room = 2 * e->room + 8;
    }
    e->id[e->n_ids++] = id;
}

void perfdata_file_id(struct perfdata_writer *w, const char *file, uint32_t pid, bool kernel,
                      const uint8_t *id, size_t size)
{
    struct perfdata_build_id_record r = {
        .header.misc = kernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER,
        .pid = (int32_t)pid,
        .size = (uint8_t)(size < sizeof r.id ? size : sizeof r.id),
    };
    size_t length = strlen(file) + 1;

    if (length > MAX_NAME)
        return;
    memcpy(r.id, id, r.size);
    r.header.misc |= 1 << 15; /* PERF_RECORD_MISC_BUILD_ID_SIZE */
    r.header.size = (uint16_t)(sizeof r + (length + ALIGN - 1) / ALIGN * ALIGN);
    strbuf_add(&w->build_ids, (const char *)&r, sizeof r);
    put_padded(&w->build_ids, file, ALIGN);
}

static void put_event_desc(const struct perfdata_writer *w, struct strbuf *b)
{
    uint32_t head[2] = {(uint32_t)w->n_events, sizeof(struct perf_event_attr)};

    strbuf_add(b, (const char *)head, sizeof head);
    for (size_t i = 0; i < w->n_events; i++) {
        const struct event *e = &w->event[i];
        uint32_t n = (uint32_t)e->n_ids;

        strbuf_add(b, (const char *)&e->attr, sizeof e->attr);
        strbuf_add(b, (const char *)&n, sizeof n);
        put_string(b, e->name);
        put_words(b, e->id, e->n_ids);
    }
}

static void put_cmdline(struct strbuf *b, char *const *argv)
{
    uint32_t n = 0;

    while (argv != NULL && argv[n] != NULL)
        n++;
    strbuf_add(b, (const char *)&n, sizeof n);
    for (uint32_t i = 0; i < n; i++)
        put_string(b, argv[i]);
}

static void put_cpus(struct strbuf *b)
{
    uint32_t n[2] = {(uint32_t)sysconf(_SC_NPROCESSORS_CONF),
                     (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};

    strbuf_add(b, (const char *)n, sizeof n);
}

/* The content of a feature; false: there is none. */
static bool make_feature(const struct perfdata_writer *w, unsigned int number, char *const *argv,
                         struct strbuf *b)
{
    struct utsname host;

    memset(&host, 0, sizeof host);
    uname(&host);
    switch (number) {
    case PERFDATA_BUILD_ID:
        strbuf_add(b, w->build_ids.text, w->build_ids.size);
        return w->build_ids.size > 0;
    case PERFDATA_HOSTNAME:
        put_string(b, host.nodename);
        return true;
    case PERFDATA_OSRELEASE:
        put_string(b, host.release);
        return true;
    case PERFDATA_VERSION:
        put_string(b, "perfgo " PERFGO_VERSION);
        return true;
    case PERFDATA_ARCH:
        put_string(b, host.machine);
        return true;
    case PERFDATA_NRCPUS:
        put_cpus(b);
        return true;
    case PERFDATA_CMDLINE:
        put_cmdline(b, argv);
        return true;
    case PERFDATA_EVENT_DESC:
        put_event_desc(w, b);
        return true;
    default:
        return false;
    }
}

/* The table of sections, then the sections. */
static void put_features(struct perfdata_writer *w, struct perfdata_header *h, char *const *argv)
{
    struct perfdata_section table[PERFDATA_FEATURES];
    struct strbuf content = {0};
    size_t n = 0;

    for (unsigned int i = 0; i < PERFDATA_FEATURES; i++) {
        size_t before = content.size;

        if (!make_feature(w, i, argv, &content))
            continue;
        h->features[0] |= 1ull << i;
        table[n++] = (struct perfdata_section){before, content.size - before};
    }
    for (size_t i = 0; i < n; i++)
        table[i].offset += w->at + n * sizeof *table;
    if (content.failed)
        w->error = ENOMEM;
    put(w, table, n * sizeof *table);
    put(w, content.text, content.size);
    strbuf_free(&content);
}

static void put_attrs(struct perfdata_writer *w, struct perfdata_header *h)
{
    struct perfdata_section ids[MAX_EVENTS];

    for (size_t i = 0; i < w->n_events; i++) {
        ids[i] = (struct perfdata_section){w->at, w->event[i].n_ids * sizeof(uint64_t)};
        put(w, w->event[i].id, ids[i].size);
    }
    h->attrs.offset = w->at;
    for (size_t i = 0; i < w->n_events; i++) {
        put(w, &w->event[i].attr, sizeof w->event[i].attr);
        put(w, &ids[i], sizeof ids[i]);
    }
    h->attrs.size = w->at - h->attrs.offset;
}

/* ---- the file ---- */

static struct perfdata_header empty_header(void)
{
    return (struct perfdata_header){
        .magic = PERFDATA_MAGIC,
        .size = sizeof(struct perfdata_header),
        .attr_size = sizeof(struct perf_event_attr) + sizeof(struct perfdata_section),
        .data.offset = sizeof(struct perfdata_header),
    };
}

static int open_file(struct perfdata_writer *w, const char *path, struct pg_error *err)
{
    int fd;

    w->path = strdup(path);
    if (w->path == NULL || asprintf(&w->temporary, "%s.XXXXXX", path) < 0) {
        w->temporary = NULL;
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    fd = mkostemp(w->temporary, O_CLOEXEC);
    if (fd < 0)
        return pg_error_errno(err, PG_E_IO, errno, "%s", path);
    fchmod(fd, 0644);
    w->f = fdopen(fd, "w");
    if (w->f == NULL) {
        close(fd);
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    return 0;
}

int perfdata_create(const char *path, const struct perfdata_new_event *event, size_t n,
                    struct perfdata_writer **out, struct pg_error *err)
{
    struct perfdata_writer *w = n > 0 && n <= MAX_EVENTS ? calloc(1, sizeof *w) : NULL;
    struct perfdata_header h = empty_header();
    int rc;

    *out = NULL;
    if (w == NULL)
        return n > 0 && n <= MAX_EVENTS
                   ? pg_error_set(err, PG_E_NOMEM, "out of memory")
                   : pg_error_set(err, PG_E_LIMIT, "a recording has 1 to %d events", MAX_EVENTS);
    rc = open_file(w, path, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        w->event[i].attr = event[i].attr;
        w->event[i].attr.size = sizeof event[i].attr;
        w->event[i].name = strdup(event[i].name);
        w->n_events++;
        if (w->event[i].name == NULL)
            rc = pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    if (rc != 0) {
        perfdata_discard(w);
        return rc;
    }
    put(w, &h, sizeof h);
    *out = w;
    return 0;
}

int perfdata_finish(struct perfdata_writer *w, char *const *argv, struct pg_error *err)
{
    struct perfdata_header h = empty_header();
    int rc = 0;

    h.data.size = w->at - h.data.offset;
    put_features(w, &h, argv);
    put_attrs(w, &h);
    if (w->error == 0 && (fflush(w->f) != 0 || fseeko(w->f, 0, SEEK_SET) != 0))
        w->error = errno;
    put(w, &h, sizeof h);
    if (fclose(w->f) != 0 && w->error == 0)
        w->error = errno;
    w->f = NULL;
    if (w->error == 0 && rename(w->temporary, w->path) != 0)
        w->error = errno;
    if (w->error != 0) {
        rc = pg_error_errno(err, PG_E_IO, w->error, "%s cannot be written", w->path);
    } else {
        free(w->temporary);
        w->temporary = NULL;
    }
    perfdata_discard(w);
    return rc;
}

void perfdata_discard(struct perfdata_writer *w)
{
    if (w == NULL)
        return;
    if (w->f != NULL)
        fclose(w->f);
    if (w->temporary != NULL)
        unlink(w->temporary);
    for (size_t i = 0; i < w->n_events; i++) {
        free(w->event[i].name);
        free(w->event[i].id);
    }
    strbuf_free(&w->build_ids);
    free(w->temporary);
    free(w->path);
    free(w);
}
