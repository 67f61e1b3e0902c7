/* caps_items.c - from facts to what is limited, why, and what mends it. Pure. */
#include "pmu/caps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PARANOID_CURE "sudo sysctl kernel.perf_event_paranoid=1"

uint64_t caps_descriptors_needed(size_t n_events)
{
    /* 128 for the program itself and where the agent moves its own, then 16 threads. */
    uint64_t need = 128 + 16 * (uint64_t)n_events;

    return need < 256 ? 256 : need;
}

static const char *describe(int number)
{
    const char *text = strerrordesc_np(number);

    return text ? text : "unknown error";
}

/* perf_event_paranoid denies it. Root without CAP_PERFMON is in a container, where sysctl(8) does
 * not reach. */
static void level(const struct pmu_caps *c, char *cause, char *cure, size_t size)
{
    if (c->root) {
        snprintf(cause, size, "CAP_PERFMON is missing and kernel.perf_event_paranoid is %lld",
                 (long long)c->paranoid);
        snprintf(cure, size, "docker run --cap-add=PERFMON");
    } else {
        snprintf(cause, size, "kernel.perf_event_paranoid is %lld", (long long)c->paranoid);
        snprintf(cure, size, PARANOID_CURE);
    }
}

/* Why, and the cure behind it, for an errno of perf_event_open. */
static void denial(const struct pmu_caps *c, int number, char *cause, char *cure, size_t size)
{
    bool denied = number == EACCES || number == EPERM, by_level = c->paranoid > 2 && !c->perfmon;

    cure[0] = '\0';
    /* The level answers EACCES, the filters of containers EPERM or ENOSYS. */
    if (denied && by_level && (number == EACCES || !c->seccomp)) {
        level(c, cause, cure, size);
    } else if ((denied || number == ENOSYS) && c->seccomp) {
        snprintf(cause, size, "a seccomp filter (container) denies perf_event_open: %s",
                 describe(number));
        snprintf(cure, size, "docker run --cap-add=PERFMON, or --security-opt seccomp=unconfined");
    } else if (denied && c->software_errno == 0 && c->kernel_errno) {
        int n = snprintf(cause, size, "it happens in the kernel and ");
        level(c, cause + n, cure, size - (size_t)n);
    } else if (denied) {
        snprintf(cause, size, "perf_event_open is denied (perf_event_paranoid, a security module)");
        snprintf(cure, size, PARANOID_CURE);
    } else if (number == ENOSYS) {
        snprintf(cause, size, "this kernel has no perf_event_open");
    } else if (number == EMFILE || number == ENFILE) {
        snprintf(cause, size, "no file descriptor is free");
        snprintf(cure, size, "ulimit -n 1024");
    } else {
        snprintf(cause, size, "perf_event_open fails: %s", describe(number));
    }
}

static void hardware_absence(const struct pmu_caps *c, int number, char *cause, char *cure,
                             size_t size)
{
    bool absent = number == ENOENT || number == EOPNOTSUPP || number == ENODEV || number == ENXIO;

    cure[0] = '\0';
    if (!absent) {
        denial(c, number, cause, cure, size);
    } else if (c->core_pmu) {
        snprintf(cause, size, "this CPU's PMU does not have it");
    } else if (c->virtual_machine) {
        snprintf(cause, size, "this virtual machine has no PMU");
        snprintf(cure, size, "give the guest a PMU (QEMU: -cpu host,pmu=on) or use bare metal");
    } else {
        snprintf(cause, size, "the kernel found no PMU in this CPU");
    }
}

void caps_open_reason(const struct pmu_caps *caps, int number, bool hardware, char *out,
                      size_t size)
{
    char cause[CAPS_TEXT_SIZE], cure[CAPS_TEXT_SIZE];

    (hardware ? hardware_absence : denial)(caps, number, cause, cure, sizeof cause);
    snprintf(out, size, "%s%s%s", cause, cure[0] ? "; cure: " : "", cure);
}

__attribute__((format(printf, 4, 5))) static void item(struct caps_item *out, const char *key,
                                                       bool limited, const char *fmt, ...)
{
    va_list args;

    memset(out, 0, sizeof *out);
    out->key = key;
    out->limited = limited;
    va_start(args, fmt);
    vsnprintf(out->state, sizeof out->state, fmt, args);
    va_end(args);
}

static void why(struct caps_item *i, const char *cause, const char *cure)
{
    if (!i->limited)
        return;
    snprintf(i->cause, sizeof i->cause, "%s", cause);
    snprintf(i->cure, sizeof i->cure, "%s", cure);
}

static size_t perf_items(const struct pmu_caps *c, struct caps_item *out)
{
    int sw = c->software_errno, hw = c->hardware_errno;
    size_t n = 0;

    item(&out[n], "perf_event_open", sw != 0, sw ? "denied" : "allowed");
    if (sw != 0)
        denial(c, sw, out[n].cause, out[n].cure, sizeof out[n].cause);
    n++;
    item(&out[n], "hardware counters", hw != 0, hw ? "none" : "cycles can be counted");
    if (hw != 0)
        hardware_absence(c, hw, out[n].cause, out[n].cure, sizeof out[n].cause);
    n++;
    item(&out[n], "kernel mode", sw == 0 && c->kernel_errno != 0,
         c->kernel_errno ? "user mode only is counted" : "user and kernel mode are counted");
    if (out[n].limited)
        level(c, out[n].cause, out[n].cure, sizeof out[n].cause);
    return n + 1;
}

static void kernel_item(const struct pmu_caps *c, struct caps_item *out)
{
    int major = 0, minor = 0;
    bool known = sscanf(c->kernel, "%d.%d", &major, &minor) == 2;

    item(out, "kernel",
         !known || major < CAPS_KERNEL_MAJOR ||
             (major == CAPS_KERNEL_MAJOR && minor < CAPS_KERNEL_MINOR),
         "%s", c->kernel[0] ? c->kernel : "version unknown");
    if (!out->limited)
        return;
    if (known)
        snprintf(out->cause, sizeof out->cause, "older than Linux %d.%d", CAPS_KERNEL_MAJOR,
                 CAPS_KERNEL_MINOR);
    else
        snprintf(out->cause, sizeof out->cause, "/proc/sys/kernel/osrelease does not tell");
    snprintf(out->cure, sizeof out->cure, "%s", known ? "upgrade the kernel" : "");
}

/* A user may lock mlock_kb per CPU for sampling, and RLIMIT_MEMLOCK beyond that
 * (perf_event_open(2), "mmap layout"). 516 KiB is the kernel's default: one page and 128 pages of
 * data per CPU. */
static void memory_item(const struct pmu_caps *c, struct caps_item *out)
{
    enum { BUFFER_KB = 516 };
    uint64_t limit_kb = c->memlock_soft / 1024;

    item(out, "locked memory",
         !c->ipc_lock && c->mlock_kb != CAPS_UNKNOWN && c->mlock_kb < BUFFER_KB &&
             limit_kb < BUFFER_KB,
         "perf_event_mlock_kb %lld, RLIMIT_MEMLOCK %llu KiB", (long long)c->mlock_kb,
         (unsigned long long)limit_kb);
    if (c->memlock_soft == UINT64_MAX)
        snprintf(out->state, sizeof out->state,
                 "perf_event_mlock_kb %lld, RLIMIT_MEMLOCK unlimited", (long long)c->mlock_kb);
    why(out, "sample buffers of several threads do not fit",
        "sudo sysctl kernel.perf_event_mlock_kb=516");
}

size_t caps_items(const struct pmu_caps *c, struct caps_item out[CAPS_MAX_ITEMS])
{
    size_t n;

    kernel_item(c, &out[0]);
    n = 1 + perf_items(c, out + 1);
    item(&out[n], "NMI watchdog", c->nmi_watchdog > 0 && c->hardware_errno == 0, "%s",
         c->nmi_watchdog > 0 ? "on" : "off");
    why(&out[n++], "the kernel's NMI watchdog occupies one hardware counter",
        "sudo sysctl kernel.nmi_watchdog=0");
    item(&out[n], "file descriptors", c->nofile_soft < caps_descriptors_needed(8),
         "soft limit %llu, hard limit %llu", (unsigned long long)c->nofile_soft,
         (unsigned long long)c->nofile_hard);
    why(&out[n++], "each thread needs one descriptor per event", "ulimit -n 1024");
    memory_item(c, &out[n++]);
    item(&out[n], "kernel symbols", c->kptr_restrict > 1 || (!c->syslog && c->kptr_restrict > 0),
         "kptr_restrict %lld", (long long)c->kptr_restrict);
    if (c->kptr_restrict == CAPS_UNKNOWN)
        snprintf(out[n].state, sizeof out[n].state, "kptr_restrict unknown");
    why(&out[n++], "kernel addresses are hidden, so kernel functions have no names",
        "sudo sysctl kernel.kptr_restrict=0");
    item(&out[n], "tracepoints", c->tracefs == NULL, "%s",
         c->tracefs ? c->tracefs : "tracefs is not mounted");
    why(&out[n++], "tracepoints are numbered in tracefs",
        "sudo mount -t tracefs nodev /sys/kernel/tracing");
    item(&out[n++], "machine", false, "%s%s%s", c->virtual_machine ? "virtual" : "real",
         c->machine[0] ? ", " : "", c->machine);
    return n;
}
