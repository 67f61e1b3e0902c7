/* thread_key.h (amd64) - what tells a thread from others without a system call. */
#ifndef PERFGO_HOT_ARCH_THREAD_KEY_H
#define PERFGO_HOT_ARCH_THREAD_KEY_H

#include <stdint.h>

/* Bit of AT_HWCAP2 with which user code may read the thread pointer; 0: it always may.
 * (Linux: Documentation/arch/x86/x86_64/fsgs.rst) */
#define SELF_KEY_HWCAP2 2u

/* The vDSO's clock_gettime. That of Linux uses integer registers only; a hook lets it clobber no
 * more than calls of Go's own do. */
#define SELF_VDSO_CLOCK "__vdso_clock_gettime"

/* The thread pointer, whoever set it: no two living threads have the same. */
static inline uint64_t self_key(void)
{
    uint64_t base;

    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

#endif
