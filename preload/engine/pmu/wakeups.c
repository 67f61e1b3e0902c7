#include "pmu/wakeups.h"

#include "base/files.h"
#include "pmu/caps.h"
#include "pmu/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SETS = 256,  /* of threads whose ids have the same remainder */
    WAYS = 4,    /* in each; another one pushes out who was not woken for the longest time */
    TIMES = 511, /* remembered of each */
    RING_PAGES = 32,
    MAX_CPUS = 1024,
    LOWEST_FD = 100, /* programs under test count on low ones */
    MAX_FORMAT = 1 << 16,
};

struct woken {
    int32_t tid;
    uint32_t n; /* so far; the last TIMES are here */
    uint64_t time[TIMES];
};

struct wakeups {
    struct record_format format;
    size_t page_size, n_cpus;
    uint32_t pid_offset; /* of the woken thread in the raw data */
    int fd[MAX_CPUS];
    struct perf_event_mmap_page *page[MAX_CPUS];
    struct record_ring ring[MAX_CPUS];
    struct woken *woken; /* SETS of WAYS; untouched memory costs nothing */
    uint8_t scratch[RECORD_MAX];
};

/* ---- opening ---- */

static int read_number(const char *root, const char *file, const char *before, uint64_t *out,
                       struct pg_error *err)
{
    struct strbuf text = {0};
    const char *at = NULL;
    char path[512];
    int rc;

    snprintf(path, sizeof path, "%.400s/events/sched/sched_waking/%s", root, file);
    rc = file_read(path, MAX_FORMAT, &text, err);
    if (rc == 0 && text.text != NULL)
        at = strstr(text.text, before);
    if (at != NULL)
        *out = strtoull(at + strlen(before), NULL, 10);
    else if (rc == 0)
        rc = pg_error_set(err, PG_E_UNSUPPORTED, "%s is not as expected", path);
    strbuf_free(&text);
    return rc;
}

static int describe(struct wakeups *w, int32_t clock, struct perf_event_attr *attr,
                    struct pg_error *err)
{
    struct pmu_caps *caps = malloc(sizeof *caps);
    uint64_t offset = 0, id = 0;
    int rc;

    if (caps == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for wake-ups");
    caps_probe("/proc", "/sys", caps);
    if (caps->tracefs == NULL)
        rc = pg_error_set(err, PG_E_UNSUPPORTED, "tracefs is not mounted");
    else
        rc = read_number(caps->tracefs, "id", "", &id, err);
    if (rc == 0)
        rc = read_number(caps->tracefs, "format", "pid_t pid;\toffset:", &offset, err);
    free(caps);
    w->pid_offset = (uint32_t)offset;
    *attr = (struct perf_event_attr){
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof *attr,
        .config = id,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
        .use_clockid = 1,
        .clockid = clock,
        .watermark = 1,
        .wakeup_watermark = UINT32_MAX, /* nobody waits for it */
    };
    record_format_of(attr, &w->format);
    return rc;
}

static int open_cpu(struct wakeups *w, struct perf_event_attr *attr, int cpu)
{
    const size_t i = w->n_cpus;
    int fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

    if (fd < 0)
        return errno == ENODEV ? 0 : -errno; /* a CPU that is off */
    w->fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);
    if (w->fd[i] < 0)
        w->fd[i] = fd;
    else
        close(fd);
    w->n_cpus++;
    w->page[i] = mmap(NULL, (1 + RING_PAGES) * w->page_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                      w->fd[i], 0);
    if (w->page[i] == MAP_FAILED) {
        w->page[i] = NULL;
        return -errno;
    }
    record_ring_init(&w->ring[i], w->page[i], w->page_size, RING_PAGES, w->scratch);
    return 0;
}

int wakeups_open(int32_t clock, struct wakeups **out, struct pg_error *err)
{
    struct wakeups *w = calloc(1, sizeof *w);
    const long cpus = sysconf(_SC_NPROCESSORS_CONF);
    struct perf_event_attr attr;
    int rc;

    *out = NULL;
    if (w == NULL || (w->woken = calloc(SETS * WAYS, sizeof *w->woken)) == NULL) {
        free(w);
        return pg_error_set(err, PG_E_NOMEM, "no memory for wake-ups");
    }
    w->page_size = (size_t)sysconf(_SC_PAGESIZE);
    rc = describe(w, clock, &attr, err);
    for (int cpu = 0; rc == 0 && cpu < cpus && cpu < MAX_CPUS; cpu++) {
        rc = open_cpu(w, &attr, cpu);
        if (rc < 0)
            rc = pg_error_errno(err, PG_E_PERMISSION, -rc, "wake-ups cannot be watched");
    }
    if (rc < 0)
        wakeups_close(w);
    else
        *out = w;
    return rc;
}

void wakeups_close(struct wakeups *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n_cpus; i++) {
        if (w->page[i] != NULL)
            munmap(w->page[i], (1 + RING_PAGES) * w->page_size);
        close(w->fd[i]);
    }
    free(w->woken);
    free(w);
}

/* ---- reading ---- */

static uint64_t last_time(const struct woken *woken)
{
    return woken->n > 0 ? woken->time[(woken->n - 1) % TIMES] : 0;
}

/* The place of a thread, or the one to give it. A thread of the kernel that is woken all the time
 * must not push out one of the program's whose id happens to have the same remainder. */
static struct woken *place_of(const struct wakeups *w, int32_t tid)
{
    struct woken *set = &w->woken[(uint32_t)tid % SETS * WAYS], *place = set;

    for (struct woken *way = set; way < set + WAYS; way++) {
        if (way->tid == tid)
            return way;
        if (last_time(way) < last_time(place))
            place = way;
    }
    return place;
}

static void take(struct wakeups *w, const struct record *r)
{
    struct woken *woken;
    int32_t tid;

    if (r->type != PERF_RECORD_SAMPLE || r->sample.raw_size < w->pid_offset + sizeof tid)
        return;
    memcpy(&tid, r->sample.raw + w->pid_offset, sizeof tid);
    woken = place_of(w, tid);
    if (woken->tid != tid) {
        woken->tid = tid;
        woken->n = 0;
    }
    woken->time[woken->n++ % TIMES] = r->id.time;
}

static void drain(struct wakeups *w, struct record_ring *ring)
{
    struct record_bytes bytes;
    struct record r;

    record_ring_begin(ring);
    while (record_ring_next(ring, &bytes, NULL) > 0)
        if (record_decode(&bytes, &w->format, &r, NULL) == 0)
            take(w, &r);
    record_ring_end(ring);
}

uint64_t wakeups_find(struct wakeups *w, int32_t tid, uint64_t since, uint64_t until)
{
    const struct woken *woken;
    uint64_t found = 0;

    if (w == NULL)
        return 0;
    for (size_t i = 0; i < w->n_cpus; i++)
        drain(w, &w->ring[i]);
    woken = place_of(w, tid);
    if (woken->tid != tid)
        return 0;
    for (uint32_t i = 0; i < woken->n && i < TIMES; i++) {
        const uint64_t t = woken->time[(woken->n - 1 - i) % TIMES];

        if (t > since && t <= until && t > found)
            found = t;
    }
    return found;
}
