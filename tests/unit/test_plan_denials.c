/* Plans on the real kernel that denies something, each in a child of its own. */
#include "tests/unit/child.h"
#include "tests/unit/plan_text.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int deny(int number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int few_descriptors(int soft)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)soft;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int become_nobody(int uid)
{
    return setuid((uid_t)uid);
}

static const struct {
    const char *what;
    int (*prepare)(int);
    int argument;
    const char *plan, *says;
    bool named_fails; /* the back end software, asked for by name, is refused */
    bool needs_root;
} denials[] = {
#define TIMER "clock:task-clock rusage:page-faults rusage:context-switches"
    {"EPERM", deny, EPERM, TIMER, "a seccomp filter (container) denies perf_event_open: Operation",
     true, false},
    {"EACCES", deny, EACCES, TIMER, "a seccomp filter (container) denies perf_event_open: Perm",
     true, false},
    {"ENOSYS", deny, ENOSYS, TIMER, "a seccomp filter (container) denies perf_event_open: Func",
     true, false},
    {"soft limit 64", few_descriptors, 64, TIMER,
     "the soft limit of 64 file descriptors is too low for 4 per thread; cure: ulimit -n 1024",
     true, false},
    {"paranoid 2, not root", become_nobody, 65534,
     "[task-clock page-faults] rusage:context-switches",
     "in user mode only: kernel.perf_event_paranoid is 2", false, true},
};

static int denied_child(size_t i)
{
    struct pg_error err = {0};
    struct pg_plan plan;
    char text[512];
    int rc;

    if (denials[i].prepare(denials[i].argument) != 0)
        return print_error("%s: cannot be prepared: %s\n", denials[i].what, strerror(errno)), 1;
    if ((rc = pmu_plan(NULL, PG_BACKEND_AUTO, &plan, &err)) != 0)
        return print_error("%s: %s\n", denials[i].what, err.text), 1;
    render(&plan, text, sizeof text);
    if (strcmp(text, denials[i].plan) != 0 || strstr(plan.note, denials[i].says) == NULL)
        return print_error("%s: %s '%s'\n", denials[i].what, text, plan.note), 1;
    rc = pmu_plan(NULL, PG_BACKEND_SOFTWARE, &plan, &err);
    if ((rc != 0) != denials[i].named_fails)
        return print_error("%s: software by name: %d\n", denials[i].what, rc), 1;
    return 0;
}

static void test_denials(void **state)
{
    int64_t paranoid = 0;

    (void)state;
    sysfs_read_number("/proc/sys/kernel/perf_event_paranoid", &paranoid);
    for (size_t i = 0; i < COUNT(denials); i++) {
        if (denials[i].needs_root && (geteuid() != 0 || paranoid != 2)) {
            print_message("%s: skipped: needs root and perf_event_paranoid 2, which is %lld\n",
                          denials[i].what, (long long)paranoid);
            continue;
        }
        assert_int_equal(in_child(denied_child, i), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_denials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
