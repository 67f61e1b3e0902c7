/* Plans opened on the real kernel count what was done. */
#include "pmu/pmu.h"
#include "tests/unit/child.h"

#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct opened {
    struct pg_plan plan;
    int leader;
    uint64_t before[3 + PG_MAX_GROUP_EVENTS], after[3 + PG_MAX_GROUP_EVENTS];
};

static bool open_plan(struct opened *o, const char *events)
{
    int fd;

    if (pmu_plan(events, PG_BACKEND_AUTO, &o->plan, NULL) != 0 || o->plan.n_groups != 1)
        return false;
    o->leader = -1;
    for (unsigned i = 0; i < o->plan.n_events; i++) {
        fd = (int)syscall(SYS_perf_event_open, &o->plan.event[i].attr, 0, -1, o->leader,
                          PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
            return false;
        if (o->leader < 0)
            o->leader = fd;
    }
    return true;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Spins in user or kernel mode for 20 ms of CPU; true when the task-clock saw the same. What the
 * hypervisor steals is in the one clock and not in the other. */
static bool spin_agrees(struct opened *o, bool in_kernel)
{
    uint64_t start = cpu_ns(), used, seen;

    if (read(o->leader, o->before, sizeof o->before) <= 0)
        return false;
    while ((used = cpu_ns() - start) < 20000000)
        for (int i = 0; in_kernel && i < 1000; i++)
            syscall(SYS_getppid);
    if (read(o->leader, o->after, sizeof o->after) <= 0)
        return false;
    seen = o->after[3] - o->before[3];
    print_message("task-clock %llu of %llu ns\n", (unsigned long long)seen,
                  (unsigned long long)used);
    return seen >= used * 98 / 100 && seen <= used * 102 / 100;
}

/* Time is not stolen in each of a few rounds; a clock that is wrong is wrong in all of them. */
static int spin_child(size_t uid)
{
    enum { ROUNDS = 10 };
    struct opened o;

    if (uid != 0 && setuid((uid_t)uid) != 0)
        return 2;
    if (!open_plan(&o, "task-clock"))
        return 3;
    for (int i = 0; i < ROUNDS; i++)
        if (spin_agrees(&o, uid != 0))
            return 0;
    return 5;
}

static void test_task_clock(void **state)
{
    (void)state;
    assert_int_equal(in_child(spin_child, 0), 0);
    if (geteuid() == 0)
        assert_int_equal(in_child(spin_child, 65534), 0);
    else
        print_message("task-clock as another user: skipped: needs root\n");
}

__attribute__((no_sanitize("address", "undefined"))) static void touch(volatile char *p, size_t n,
                                                                       size_t step)
{
    for (size_t i = 0; i < n; i++)
        p[i * step] = 1;
}

static void test_page_faults(void **state)
{
    enum { PAGES = 173 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct opened o = {.leader = -1};
    char *p;

    (void)state;
    assert_true(open_plan(&o, "page-faults,minor-faults,major-faults"));
    p = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    madvise(p, (PAGES + 1) * page, MADV_NOHUGEPAGE);
    touch(p, 1, page); /* the code of touch() and read() is there now */
    assert_true(read(o.leader, o.after, sizeof o.after) > 0);
    assert_true(read(o.leader, o.before, sizeof o.before) > 0);
    touch(p + page, PAGES, page);
    assert_true(read(o.leader, o.after, sizeof o.after) > 0);
    assert_int_equal(o.after[3] - o.before[3], PAGES);
    assert_int_equal(o.after[4] - o.before[4], PAGES);
    assert_int_equal(o.after[5] - o.before[5], 0);
    munmap(p, (PAGES + 1) * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_clock),
        cmocka_unit_test(test_page_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
