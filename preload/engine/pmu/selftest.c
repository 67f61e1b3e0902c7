/* selftest.c - does the PMU count?
 *
 * Virtual machines offer PMUs that open, run and count nonsense: a guest once read 395 instructions
 * where 3.5 G had been executed, with enabled = running. So before a hardware count is shown, a
 * loop of known length is counted in user mode. What is allowed above its length is the read and
 * the return from the system call (tens of instructions) and what interrupts add on CPUs that count
 * them as user instructions (one each); below, nothing: instructions are not lost. The cycles only
 * have to give a possible IPC, since frequency, SMT siblings and emulators (which count a fixed
 * fraction of a cycle per instruction) all move it.
 */
#include "pmu/selftest.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURNS = 500000, SLACK = 5000 };

#define IPC_MIN 0.01
#define IPC_MAX 16.0

#if defined(__x86_64__)
enum { PER_TURN = 2 };
static void spin(uint64_t turns)
{
    __asm__ volatile("1: decq %0\n\tjnz 1b" : "+r"(turns) : : "cc");
}
#elif defined(__aarch64__)
enum { PER_TURN = 2 };
static void spin(uint64_t turns)
{
    __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
}
#else
#error "a loop of known length is needed for this CPU"
#endif

static int open_counter(uint64_t config, int leader)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                   .size = sizeof attr,
                                   .config = config,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1,
                                   .exclude_guest = 1,
                                   .read_format = PERF_FORMAT_GROUP |
                                                  PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                  PERF_FORMAT_TOTAL_TIME_RUNNING};
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

int selftest_measure(struct selftest_counts *out, struct pg_error *err)
{
    uint64_t before[5] = {0}, after[5] = {0}; /* nr, enabled, running, value[2] */
    int leader = open_counter(PERF_COUNT_HW_INSTRUCTIONS, -1), second;
    ssize_t n, m;

    memset(out, 0, sizeof *out);
    if (leader < 0)
        return pg_error_errno(err, PG_E_UNSUPPORTED, -leader, "instructions cannot be counted");
    second = open_counter(PERF_COUNT_HW_CPU_CYCLES, leader);
    n = read(leader, before, sizeof before);
    spin(TURNS);
    m = read(leader, after, sizeof after);
    if (second >= 0)
        close(second);
    close(leader);
    if (n < 32 || m != n)
        return pg_error_set(err, PG_E_IO, "the instruction counter cannot be read");
    out->expected = (uint64_t)TURNS * PER_TURN;
    out->enabled_ns = after[1] - before[1];
    out->running_ns = after[2] - before[2];
    out->instructions = after[3] - before[3];
    out->has_cycles = second >= 0;
    out->cycles = after[4] - before[4];
    return 0;
}

bool selftest_judge(const struct selftest_counts *c, char *reason, size_t size)
{
    double ipc;

    if (size > 0)
        reason[0] = '\0';
    /* Not on the hardware all the time: too little is no proof against the PMU, unless it is never.
     */
    if (c->running_ns == 0) {
        snprintf(reason, size, "the instruction counter opens but never runs");
        return false;
    }
    if (c->running_ns < c->enabled_ns)
        return true;
    if (c->instructions < c->expected || c->instructions > c->expected + SLACK) {
        snprintf(reason, size, "it counted %llu instructions in a loop of %llu",
                 (unsigned long long)c->instructions, (unsigned long long)c->expected);
        return false;
    }
    if (!c->has_cycles)
        return true;
    ipc = c->cycles ? (double)c->instructions / (double)c->cycles : 0;
    if (ipc >= IPC_MIN && ipc <= IPC_MAX)
        return true;
    snprintf(reason, size, "it counted %llu cycles for %llu instructions",
             (unsigned long long)c->cycles, (unsigned long long)c->instructions);
    return false;
}
