#include "hot/ticks.h"

#include "context.h" /* hot/arch/<cpu>/ */
#include "hot/sys.h"

#include <sys/mman.h>

enum {
    MAX_FRAMES = 126,
    /* Of a record without the stack: header, id, ip, thread, time, period; callchain with its
     * number and marker; registers with their kind; the stack's two sizes. */
    MAX_WORDS = 6 + 2 + MAX_FRAMES + 1 + 64 + 2,
    LOST_WORDS = 6,
    PAGE_SHIFT = 12, /* pages may be larger, not smaller */
};

/* timer_create's argument, as the kernel knows it (asm-generic/siginfo.h). */
struct kernel_sigevent {
    uint64_t value;
    int32_t signo, notify, tid;
    int32_t pad[11];
};

/* rt_sigaction's. */
struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* ---- the timer ---- */

static uint64_t now_ns(void)
{
    struct timespec t = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

/* Threads that begin together must not all be seen at the same moments of their work: the first
 * period is a random part of one. */
static int start_timer(struct hot_sampler *s, uint64_t period)
{
    uint64_t random = (now_ns() ^ (uint64_t)s->tid << 32) * 0x9e3779b97f4a7c15u >> 16;
    struct itimerspec when = {.it_interval = timespec_of(period),
                              .it_value = timespec_of(1 + random % period)};
    struct kernel_sigevent event = {
        .value = (uint64_t)(uintptr_t)s,
        .signo = TICKS_SIGNAL,
        .notify = 4, /* SIGEV_THREAD_ID */
        .tid = s->tid,
    };
    int32_t id;
    long rc = sys_call3(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, (long)&event, (long)&id);

    if (rc < 0)
        return (int)rc;
    s->timer = id;
    s->has_timer = true;
    return (int)sys_call6(SYS_timer_settime, id, 0, (long)&when, 0, 0, 0);
}

int hot_ticks_open(struct hot_sampler *s, const struct pg_sampling *sampling)
{
    size_t size = (size_t)sampling->ring_pages * sampling->page_size;
    struct perf_event_mmap_page *page = sys_mmap(sampling->page_size + size, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS, -1);

    if (sys_is_error(page))
        return (int)(long)page;
    page->data_offset = sampling->page_size;
    page->data_size = size;
    s->page = page;
    s->page_size = sampling->page_size;
    s->ring_pages = sampling->ring_pages;
    s->id[0] = 1;
    return start_timer(s, sampling->event[0].attr.sample_period);
}

void hot_ticks_close(struct hot_sampler *s)
{
    if (s->has_timer)
        sys_call1(SYS_timer_delete, s->timer);
    s->has_timer = false;
}

bool hot_ticks_handled_by(void (*handler)(int, siginfo_t *, void *))
{
    struct kernel_sigaction now;

    return sys_call6(SYS_rt_sigaction, TICKS_SIGNAL, 0, (long)&now, sizeof now.mask, 0, 0) == 0 &&
           now.handler == handler;
}

/* ---- a record ---- */

struct writer {
    uint64_t *data;
    uint64_t mask, head; /* in words */
};

static void put(struct writer *w, uint64_t word)
{
    w->data[w->head++ & w->mask] = word;
}

/* Can the word at an address be read? The kernel says EFAULT before it looks at the first argument,
 * which makes no sense. */
static bool readable(uint64_t address, uint64_t *known_page)
{
    if (address % 8 != 0 || address >> PAGE_SHIFT == 0) /* NULL would mean: no mask */
        return false;
    if (address >> PAGE_SHIFT == *known_page)
        return true;
    if (sys_call6(SYS_rt_sigprocmask, -1, (long)address, 0, 8, 0, 0) == -14 /* EFAULT */)
        return false;
    *known_page = address >> PAGE_SHIFT;
    return true;
}

static uint64_t load(uint64_t address)
{
    return *(const volatile uint64_t *)(uintptr_t)address;
}

static void put_callchain(struct writer *w, const ucontext_t *context)
{
    const uint64_t count_at = w->head;
    uint64_t frame = context_reg(context, CONTEXT_FRAME), known_page = 0, n = 2;

    put(w, 0);
    put(w, PERF_CONTEXT_USER);
    put(w, context_reg(context, CONTEXT_PC));
    while (n < MAX_FRAMES + 1 && readable(frame, &known_page) && readable(frame + 8, &known_page)) {
        uint64_t caller = load(frame + 8);

        if (caller == 0)
            break;
        put(w, caller);
        n++;
        frame = load(frame);
    }
    w->data[count_at & w->mask] = n;
}

static void put_registers(struct writer *w, const ucontext_t *context, uint64_t mask)
{
    put(w, PERF_SAMPLE_REGS_ABI_64);
    for (unsigned int reg = 0; reg < 64; reg++)
        if (mask >> reg & 1)
            put(w, context_reg(context, reg));
}

/* Of constant size; behind it how much of it is the stack. */
static void put_stack(struct writer *w, const ucontext_t *context, uint64_t words)
{
    uint64_t stack = context_reg(context, CONTEXT_STACK), known_page = 0, n = 0;

    put(w, words * 8);
    for (uint64_t i = 0; i < words; i++) {
        bool there = n == i && readable(stack + n * 8, &known_page);

        put(w, there ? load(stack + n * 8) : 0);
        n += there;
    }
    put(w, n * 8);
}

static uint64_t header(uint32_t type, uint16_t misc, uint64_t words)
{
    return type | (uint64_t)misc << 32 | words * 8 << 48;
}

static void put_lost(struct writer *w, const struct hot_sampler *s, uint64_t lost, uint64_t thread,
                     uint64_t time)
{
    put(w, header(PERF_RECORD_LOST, 0, LOST_WORDS));
    put(w, s->id[0]);
    put(w, lost);
    put(w, thread);
    put(w, time);
    put(w, s->id[0]);
}

static void put_sample(struct writer *w, const struct hot_sampler *s,
                       const struct perf_event_attr *attr, const ucontext_t *context,
                       uint64_t expired, uint64_t thread, uint64_t time)
{
    const uint64_t begin = w->head;

    put(w, 0);
    put(w, s->id[0]);
    put(w, context_reg(context, CONTEXT_PC));
    put(w, thread);
    put(w, time);
    put(w, attr->sample_period * expired);
    put_callchain(w, context);
    put_registers(w, context, attr->sample_regs_user);
    put_stack(w, context, attr->sample_stack_user / 8);
    w->data[begin & w->mask] = header(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, w->head - begin);
}

void hot_tick(struct hot_sampler *s, const struct pg_sampling *sampling, const void *context,
              uint64_t expired, int wake_fd)
{
    static const uint64_t one = 1;
    struct perf_event_mmap_page *page = s->page;
    const struct perf_event_attr *attr = &sampling->event[0].attr;
    const uint64_t most = (MAX_WORDS + LOST_WORDS) * 8 + attr->sample_stack_user;
    const uint64_t tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
    const uint64_t used = page->data_head - tail, size = page->data_size;
    const uint64_t thread = (uint64_t)(uint32_t)s->tid << 32 | (uint32_t)sys_call1(SYS_getpid, 0),
                   time = now_ns();
    struct writer w = {
        .data = (uint64_t *)(void *)((char *)page + page->data_offset),
        .mask = size / 8 - 1,
        .head = page->data_head / 8,
    };

    if (used + most > size) {
        __atomic_store_n(&s->lost, s->lost + 1, __ATOMIC_RELAXED);
        return;
    }
    if (s->lost > s->lost_written)
        put_lost(&w, s, s->lost - s->lost_written, thread, time);
    s->lost_written = s->lost;
    put_sample(&w, s, attr, context, expired, thread, time);
    __atomic_store_n(&page->data_head, w.head * 8, __ATOMIC_RELEASE);
    if (used < size / 2 && w.head * 8 - tail >= size / 2 && wake_fd >= 0)
        sys_call3(SYS_write, wake_fd, (long)&one, sizeof one);
}
