/* self_arch.h (arm64) - what a thread knows without a system call: the time, but not who it is.
 *
 * Go's own threads keep the thread pointer (TPIDR_EL0) of the thread that made them, so in a
 * program without cgo all of them have the same one. And the vDSO is not for hooks: a signal that
 * arrives while its code runs makes Go's handler take the goroutine from where Go leaves it before
 * calls of its own (Go: src/runtime/signal_unix.go, sigFetchG). The counter that the vDSO reads can
 * be read here as well; it is what the kernel's clocks are made of, and the kernel emulates it
 * where reading it directly is an erratum of the CPU. (Arm ARM, D12 The Generic Timer; Linux:
 * drivers/clocksource/arm_arch_timer.c)
 */
#ifndef PERFGO_HOT_ARCH_SELF_ARCH_H
#define PERFGO_HOT_ARCH_SELF_ARCH_H

#include <stdint.h>

struct hot_self {
    bool has_key;      /* never */
    bool has_clock;    /* hot_self_clock() works here */
    uint64_t ns_times; /* nanoseconds per tick of the counter, times 2^SELF_NS_SHIFT */
};

enum { SELF_NS_SHIFT = 24 };

static inline uint64_t self_key(void)
{
    return 0;
}

static inline uint64_t hot_self_clock(const struct hot_self *self)
{
    uint64_t ticks;

    /* Without the barrier the counter may be read ahead of what comes before. */
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return (uint64_t)((unsigned __int128)ticks * self->ns_times >> SELF_NS_SHIFT);
}

#endif
