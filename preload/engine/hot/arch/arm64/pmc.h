/* pmc.h (arm64) - a performance counter of the CPU this runs on.
 * (Arm ARM, D13 Performance Monitors; Linux: Documentation/arch/arm64/perf.rst) */
#ifndef PERFGO_HOT_ARCH_PMC_H
#define PERFGO_HOT_ARCH_PMC_H

#include <stdbool.h>
#include <stdint.h>

#define PMC_CASE(n)                                                    \
    case n:                                                            \
        __asm__ volatile("mrs %0, pmevcntr" #n "_el0" : "=r"(*value)); \
        return true;

/* index: perf_event_mmap_page.index - 1; 31 is the cycle counter. False for one that no CPU has.
 * Traps unless the kernel has allowed it. [any] */
static inline bool pmc_read(uint32_t index, uint64_t *value)
{
    __asm__ volatile("isb" : : : "memory"); /* what comes before has been counted */
    switch (index) {
        PMC_CASE(0)
        PMC_CASE(1)
        PMC_CASE(2)
        PMC_CASE(3)
        PMC_CASE(4)
        PMC_CASE(5)
        PMC_CASE(6)
        PMC_CASE(7)
        PMC_CASE(8)
        PMC_CASE(9)
        PMC_CASE(10)
        PMC_CASE(11)
        PMC_CASE(12)
        PMC_CASE(13)
        PMC_CASE(14)
        PMC_CASE(15)
        PMC_CASE(16)
        PMC_CASE(17)
        PMC_CASE(18)
        PMC_CASE(19)
        PMC_CASE(20)
        PMC_CASE(21)
        PMC_CASE(22)
        PMC_CASE(23)
        PMC_CASE(24)
        PMC_CASE(25)
        PMC_CASE(26)
        PMC_CASE(27)
        PMC_CASE(28)
        PMC_CASE(29)
        PMC_CASE(30)
    case 31:
        __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(*value));
        return true;
    }
    return false;
}

#undef PMC_CASE

#endif
