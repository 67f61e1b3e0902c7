/* pmc.h (amd64) - a performance counter of the CPU this runs on.
 * (Intel SDM vol. 2, RDPMC; AMD APM vol. 3) */
#ifndef PERFGO_HOT_ARCH_PMC_H
#define PERFGO_HOT_ARCH_PMC_H

#include <stdbool.h>
#include <stdint.h>

/* index: perf_event_mmap_page.index - 1. Traps unless the kernel has allowed it. [any] */
static inline bool pmc_read(uint32_t index, uint64_t *value)
{
    uint32_t low, high;

    /* The fence keeps what comes before on this side of the reading. */
    __asm__ volatile("lfence\n\trdpmc" : "=a"(low), "=d"(high) : "c"(index) : "memory");
    *value = (uint64_t)high << 32 | low;
    return true;
}

#endif
