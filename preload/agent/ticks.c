/* ticks.c - the signal of the threads' CPU timers, where perf_event_open is denied.
 *
 * The handler is installed before Go's start-up, which leaves it alone and only makes it run on the
 * signal stack. Somebody else's handler for that signal is never replaced; when somebody replaces
 * this one, threads that begin from then on are not sampled.
 */
#include "samplers.h"

#include "agent.h"
#include "hot/sys.h"
#include "hot/ticks.h"

#include <signal.h>

static bool is_sampler(const struct hot_sampler *s)
{
    const struct samplers *all = agent.samplers;
    const uintptr_t offset = (uintptr_t)s - (uintptr_t)all->sampler;

    return offset < sizeof all->sampler && offset % sizeof *s == 0;
}

/* A signal may come late, for a thread that has ended its sampler. [signal] */
static void hook_tick(int number, siginfo_t *info, void *context)
{
    struct hot_sampler *s = info->si_value.sival_ptr;
    uint32_t state;

    (void)number;
    if (info->si_code != SI_TIMER || !is_sampler(s))
        return;
    state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
    if ((state == HOT_SAMPLER_OPENING || state == HOT_SAMPLER_LIVE) && s->tid == sys_gettid())
        hot_tick(s, agent.samplers->sampling, context, 1 + (uint64_t)(uint32_t)info->si_overrun,
                 agent.samplers->wake_fd);
}

int ticks_install(struct pg_error *err)
{
    struct sigaction now,
        tick = {.sa_sigaction = hook_tick, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

    if (sigaction(TICKS_SIGNAL, NULL, &now) != 0 || now.sa_handler != SIG_DFL)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "signal %d, which the timers would send, is in use by the program",
                            TICKS_SIGNAL);
    sigfillset(&tick.sa_mask);
    sigaction(TICKS_SIGNAL, &tick, NULL);
    agent.samplers->tick = hook_tick;
    return 0;
}
