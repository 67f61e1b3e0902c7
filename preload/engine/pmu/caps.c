#include "pmu/caps.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARANOID_CURE "sudo sysctl kernel.perf_event_paranoid=1"

static int try_open(uint32_t type, uint64_t config, bool with_kernel)
{
    struct perf_event_attr attr = {.type = type, .size = sizeof attr, .config = config};
    long fd;

    attr.exclude_kernel = attr.exclude_hv = !with_kernel;
    attr.disabled = 1;
    fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return errno;
    close((int)fd);
    return 0;
}

static const char *describe(int number)
{
    const char *text = strerrordesc_np(number);

    return text ? text : "unknown error";
}

static int64_t sysctl(const char *proc, const char *name)
{
    char path[PATH_MAX];
    int64_t value;

    snprintf(path, sizeof path, "%s/sys/kernel/%s", proc, name);
    return sysfs_read_number(path, &value) ? value : CAPS_UNKNOWN;
}

/* True when a line of the file starts with `key` and holds `word` as a word behind it. */
static bool file_says(const char *proc, const char *name, const char *key, const char *word)
{
    char path[PATH_MAX], *line = NULL;
    size_t size = 0, len = strlen(word);
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", proc, name);
    f = fopen(path, "re");
    while (f != NULL && !found && getline(&line, &size, f) > 0) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        for (const char *at = strstr(line, word); at && !found; at = strstr(at + 1, word))
            found = (at[-1] == ' ' || at[-1] == '\t') && strchr(" \t\n", at[len]) != NULL;
    }
    free(line);
    if (f != NULL)
        fclose(f);
    return found;
}

static void probe_machine(const char *proc, const char *sys, struct pmu_caps *out)
{
    static const char *const vendors[] = {"QEMU",   "VMware", "innotek",  "Xen",
                                          "Amazon", "Google", "Microsoft"};
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/class/dmi/id/sys_vendor", sys);
    if (sysfs_read(path, out->machine, sizeof out->machine) != 0)
        out->machine[0] = '\0';
    out->virtual_machine = file_says(proc, "cpuinfo", "flags", "hypervisor");
    snprintf(path, sizeof path, "%s/hypervisor/type", sys);
    out->virtual_machine |= access(path, R_OK) == 0;
    for (size_t i = 0; i < 3; i++) /* the rest also sell bare metal */
        out->virtual_machine |= strstr(out->machine, vendors[i]) != NULL;
}

static void probe_limits(struct pmu_caps *out)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        out->nofile_soft = limit.rlim_cur;
        out->nofile_hard = limit.rlim_max;
    }
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        out->memlock_soft = limit.rlim_cur;
}

static const char *find_tracefs(const char *sys)
{
    static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    char path[PATH_MAX];

    if (strcmp(sys, "/sys") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s/events", places[i]);
        if (access(path, F_OK) == 0 || errno == EACCES)
            return places[i];
    }
    return NULL;
}

void caps_probe(const char *proc, const char *sys, struct pmu_caps *out)
{
    memset(out, 0, sizeof *out);
    out->software_errno = try_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, false);
    out->kernel_errno = try_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true);
    out->hardware_errno = try_open(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false);
    out->paranoid = sysctl(proc, "perf_event_paranoid");
    out->mlock_kb = sysctl(proc, "perf_event_mlock_kb");
    out->nmi_watchdog = sysctl(proc, "nmi_watchdog");
    out->kptr_restrict = sysctl(proc, "kptr_restrict");
    out->root = geteuid() == 0;
    out->seccomp = file_says(proc, "self/status", "Seccomp:", "2");
    out->tracefs = find_tracefs(sys);
    out->n_pmus = sysfs_pmus(sys, out->pmu, CAPS_MAX_PMUS);
    for (size_t i = 0; i < out->n_pmus; i++)
        out->core_pmu |= out->pmu[i].core;
    probe_machine(proc, sys, out);
    probe_limits(out);
}

uint64_t caps_descriptors_needed(size_t n_events)
{
    /* 128 for the program itself and where the agent moves its own, then 16 threads. */
    uint64_t need = 128 + 16 * (uint64_t)n_events;

    return need < 256 ? 256 : need;
}

/* Why, and the cure behind it, for an errno of perf_event_open. */
static void denial(const struct pmu_caps *c, int number, char *cause, char *cure, size_t size)
{
    cure[0] = '\0';
    if ((number == EACCES || number == EPERM) && c->paranoid > 2 && !c->root) {
        snprintf(cause, size, "kernel.perf_event_paranoid is %lld", (long long)c->paranoid);
        snprintf(cure, size, PARANOID_CURE);
    } else if ((number == EACCES || number == EPERM || number == ENOSYS) && c->seccomp) {
        snprintf(cause, size, "a seccomp filter (container) denies perf_event_open: %s",
                 describe(number));
        snprintf(cure, size, "docker run --cap-add=PERFMON, or --security-opt seccomp=unconfined");
    } else if ((number == EACCES || number == EPERM) && c->software_errno == 0 && c->kernel_errno) {
        snprintf(cause, size, "it happens in the kernel and kernel.perf_event_paranoid is %lld",
                 (long long)c->paranoid);
        snprintf(cure, size, PARANOID_CURE);
    } else if (number == EACCES || number == EPERM) {
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
        snprintf(out[n].cause, sizeof out[n].cause, "kernel.perf_event_paranoid is %lld",
                 (long long)c->paranoid);
    if (out[n].limited)
        snprintf(out[n].cure, sizeof out[n].cure, PARANOID_CURE);
    return n + 1;
}

size_t caps_items(const struct pmu_caps *c, struct caps_item out[CAPS_MAX_ITEMS])
{
    size_t n = perf_items(c, out);

    item(&out[n], "NMI watchdog", c->nmi_watchdog > 0 && c->hardware_errno == 0, "%s",
         c->nmi_watchdog > 0 ? "on" : "off");
    why(&out[n++], "the kernel's NMI watchdog occupies one hardware counter",
        "sudo sysctl kernel.nmi_watchdog=0");
    item(&out[n], "file descriptors", c->nofile_soft < caps_descriptors_needed(8),
         "soft limit %llu, hard limit %llu", (unsigned long long)c->nofile_soft,
         (unsigned long long)c->nofile_hard);
    why(&out[n++], "each thread needs one descriptor per event", "ulimit -n 1024");
    /* 516 KiB is the kernel's default: one page and 128 pages of data per CPU. */
    item(&out[n], "locked memory", !c->root && c->mlock_kb != CAPS_UNKNOWN && c->mlock_kb < 516,
         "perf_event_mlock_kb %lld, RLIMIT_MEMLOCK %llu KiB", (long long)c->mlock_kb,
         (unsigned long long)(c->memlock_soft / 1024));
    why(&out[n++], "sample buffers of several threads do not fit",
        "sudo sysctl kernel.perf_event_mlock_kb=516");
    item(&out[n], "kernel symbols", !c->root && c->kptr_restrict > 0, "kptr_restrict %lld",
         (long long)c->kptr_restrict);
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
