/* sys.h - the system calls that code on a Go thread may make, without libc.
 *
 * On a Go thread of a static or internally linked binary the thread pointer is Go's, not libc's
 * (design: hooking.md, section 1), and libc's wrappers would store errno through it. These return
 * -errno instead. Everything here is [any thread].
 */
#ifndef PERFGO_HOT_SYS_H
#define PERFGO_HOT_SYS_H

#include "syscall.h" /* hot/arch/<cpu>/ */

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static inline long sys_call1(long number, long a)
{
    return sys_call6(number, a, 0, 0, 0, 0, 0);
}

static inline long sys_call3(long number, long a, long b, long c)
{
    return sys_call6(number, a, b, c, 0, 0, 0);
}

static inline long sys_read(int fd, void *buf, size_t size)
{
    return sys_call3(SYS_read, fd, (long)buf, (long)size);
}

static inline long sys_close(int fd)
{
    return sys_call1(SYS_close, fd);
}

static inline long sys_fcntl(int fd, int command, long arg)
{
    return sys_call3(SYS_fcntl, fd, command, arg);
}

static inline long sys_ioctl(int fd, unsigned long request, long arg)
{
    return sys_call3(SYS_ioctl, fd, (long)request, arg);
}

/* A copy of a descriptor that is close-on-exec and, where the limit allows, above those that
 * programs count on (os/exec passes 3, 4, …); the original is closed. Errors pass through. */
static inline int sys_move_fd(int fd)
{
    enum { LOWEST = 100 };
    long high;

    if (fd < 0 || fd >= LOWEST)
        return fd;
    high = sys_fcntl(fd, F_DUPFD_CLOEXEC, LOWEST);
    if (high < 0) /* RLIMIT_NOFILE is below: stay where we are */
        return fd;
    sys_close(fd);
    return (int)high;
}

static inline int32_t sys_gettid(void)
{
    return (int32_t)sys_call1(SYS_gettid, 0);
}

static inline long sys_perf_event_open(const struct perf_event_attr *attr, int32_t tid, int group,
                                       unsigned long flags)
{
    return sys_call6(SYS_perf_event_open, (long)attr, tid, -1, group, (long)flags, 0);
}

static inline void *sys_mmap(size_t size, int prot, int flags, int fd)
{
    return (void *)sys_call6(SYS_mmap, 0, (long)size, prot, flags, fd, 0);
}

static inline long sys_munmap(void *addr, size_t size)
{
    return sys_call3(SYS_munmap, (long)addr, (long)size, 0);
}

/* A mapping or a negative errno: the last page of the address space holds the errors. */
static inline int sys_is_error(const void *addr)
{
    return (unsigned long)addr >= -4095UL;
}

static inline long sys_clock_gettime(int32_t clock, struct timespec *out)
{
    return sys_call3(SYS_clock_gettime, clock, (long)out, 0);
}

static inline long sys_getrusage(int who, struct rusage *out)
{
    return sys_call3(SYS_getrusage, who, (long)out, 0);
}

/* Waits while *word == value, at most timeout (relative; NULL: for ever). */
static inline long sys_futex_wait(uint32_t *word, uint32_t value, const struct timespec *timeout)
{
    return sys_call6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)timeout, 0, 0);
}

static inline long sys_futex_wake(uint32_t *word, int waiters)
{
    return sys_call3(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, waiters);
}

#endif
