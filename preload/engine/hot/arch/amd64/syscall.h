/* syscall.h (amd64) - a raw system call: no errno, so no thread-local storage. (syscall(2)) */
#ifndef PERFGO_HOT_ARCH_SYSCALL_H
#define PERFGO_HOT_ARCH_SYSCALL_H

/* Returns what the kernel returns: a value, or -errno. [any] */
static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}

static inline void hot_pause(void)
{
    __asm__ volatile("pause");
}

#endif
