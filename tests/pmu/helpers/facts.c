/* facts.c - what the lab's PMU can and cannot do: the ground that its tests stand on. Prints the
 * lines of the test protocol. */
#include "count.h"

#include <sys/mman.h>
#include <sys/wait.h>

static void check(const char *name, int good, const char *why, long long have)
{
    if (good)
        printf("ok %s\n", name);
    else
        printf("not ok %s: %s (%lld)\n", name, why, have);
}

/* A loop of known length reads the same each time, and what is above its length is the way out of
 * one system call and into the next. */
static void exact(void)
{
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_INSTRUCTIONS);
    uint64_t over[10];
    int fd = event_open(&attr, -1);

    for (int i = 0; i < 10; i++) {
        uint64_t before = event_read(fd).value;

        spin(1000000);
        over[i] = event_read(fd).value - before - 4000000;
    }
    check("exact-small", over[9] < 64, "instructions too many", (long long)over[9]);
    for (int i = 5; i < 10; i++)
        if (over[i] != over[4])
            over[4] = UINT64_MAX;
    check("exact-same", over[4] != UINT64_MAX, "not the same each time", (long long)over[9]);
    close(fd);
}

/* Six counters count instructions. The kernel leaves a leader that is still disabled out when it
 * asks whether a group fits: seven go in, and are never scheduled. */
static void group_size(void)
{
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_INSTRUCTIONS);
    struct counted c;
    int fd[8], n = 0;

    for (; n < 8; n++) {
        attr.disabled = n == 0;
        fd[n] = event_open(&attr, n == 0 ? -1 : fd[0]);
        if (fd[n] < 0)
            break;
    }
    check("group-of-7-opens", n == 7, "members were accepted", n);
    check("8th-member-is-EINVAL", n < 8 && fd[n] == -EINVAL, "another error", n < 8 ? fd[n] : 0);
    ioctl(fd[0], PERF_EVENT_IOC_ENABLE, 0);
    spin(100000);
    c = event_read(fd[0]);
    check("never-scheduled", c.enabled > 0 && c.running == 0, "it ran for ns",
          (long long)c.running);
    while (n > 0)
        close(fd[--n]);
}

/* Twelve events on six counters: each runs part of the time, and scales back to the truth. */
static void multiplexing(void)
{
    enum { EVENTS = 12, TURNS = 50000000 };
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_INSTRUCTIONS);
    double worst = 0;
    int fd[EVENTS], part = 0;

    for (int i = 0; i < EVENTS; i++)
        fd[i] = event_open(&attr, -1);
    spin(TURNS);
    for (int i = 0; i < EVENTS; i++) {
        struct counted c = event_read(fd[i]);
        double error = (double)c.value * (double)c.enabled / (double)c.running / 4.0 / TURNS - 1;

        part += c.running > 0 && c.running < c.enabled;
        worst = error > worst ? error : -error > worst ? -error : worst;
        close(fd[i]);
    }
    check("multiplexed", part == EVENTS, "events ran part of the time", part);
    check("multiplexed-scales", worst < 0.02, "off by 1/1000", (long long)(worst * 1000));
}

/* Threads and children count into an inherited event once they have ended, execve included; an
 * event that waits for execve counts nothing before. */
static void inherit(void)
{
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_INSTRUCTIONS);
    uint64_t counted;
    int fd, waits;
    pid_t child;

    attr.inherit = 1;
    fd = event_open(&attr, -1);
    attr.enable_on_exec = attr.disabled = 1;
    waits = event_open(&attr, -1);
    child = fork();
    if (child == 0) {
        spin(1000000);
        execl("/proc/self/exe", "facts", "spin", (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    counted = event_read(fd).value;
    check("inherit", counted > 12000000 && counted < 13000000, "instructions", (long long)counted);
    counted = event_read(waits).value;
    check("enable-on-exec", counted > 8000000 && counted < 9000000, "instructions",
          (long long)counted);
    close(fd);
    close(waits);
}

struct seen {
    long samples, lost, throttled;
};

/* Adds what is in a ring buffer, and makes room for more. (perf_event_open(2), MMAP layout) */
static void drain(struct perf_event_mmap_page *page, size_t size, struct seen *seen)
{
    const uint8_t *data = (const uint8_t *)page + page->data_offset;
    uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), at = page->data_tail;

    while (at < head) {
        struct perf_event_header h;
        uint64_t lost[2];

        for (size_t i = 0; i < sizeof h; i++)
            ((uint8_t *)&h)[i] = data[(at + i) % size];
        for (size_t i = 0; i < sizeof lost; i++)
            ((uint8_t *)lost)[i] = data[(at + sizeof h + i) % size];
        seen->samples += h.type == PERF_RECORD_SAMPLE;
        seen->lost += h.type == PERF_RECORD_LOST ? (long)lost[1] : 0;
        seen->throttled += h.type == PERF_RECORD_THROTTLE;
        at += h.size;
    }
    __atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
}

/* Samples a loop in two halves; what did not fit in the first is told by the first record of the
 * second that finds room. */
static struct seen sample(uint64_t period, size_t pages, uint64_t turns)
{
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_CPU_CYCLES);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct seen seen = {0, 0, 0};
    void *ring;
    int fd;

    attr.sample_period = period;
    attr.sample_type = PERF_SAMPLE_IP;
    attr.disabled = 1;
    fd = event_open(&attr, -1);
    ring = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (int half = 0; half < 2; half++) {
        ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
        spin(turns / 2);
        ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
        drain(ring, pages * page, &seen);
    }
    munmap(ring, (pages + 1) * page);
    close(fd);
    return seen;
}

static void sampling(void)
{
    struct seen s = sample(200000, 8, 5000000);

    check("samples", s.samples >= 99 && s.samples <= 101 && s.lost == 0, "samples of 100",
          s.samples);
    s = sample(20000, 1, 20000000);
    check("lost", s.lost > 0, "samples lost", s.lost);
    /* More in one tick than kernel.perf_event_max_sample_rate allows. */
    s = sample(1000, 64, 5000000);
    check("throttled", s.throttled > 0, "throttle records", s.throttled);
}

int main(int argc, char **argv)
{
    struct perf_event_attr attr = hardware(PERF_COUNT_HW_STALLED_CYCLES_FRONTEND);
    int fd;

    if (argc > 1 && strcmp(argv[1], "spin") == 0) {
        spin(2000000);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "stalled") == 0) {
        fd = event_open(&attr, -1);
        spin(1000000);
        check("always-zero-opens", fd >= 0, "error", fd);
        if (fd >= 0) {
            struct counted c = event_read(fd);

            check("always-zero", c.value == 0 && c.running > 0, "counted", (long long)c.value);
        }
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "denied") == 0) {
        attr = hardware(PERF_COUNT_HW_INSTRUCTIONS);
        attr.exclude_kernel = 0;
        fd = event_open(&attr, -1);
        check("denied-kernel", fd == -EACCES, "error", fd);
        attr.exclude_kernel = 1;
        fd = event_open(&attr, -1);
        check("allowed-user", fd >= 0, "error", fd);
        return 0;
    }
    exact();
    group_size();
    multiplexing();
    inherit();
    sampling();
    fd = event_open(&attr, -1);
    check("no-stalled-cycles-on-a57", fd == -ENOENT, "error", fd);
    return 0;
}
