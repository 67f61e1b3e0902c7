/* fake_perf.c - preloaded: perf_event_open(2) as another machine answers it.
 *
 *   FAKE_PERF="SOFTWARE KERNEL HARDWARE"
 *
 * are the errno values for software events in user mode, for those that count in the kernel too,
 * and for hardware events; 0 opens. A counter that opens reads 0 for ever.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

static long fake_open(const struct perf_event_attr *attr)
{
    int software, kernel, hardware, error;
    const char *text = getenv("FAKE_PERF");

    if (text == NULL || sscanf(text, "%d %d %d", &software, &kernel, &hardware) != 3)
        abort();
    error = attr->type != PERF_TYPE_SOFTWARE ? hardware : attr->exclude_kernel ? software : kernel;
    if (error != 0) {
        errno = error;
        return -1;
    }
    return open("/dev/zero", O_RDONLY | O_CLOEXEC);
}

long syscall(long number, ...)
{
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long arg[6];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        arg[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_perf_event_open)
        return fake_open((const struct perf_event_attr *)arg[0]);
    return next(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
