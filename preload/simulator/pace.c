/* pace.c - what Go does in the background, held while simulating.
 *
 * The monitor thread, sysmon, looks around by real time: it takes the processor from goroutines
 * that run for long, polls for files, makes the scavenger work. The scavenger gives memory back a
 * little at a time, and as long as it is at it there is a timer for the scheduler to look at.
 * Whether that falls into a benchmark depends on what the heap looks like, down to the lengths of
 * variables in the environment. Neither is the benchmark's doing, so both are kept asleep.
 */
#include "simulator.h"

#include "hot/sys.h"

#include <errno.h>
#include <sys/mman.h>

enum {
    HOLD_SECONDS = 60, /* it runs at least so often */
    IDLE_NS = 20000000 /* when it is woken, at least so much time has passed for it */
};

static uint32_t *wake; /* shared with perfgo exec: changed when sysmon is to run */

/* Before and after sysmon's sleep: it sleeps here instead. Somebody may wait for what only sysmon
 * does, such as taking the processor from a goroutine that sits in a system call; whether anything
 * makes progress is for perfgo exec to see, from outside, where looking costs no instruction. */
void hook_simulate_sysmon(struct hook_regs *regs)
{
    static uint32_t never;
    static const struct timespec patience = {HOLD_SECONDS, 0};
    uint32_t *word = wake != NULL ? wake : &never;
    int private = wake != NULL ? 0 : FUTEX_PRIVATE_FLAG;
    long rc;

    (void)regs;
    turns_leave();
    rc = sys_call6(SYS_futex, (long)word, FUTEX_WAIT | private,
                   __atomic_load_n(word, __ATOMIC_RELAXED), (long)&patience, 0, 0);
    if (rc != -ETIMEDOUT) {
        turns_take_away();
        clock_advance(IDLE_NS);
    }
}

/* runtime.finishsweep_m → (*scavengerState).wake: it finds a state in which nobody sleeps. */
void hook_simulate_scavenger(struct hook_regs *regs)
{
    static uint64_t nobody[512];

    regs->arg[0] = (uint64_t)(uintptr_t)nobody;
}

/* ---- [constructor] ---- */

void pace_start(void)
{
    const int fd = simulator_open("wake", O_RDWR);
    void *page;

    if (fd < 0)
        return;
    page = sys_mmap(sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    sys_close(fd);
    if (!sys_is_error(page))
        wake = page;
}
