/* What limits a measurement: causes and cures from facts. */
#include "pmu/caps.h"
#include "tests/unit/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define FINE(paranoia, files, lock, pmu)                                                     \
    .paranoid = (paranoia), .nofile_soft = (files), .nofile_hard = 4096, .mlock_kb = (lock), \
    .core_pmu = (pmu), .tracefs = "/t"

static const struct {
    const char *what;
    struct pmu_caps caps;
    const char *key, *cause, *cure; /* cause NULL: not limited */
} rows[] = {
    {"all is well", {FINE(1, 1024, 516, true)}, "perf_event_open", NULL, ""},
    {"all is well", {FINE(1, 1024, 516, true)}, "hardware counters", NULL, ""},
    {"all is well", {FINE(1, 1024, 516, true)}, "kernel mode", NULL, ""},
    {"all is well", {FINE(1, 1024, 516, true)}, "file descriptors", NULL, ""},
    {"paranoid 3",
     {FINE(3, 1024, 516, true), .software_errno = EACCES},
     "perf_event_open",
     "kernel.perf_event_paranoid is 3",
     "sudo sysctl kernel.perf_event_paranoid=1"},
    {"paranoid 2",
     {FINE(2, 1024, 516, true), .kernel_errno = EACCES},
     "kernel mode",
     "kernel.perf_event_paranoid is 2",
     "sudo sysctl kernel.perf_event_paranoid=1"},
    {"docker",
     {FINE(1, 1024, 516, true), .software_errno = EPERM, .seccomp = true, .root = true},
     "perf_event_open",
     "a seccomp filter (container) denies",
     "--cap-add=PERFMON"},
    {"gVisor",
     {FINE(1, 1024, 516, true), .software_errno = ENOSYS},
     "perf_event_open",
     "this kernel has no perf_event_open",
     ""},
    {"security module",
     {FINE(1, 1024, 516, true), .software_errno = EACCES, .root = true},
     "perf_event_open",
     "is denied (perf_event_paranoid, a security module)",
     "sysctl"},
    {"root without CAP_PERFMON",
     {FINE(2, 1024, 516, true), .kernel_errno = EACCES, .root = true},
     "kernel mode",
     "CAP_PERFMON is missing and kernel.perf_event_paranoid is 2",
     "docker run --cap-add=PERFMON"},
    {"CAP_PERFMON at level 3",
     {FINE(3, 1024, 516, true), .software_errno = EACCES, .perfmon = true},
     "perf_event_open",
     "is denied (perf_event_paranoid, a security module)",
     "sysctl"},
    {"level 3 and a filter, which answers EPERM",
     {FINE(3, 1024, 516, true), .software_errno = EPERM, .seccomp = true},
     "perf_event_open",
     "a seccomp filter",
     "PERFMON"},
    {"level 3 and a filter that lets it through",
     {FINE(3, 1024, 516, true), .software_errno = EACCES, .seccomp = true},
     "perf_event_open",
     "kernel.perf_event_paranoid is 3",
     "sysctl"},
    {"kernel", {FINE(1, 1024, 516, true), .kernel = "4.4.0-1-amd64"}, "kernel", NULL, ""},
    {"old kernel", {.kernel = "4.3.9"}, "kernel", "older than Linux 4.4", "upgrade"},
    {"unknown kernel", {.nofile_soft = 1024}, "kernel", "does not tell", ""},
    {"virtual machine",
     {FINE(1, 1024, 516, false), .virtual_machine = true, .hardware_errno = ENOENT},
     "hardware counters",
     "this virtual machine has no PMU",
     "pmu=on"},
    {"no driver",
     {FINE(1, 1024, 516, false), .hardware_errno = ENOENT},
     "hardware counters",
     "the kernel found no PMU",
     ""},
    {"event missing",
     {FINE(1, 1024, 516, true), .hardware_errno = ENOENT},
     "hardware counters",
     "this CPU's PMU does not have it",
     ""},
    {"watchdog",
     {FINE(1, 1024, 516, true), .nmi_watchdog = 1},
     "NMI watchdog",
     "occupies one hardware counter",
     "sudo sysctl kernel.nmi_watchdog=0"},
    {"watchdog without PMU",
     {FINE(1, 1024, 516, true), .nmi_watchdog = 1, .hardware_errno = ENOENT},
     "NMI watchdog",
     NULL,
     ""},
    {"few descriptors",
     {FINE(1, 64, 516, true)},
     "file descriptors",
     "one descriptor per event",
     "ulimit -n 1024"},
    {"little locked memory",
     {FINE(1, 1024, 64, true)},
     "locked memory",
     "do not fit",
     "kernel.perf_event_mlock_kb=516"},
    {"little locked memory, much by rlimit",
     {FINE(1, 1024, 64, true), .memlock_soft = 1 << 23},
     "locked memory",
     NULL,
     ""},
    {"CAP_IPC_LOCK", {FINE(1, 1024, 64, true), .ipc_lock = true}, "locked memory", NULL, ""},
    {"kptr for CAP_SYSLOG",
     {FINE(1, 1024, 516, true), .kptr_restrict = 1, .syslog = true},
     "kernel symbols",
     NULL,
     ""},
    {"kptr 2", {.kptr_restrict = 2, .syslog = true}, "kernel symbols", "have no names", "=0"},
    {"unknown is no limit",
     {FINE(1, 1024, CAPS_UNKNOWN, true), .kptr_restrict = CAPS_UNKNOWN},
     "locked memory",
     NULL,
     ""},
    {"kptr",
     {FINE(1, 1024, 516, true), .kptr_restrict = 1},
     "kernel symbols",
     "have no names",
     "kptr_restrict=0"},
    {"no tracefs", {.nofile_soft = 1024}, "tracepoints", "numbered in tracefs", "mount -t tracefs"},
};

static void test_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct caps_item items[CAPS_MAX_ITEMS];
        size_t n = caps_items(&rows[i].caps, items), k = 0;

        assert_true(n <= CAPS_MAX_ITEMS);
        while (k < n && strcmp(items[k].key, rows[i].key) != 0)
            k++;
        assert_true(k < n);
        if (items[k].limited != (rows[i].cause != NULL) || items[k].state[0] == '\0' ||
            strstr(items[k].cause, rows[i].cause ? rows[i].cause : "") == NULL ||
            strstr(items[k].cure, rows[i].cure) == NULL ||
            (rows[i].cause == NULL && items[k].cause[0] != '\0'))
            fail_msg("%s: %s: '%s' '%s' '%s'", rows[i].what, items[k].key, items[k].state,
                     items[k].cause, items[k].cure);
    }
}

static void test_probe_of_a_tree(void **state)
{
    char dir[] = "/tmp/perfgo-caps-XXXXXX";
    struct pmu_caps caps;

    (void)state;
    assert_non_null(mkdtemp(dir));
    tree_put(dir, "sys/kernel/perf_event_paranoid", "-1\n");
    tree_put(dir, "sys/kernel/perf_event_mlock_kb", "516\n");
    tree_put(dir, "sys/kernel/nmi_watchdog", "1\n");
    tree_put(dir, "cpuinfo", "processor : 0\nflags\t\t: fpu hypervisor lahf_lm\n");
    tree_put(dir, "self/status",
             "Name:\tx\nCapEff:\t0000004000004000\nSeccomp:\t2\nSeccomp_filters:\t1\n");
    tree_put(dir, "sys/kernel/osrelease", "6.1.0-13-amd64\n");
    tree_put(dir, "class/dmi/id/sys_vendor", "QEMU\n");
    tree_put(dir, "bus/event_source/devices/cpu/type", "4\n");
    caps_probe(dir, dir, &caps);
    assert_int_equal(caps.paranoid, -1);
    assert_int_equal(caps.mlock_kb, 516);
    assert_int_equal(caps.nmi_watchdog, 1);
    assert_true(caps.kptr_restrict == CAPS_UNKNOWN);
    assert_true(caps.virtual_machine && caps.seccomp && caps.core_pmu);
    assert_true(caps.perfmon && caps.ipc_lock && !caps.syslog);
    assert_string_equal(caps.kernel, "6.1.0-13-amd64");
    assert_string_equal(caps.machine, "QEMU");
    assert_int_equal(caps.n_pmus, 1);
    tree_put(dir, "cpuinfo", "processor : 0\nflags\t\t: fpu hypervisors\n");
    tree_put(dir, "self/status", "Seccomp:\t0\nSeccomp_filters:\t2\n");
    tree_put(dir, "class/dmi/id/sys_vendor", "Real Metal Inc.\n");
    caps_probe(dir, dir, &caps);
    assert_false(caps.virtual_machine || caps.seccomp);
    assert_int_equal(tree_remove(dir), 0);
}

static void test_probe_of_this_machine(void **state)
{
    struct pmu_caps caps;
    struct rlimit limit;

    (void)state;
    caps_probe("/proc", "/sys", &caps);
    getrlimit(RLIMIT_NOFILE, &limit);
    assert_int_equal(caps.nofile_soft, limit.rlim_cur);
    assert_int_equal(caps.root, geteuid() == 0);
    /* what works in kernel mode works in user mode */
    assert_true(caps.kernel_errno != 0 || caps.software_errno == 0);
    assert_true(caps.hardware_errno != 0 || caps.software_errno == 0);
}

static void test_descriptors(void **state)
{
    (void)state;
    assert_int_equal(caps_descriptors_needed(0), 256);
    assert_int_equal(caps_descriptors_needed(8), 256);
    assert_int_equal(caps_descriptors_needed(48), 896);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_probe_of_a_tree),
        cmocka_unit_test(test_probe_of_this_machine),
        cmocka_unit_test(test_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
