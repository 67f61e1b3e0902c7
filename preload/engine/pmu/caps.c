/* caps.c - the facts: what /proc and /sys say, and what perf_event_open answers. */
#include "pmu/caps.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* The effective capabilities; what cannot be read is taken from the user. */
static void probe_capabilities(const char *proc, struct pmu_caps *out)
{
    enum { SYS_ADMIN = 21, IPC_LOCK = 14, SYSLOG = 34, PERFMON = 38 }; /* linux/capability.h */
    char path[PATH_MAX], *line = NULL;
    unsigned long long set = out->root ? ~0ULL : 0;
    size_t size = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/self/status", proc);
    f = fopen(path, "re");
    while (f != NULL && getline(&line, &size, f) > 0 && sscanf(line, "CapEff: %llx", &set) != 1)
        ;
    free(line);
    if (f != NULL)
        fclose(f);
    out->perfmon = (set >> PERFMON & 1) || (set >> SYS_ADMIN & 1);
    out->ipc_lock = set >> IPC_LOCK & 1;
    out->syslog = set >> SYSLOG & 1;
}

static void probe_machine(const char *proc, const char *sys, struct pmu_caps *out)
{
    static const char *const vendors[] = {"QEMU",   "VMware", "innotek",  "Xen",
                                          "Amazon", "Google", "Microsoft"};
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/sys/kernel/osrelease", proc);
    if (sysfs_read(path, out->kernel, sizeof out->kernel) != 0)
        out->kernel[0] = '\0';
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
    out->sample_rate = sysctl(proc, "perf_event_max_sample_rate");
    out->max_stack = sysctl(proc, "perf_event_max_stack");
    out->nmi_watchdog = sysctl(proc, "nmi_watchdog");
    out->kptr_restrict = sysctl(proc, "kptr_restrict");
    out->root = geteuid() == 0;
    probe_capabilities(proc, out);
    out->seccomp = file_says(proc, "self/status", "Seccomp:", "2");
    out->tracefs = find_tracefs(sys);
    out->n_pmus = sysfs_pmus(sys, out->pmu, CAPS_MAX_PMUS);
    for (size_t i = 0; i < out->n_pmus; i++)
        out->core_pmu |= out->pmu[i].core;
    probe_machine(proc, sys, out);
    probe_limits(out);
}
