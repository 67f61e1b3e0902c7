#include "hot/sampler.h"

#include "hot/sys.h"
#include "hot/ticks.h"

#include <errno.h>
#include <sys/mman.h>

enum { LOOKS = 1000 };

static int open_event(struct hot_sampler *s, const struct pg_sampling *sampling, uint32_t i)
{
    struct perf_event_attr attr = sampling->event[i].attr;
    long rc;
    int fd;

    attr.disabled = 1;
    fd = sys_move_fd((int)sys_perf_event_open(&attr, s->tid, -1, PERF_FLAG_FD_CLOEXEC));
    if (fd < 0)
        return fd;
    s->fd[i] = fd;
    rc = sys_ioctl(fd, PERF_EVENT_IOC_ID, (long)&s->id[i]);
    if (rc == 0 && i > 0)
        rc = sys_ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, s->fd[0]);
    return (int)rc;
}

/* Rings count against RLIMIT_MEMLOCK and perf_event_mlock_kb: a smaller one loses samples sooner,
 * and says how many; none at all says nothing. */
static int map_ring(struct hot_sampler *s, uint32_t pages, size_t page_size)
{
    void *page = NULL;

    for (; pages > 0; pages /= 2) {
        page = sys_mmap((1 + pages) * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd[0]);
        if (!sys_is_error(page))
            break;
        if ((long)page != -EPERM && (long)page != -ENOMEM)
            return (int)(long)page;
    }
    if (pages == 0)
        return (int)(long)page;
    s->page = page;
    s->page_size = page_size;
    s->ring_pages = pages;
    return 0;
}

static int open_events(struct hot_sampler *s, const struct pg_sampling *sampling)
{
    int rc = 0;

    for (uint32_t i = 0; i < sampling->n_events && rc == 0; i++) {
        rc = open_event(s, sampling, i);
        if (rc == 0 && i == 0)
            rc = map_ring(s, sampling->ring_pages, sampling->page_size);
    }
    for (uint32_t i = 0; i < sampling->n_events && rc == 0; i++)
        sys_ioctl(s->fd[i], PERF_EVENT_IOC_ENABLE, 0);
    return rc;
}

int hot_sampler_open(struct hot_sampler *s, const struct pg_sampling *sampling, int32_t tid)
{
    int rc;

    s->tid = tid;
    s->page = NULL;
    s->from = s->run_from = 0;
    s->written = s->read = 0;
    s->dropped = s->lost_told = s->lost_records = 0;
    s->wait = NULL;
    s->has_timer = false;
    s->lost = s->lost_written = 0;
    for (uint32_t i = 0; i < PG_MAX_SAMPLING; i++)
        s->fd[i] = -1;
    rc = sampling->backend == PG_BACKEND_TIMER ? hot_ticks_open(s, sampling)
                                               : open_events(s, sampling);
    if (rc < 0)
        hot_sampler_close(s);
    return rc;
}

void hot_sampler_close(struct hot_sampler *s)
{
    hot_ticks_close(s); /* before its ring */
    if (s->page != NULL)
        sys_munmap(s->page, (1 + s->ring_pages) * s->page_size);
    s->page = NULL;
    for (uint32_t i = 0; i < PG_MAX_SAMPLING; i++) {
        if (s->fd[i] >= 0)
            sys_close(s->fd[i]);
        s->fd[i] = -1;
    }
    __atomic_store_n(&s->state, HOT_SAMPLER_FREE, __ATOMIC_RELEASE);
}

static void set(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

void hot_sampler_go(struct hot_sampler *s)
{
    hot_sampler_begin_run(s);
    hot_sampler_begin_window(s);
    __atomic_store_n(&s->state, HOT_SAMPLER_LIVE, __ATOMIC_RELEASE);
}

void hot_sampler_begin_run(struct hot_sampler *s)
{
    set(&s->run_from, hot_sampler_head(s));
}

void hot_sampler_begin_window(struct hot_sampler *s)
{
    set(&s->from, hot_sampler_head(s));
}

static void keep_range(struct hot_sampler *s, const struct hot_gate *gate, uint64_t head,
                       uint64_t closed)
{
    uint32_t n = s->written;

    if (head == s->from)
        return;
    if (n - __atomic_load_n(&s->read, __ATOMIC_ACQUIRE) == HOT_RANGES) {
        __atomic_add_fetch(&s->dropped, 1, __ATOMIC_RELAXED);
        return;
    }
    s->range[n % HOT_RANGES] = (struct hot_range){
        s->from, head, gate->opened, closed, gate->regions, gate->run,
    };
    __atomic_store_n(&s->written, n + 1, __ATOMIC_RELEASE);
}

void hot_sampler_end_window(struct hot_sampler *s, const struct hot_gate *gate, uint64_t closed)
{
    keep_range(s, gate, hot_sampler_head(s), closed);
}

void hot_sampler_divide_window(struct hot_sampler *s, const struct hot_gate *gate)
{
    uint64_t head = hot_sampler_head(s); /* once: what is written meanwhile is in the next range */

    keep_range(s, gate, head, 0);
    set(&s->from, head);
}

bool hot_sampler_look(const struct hot_sampler *s, const struct hot_gate *gate,
                      struct hot_view *out)
{
    out->head = hot_sampler_head(s);
    for (int i = 0; i < LOOKS; i++) {
        uint32_t seq = __atomic_load_n(&gate->seq, __ATOMIC_ACQUIRE);

        out->open = __atomic_load_n(&gate->open, __ATOMIC_RELAXED) != 0;
        out->run = __atomic_load_n(&gate->run, __ATOMIC_RELAXED);
        out->opened = __atomic_load_n(&gate->opened, __ATOMIC_RELAXED);
        out->regions = __atomic_load_n(&gate->regions, __ATOMIC_RELAXED);
        out->from = __atomic_load_n(&s->from, __ATOMIC_RELAXED);
        out->run_from = __atomic_load_n(&s->run_from, __ATOMIC_RELAXED);
        out->written = __atomic_load_n(&s->written, __ATOMIC_ACQUIRE);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if ((seq & 1) == 0 && __atomic_load_n(&gate->seq, __ATOMIC_RELAXED) == seq)
            return true;
        hot_pause();
    }
    return false;
}
