#include "samplers.h"

#include "hot/sys.h"
#include "hot/ticks.h"

#include <sys/epoll.h>
#include <sys/mman.h>

struct samplers *samplers_create(const struct pg_sampling *sampling)
{
    struct samplers *all = sys_mmap(sizeof *all, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

    if (sys_is_error(all))
        return NULL;
    all->sampling = sampling;
    all->wake_fd = all->watch_fd = -1;
    return all;
}

/* Edges only: of a thread that is gone the kernel would report a hang-up again and again. */
static void watch(const struct samplers *all, const struct hot_sampler *s)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    if (all->watch_fd >= 0 && s->fd[0] >= 0)
        sys_call6(SYS_epoll_ctl, all->watch_fd, EPOLL_CTL_ADD, s->fd[0], (long)&event, 0, 0);
}

void samplers_wait_by(struct samplers *all, int wake_fd, int watch_fd)
{
    all->wake_fd = wake_fd;
    all->watch_fd = watch_fd;
    for (uint32_t i = 0; i < all->n_used; i++)
        if (all->sampler[i].state == HOT_SAMPLER_LIVE)
            watch(all, &all->sampler[i]);
}

static bool take(struct hot_sampler *s)
{
    uint32_t state = HOT_SAMPLER_FREE;

    return __atomic_compare_exchange_n(&s->state, &state, HOT_SAMPLER_OPENING, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void raise_to(uint32_t *word, uint32_t value)
{
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (seen < value && !__atomic_compare_exchange_n(word, &seen, value, false, __ATOMIC_RELEASE,
                                                        __ATOMIC_RELAXED))
        ;
}

struct hot_sampler *samplers_open(struct samplers *all, int32_t tid)
{
    for (uint32_t i = 0; i < MAX_SAMPLERS; i++) {
        struct hot_sampler *s = &all->sampler[i];

        if (!take(s))
            continue;
        raise_to(&all->n_used, i + 1);
        if (all->tick != NULL && !hot_ticks_handled_by(all->tick)) {
            __atomic_store_n(&s->state, HOT_SAMPLER_FREE, __ATOMIC_RELEASE);
            break; /* an unhandled signal would end the process */
        }
        if (hot_sampler_open(s, all->sampling, tid) < 0)
            break; /* it is free again */
        watch(all, s);
        return s;
    }
    __atomic_add_fetch(&all->missed, 1, __ATOMIC_RELAXED);
    return NULL;
}

void samplers_abandon(struct samplers *all)
{
    for (uint32_t i = 0; i < all->n_used; i++)
        if (all->sampler[i].state != HOT_SAMPLER_FREE)
            hot_sampler_close(&all->sampler[i]);
}

void samplers_end(struct samplers *all, struct hot_sampler *s)
{
    static const uint64_t one = 1;

    __atomic_store_n(&s->state, HOT_SAMPLER_ENDED, __ATOMIC_RELEASE);
    if (all->wake_fd >= 0)
        sys_call3(SYS_write, all->wake_fd, (long)&one, sizeof one);
}
