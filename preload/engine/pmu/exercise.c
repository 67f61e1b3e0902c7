/* exercise.c - does an event count?
 *
 * A kernel opens every generic event that the CPU's identification registers announce, and a
 * hypervisor or a CPU model may announce events that nothing increments. Such an event is scheduled
 * like any other and reads 0, which looks like a good result. So before one is believed, the CPU is
 * given work that it cannot do without what the event counts: instructions and branches; a branch
 * that depends on a random bit, so that half of them are mispredicted and the front end has to
 * start anew; cache lines that were written and then flushed from all levels, so that the loads
 * behind them miss wherever misses are counted, and the back end waits.
 *
 * Only of events of which that is certain a zero is held against them. What a level of cache beyond
 * the first counts differs between CPUs (some count lines, some a system cache that need not be
 * there); translations hit, nodes are local and nothing is prefetched, in good order; and what a
 * raw code means is not known here. Their zeros stay.
 */
#include "pmu/exercise.h"

#include <stddef.h>

enum {
    LINES = 128,
    LINE_BYTES = 64, /* or more: then a line is flushed twice */
    STEPS = 256,
};

#if defined(__x86_64__)
static void flush(const volatile void *line)
{
    __asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
}

static void fence(void)
{
    __asm__ volatile("mfence" : : : "memory");
}
#elif defined(__aarch64__)
/* Linux lets user mode do this (SCTLR_EL1.UCI). */
static void flush(const volatile void *line)
{
    __asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
}

static void fence(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}
#else
#error "an instruction that flushes a cache line is needed for this CPU"
#endif

/* The next of a pseudo-random sequence (Marsaglia, Xorshift RNGs, 2003). */
static uint64_t next(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

void exercise_round(uint64_t seed)
{
    volatile uint8_t line[LINES][LINE_BYTES];
    uint64_t x = seed ^ 0x9e3779b97f4a7c15; /* any but 0, where the sequence ends */

    for (size_t i = 0; i < LINES; i++)
        line[i][0] = (uint8_t)(i & 1);
    for (size_t i = 0; i < LINES; i++)
        flush(line[i]);
    fence();
    /* In no order, so that no prefetcher is ahead; the bit is taken from above those of the index.
     */
    for (int i = 0; i < STEPS; i++) {
        x = next(x + line[x % LINES][0]);
        if (x >> 32 & 1)
            __asm__ volatile("nop");
        else
            __asm__ volatile("nop\n\tnop");
    }
}

#define CACHE(id, op, result)                                        \
    (PERF_COUNT_HW_CACHE_##id | (PERF_COUNT_HW_CACHE_OP_##op << 8) | \
     (PERF_COUNT_HW_CACHE_RESULT_##result << 16))

static const uint32_t cache_events[] = {
    CACHE(L1D, READ, ACCESS), CACHE(L1D, READ, MISS),   CACHE(L1D, WRITE, ACCESS),
    CACHE(L1I, READ, ACCESS), CACHE(BPU, READ, ACCESS), CACHE(BPU, READ, MISS),
};

bool exercise_is_counted(const struct perf_event_attr *attr)
{
    const uint32_t config = (uint32_t)attr->config; /* above: which kind of core */

    if (attr->type == PERF_TYPE_HARDWARE)
        return config < PERF_COUNT_HW_MAX;
    for (size_t i = 0; i < sizeof cache_events / sizeof *cache_events; i++)
        if (attr->type == PERF_TYPE_HW_CACHE && config == cache_events[i])
            return true;
    return false;
}
