/* sample_cost.c - what a sample of cpu-clock costs the sampled thread here: bare, and with the
 * parts that perfgo asks for. The fastest of several turns each. */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 100000, TURNS = 9, PAGES = 257 };

static volatile uint64_t sink;

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

__attribute__((noinline)) static double work(void)
{
    double start = cpu_ns();
    uint64_t x = 1;

    for (uint64_t i = 0; i < 60000000; i++)
        x += x ^ i;
    sink = x;
    return cpu_ns() - start;
}

/* CPU time of the work while it is sampled with these parts; 0: not sampled; negative: denied. */
static double sampled(uint64_t parts)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = PERIOD_NS,
        .sample_type = parts,
        .sample_regs_user = parts & PERF_SAMPLE_REGS_USER ? 0x7 : 0,
        .sample_stack_user = parts & PERF_SAMPLE_STACK_USER ? 64 : 0,
        .watermark = 1,
    };
    const size_t size = (size_t)PAGES * (size_t)sysconf(_SC_PAGESIZE);
    void *ring;
    double ns;
    int fd;

    if (parts == 0)
        return work();
    fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    if (fd < 0)
        return -1;
    ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ns = ring != MAP_FAILED ? work() : -1;
    if (ring != MAP_FAILED)
        munmap(ring, size);
    close(fd);
    return ns;
}

int main(void)
{
    const uint64_t bare = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    const uint64_t parts[] = {0, bare,
                              bare | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_PERIOD |
                                  PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
                                  PERF_SAMPLE_STACK_USER};
    double best[3] = {1e18, 1e18, 1e18};

    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < 3; i++) {
            double ns = sampled(parts[i]);

            if (ns < 0)
                return 1;
            best[i] = ns < best[i] ? ns : best[i];
        }
    printf("a sample costs %.1f us bare, %.1f us with stack: at 999 Hz at least %.4f x, %.4f x\n",
           (best[1] - best[0]) / best[1] * PERIOD_NS / 1000,
           (best[2] - best[0]) / best[2] * PERIOD_NS / 1000,
           1 + (best[1] - best[0]) / best[1] * PERIOD_NS * 999 / 1e9,
           1 + (best[2] - best[0]) / best[2] * PERIOD_NS * 999 / 1e9);
    return 0;
}
