/* hooks.c - what runs at the redirected calls when threads are counted.
 *
 * Rules for everything that runs on a Go thread: no libc (on most of them the thread pointer is not
 * libc's), no allocation, nothing that waits inside the timed region. All functions here are
 * [go thread].
 */
#include "bench.h"
#include "chain.h"

#include "groups.h"
#include "regions.h"

/* A counter of the program's own that follows the timer is read outside of perfgo's windows. */
static struct group *follower(void)
{
    return __atomic_load_n(&agent.follower, __ATOMIC_ACQUIRE);
}

void hook_run_first(struct hook_regs *regs)
{
    chain_end(regs);
    bench_first_run(regs);
    windows_begin_run(agent.windows);
    regions_forget(true);
}

void hook_run_again(struct hook_regs *regs)
{
    chain_end(regs);
    bench_next_run(regs);
    windows_begin_run(agent.windows);
    regions_forget(true);
}

void hook_start_timer(struct hook_regs *regs)
{
    (void)regs;
    if (follower() != NULL)
        group_start(follower());
    if (agent.windows != NULL)
        windows_start(agent.windows);
}

void hook_stop_timer(struct hook_regs *regs)
{
    if (agent.windows != NULL)
        windows_stop(agent.windows);
    if (follower() != NULL)
        group_stop(follower(), NULL);
    rehearse_closed(regs);
}

void hook_reset_timer(struct hook_regs *regs)
{
    (void)regs;
    if (follower() != NULL)
        group_reset(follower(), NULL);
    if (agent.windows != NULL) {
        regions_forget(false);
        windows_reset(agent.windows);
    }
}

void hook_thread_begin(struct hook_regs *regs)
{
    (void)regs;
    windows_thread_begin(agent.windows);
}

void hook_thread_end(struct hook_regs *regs)
{
    (void)regs;
    windows_thread_end(agent.windows);
}

void hook_exit(struct hook_regs *regs)
{
    recorder_finish((int32_t)regs->arg[0]);
}

/* runtime.exit is assembly, and the runtime calls it as such: the code is on the stack. */
void hook_exit_assembly(struct hook_regs *regs)
{
    recorder_finish((int32_t)regs->stack[1]);
}
