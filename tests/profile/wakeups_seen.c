/* wakeups_seen.c - prints a CPU on which the kernel reports the wake-ups that a timer causes.
 *
 * On some machines a CPU gives no samples of tracepoints while it is idle, though it counts them
 * (preload/engine/pmu/wakeups.h); a test of what is done with wake-ups needs a CPU that does. Exit
 * 0 and the CPU's number; 1 and, for each CPU, one line of what was seen there, on standard output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLEEPS = 20 };

static long tracepoint(void)
{
    static const char *const paths[] = {"/sys/kernel/tracing/events/sched/sched_waking/id",
                                        "/sys/kernel/debug/tracing/events/sched/sched_waking/id"};
    long id = -1;

    for (int i = 0; i < 2 && id < 0; i++) {
        FILE *f = fopen(paths[i], "r");

        if (f == NULL)
            continue;
        if (fscanf(f, "%ld", &id) != 1)
            id = -1;
        fclose(f);
    }
    return id;
}

static long samples_in(const struct perf_event_mmap_page *page, long page_size)
{
    const char *data = (const char *)page + page_size;
    long n = 0;

    for (unsigned long long at = page->data_tail; at < page->data_head;) {
        const struct perf_event_header *h = (const void *)(data + at % (unsigned long)page_size);

        n += h->type == PERF_RECORD_SAMPLE;
        at += h->size;
    }
    return n;
}

/* How many of this thread's wake-ups were reported on the CPU, or a negative errno. */
static long seen_on(int cpu, long id)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT,
                                   .size = sizeof attr,
                                   .config = (unsigned long)id,
                                   .sample_period = 1,
                                   .sample_type = PERF_SAMPLE_TID};
    const long page_size = sysconf(_SC_PAGESIZE);
    char filter[40];
    cpu_set_t one;
    void *page;
    long n;
    int fd;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) < 0)
        return -errno;
    fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return -errno;
    snprintf(filter, sizeof filter, "pid == %d", (int)getpid());
    page = mmap(NULL, 2 * (size_t)page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0) {
        n = -errno;
    } else {
        for (int i = 0; i < SLEEPS; i++)
            nanosleep(&(struct timespec){0, 2000000}, NULL);
        n = samples_in(page, page_size);
    }
    close(fd);
    return n;
}

int main(void)
{
    const long id = tracepoint();
    cpu_set_t all;

    if (id < 0) {
        printf("the tracepoint sched_waking cannot be read\n");
        return 1;
    }
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        return perror("sched_getaffinity"), 1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        long seen;

        if (!CPU_ISSET(cpu, &all))
            continue;
        if ((seen = seen_on(cpu, id)) == SLEEPS)
            return printf("%d\n", cpu), 0;
        if (seen < 0)
            printf("CPU %d: %s\n", cpu, strerror((int)-seen));
        else
            printf("CPU %d: %ld of %d wake-ups reported\n", cpu, seen, SLEEPS);
    }
    return 1;
}
