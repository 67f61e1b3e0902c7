/* What windows of microseconds and single events count: page faults, time, context switches. */
#include "windows_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Shadow memory of a sanitizer would fault too. */
__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"))) static void touch(
    volatile char *page, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        page[i * size] = 1;
}

static uint64_t faults_of(struct windows *w, size_t pages)
{
    struct windows_total t;
    long size = sysconf(_SC_PAGESIZE);
    char *fresh_pages = mmap(NULL, (pages + 1) * (size_t)size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(fresh_pages, MAP_FAILED);
    madvise(fresh_pages, (pages + 1) * (size_t)size, MADV_NOHUGEPAGE);
    windows_begin_run(w);
    windows_start(w);
    touch(fresh_pages, pages, (size_t)size);
    windows_stop(w);
    munmap(fresh_pages, (pages + 1) * (size_t)size);
    return total_of(w, "page-faults", &t);
}

static void page_faults_are_exact(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);

    (void)state;
    faults_of(w, 1); /* touches what the windows themselves need */
    assert_int_equal(faults_of(w, 0), 0);
    assert_int_equal(faults_of(w, 1), 1);
    assert_int_equal(faults_of(w, 1000), 1000);
    windows_thread_end(w);
}

/* Work of some hundred nanoseconds that enters the kernel nowhere: a chain of dependent
 * multiplications in a register. A counter in memory would take five times as long or not, as the
 * CPU happens to forward its stores. */
static void spin(void)
{
    uint64_t x = 1;

    for (int i = 0; i < 500; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(x));
    }
}

/* What short windows count is what one long window over the same work counts, and what empty
 * windows show: 200 ns each at most are left, or a fifth of the work on a machine as slow as an
 * emulated one. The three are taken by turns and the median of the rounds decides, so that a change
 * of the machine's speed, or time that the hypervisor steals, tells on few of them. */
static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void short_windows_add_up(void **state)
{
    enum { ROUNDS = 41, WINDOWS = 500 };
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct windows_total out;
    double own[ROUNDS], limit = 200;

    (void)state;
    for (int r = 0; r < ROUNDS; r++) {
        double pieces, whole, empty;

        windows_begin_run(w);
        for (int i = 0; i < WINDOWS; i++) {
            windows_start(w);
            spin();
            windows_stop(w);
        }
        pieces = (double)total_of(w, "task-clock", &out);
        assert_int_equal(out.windows, WINDOWS);
        windows_begin_run(w);
        windows_start(w);
        for (int i = 0; i < WINDOWS; i++)
            spin();
        windows_stop(w);
        whole = (double)total_of(w, "task-clock", &out);
        windows_begin_run(w);
        for (int i = 0; i < WINDOWS; i++) {
            windows_start(w);
            windows_stop(w);
        }
        empty = (double)total_of(w, "task-clock", &out);
        own[r] = (pieces - whole - empty) / WINDOWS;
        if (whole / WINDOWS > 3000 && whole / WINDOWS / 5 > limit)
            limit = whole / WINDOWS / 5;
    }
    qsort(own, ROUNDS, sizeof own[0], by_double);
    if (own[ROUNDS / 2] < -limit || own[ROUNDS / 2] > limit)
        fail_msg("a window counts %.0f ns more than its share", own[ROUNDS / 2]);
    windows_thread_end(w);
}

/* A fault in every second window of a row that is read by the clock alone otherwise. */
static void short_windows_see_faults(void **state)
{
    enum { WINDOWS = 400 };
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct windows_total out;
    char *fresh_pages;

    (void)state;
    faults_of(w, 1);
    fresh_pages =
        mmap(NULL, WINDOWS * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(fresh_pages != MAP_FAILED);
    madvise(fresh_pages, WINDOWS * page, MADV_NOHUGEPAGE);
    windows_begin_run(w);
    for (int i = 0; i < WINDOWS; i += 2) {
        windows_start(w);
        touch(fresh_pages + (size_t)i * page, 1, page);
        windows_stop(w);
        touch(fresh_pages + (size_t)(i + 1) * page, 1, page); /* not timed */
        windows_start(w);
        spin();
        windows_stop(w);
    }
    assert_int_equal(total_of(w, "page-faults", &out), WINDOWS / 2);
    munmap(fresh_pages, WINDOWS * page);
    windows_thread_end(w);
}

struct echo {
    int to[2], from[2]; /* pipes */
};

static void *echo(void *arg)
{
    struct echo *e = arg;
    char c;

    while (read(e->to[0], &c, 1) == 1)
        if (write(e->from[1], &c, 1) != 1)
            break;
    return NULL;
}

/* Windows in which the thread waits for another one on its processor, for microseconds: each of
 * them has a context switch, which no clock tells. */
static void short_windows_see_switches(void **state)
{
    enum { WINDOWS = 500 };
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct windows_total out;
    cpu_set_t before, one;
    struct echo e;
    pthread_t thread;
    char c = 0;

    (void)state;
    pthread_getaffinity_np(pthread_self(), sizeof before, &before);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    assert_int_equal(pipe(e.to) | pipe(e.from), 0);
    pthread_create(&thread, NULL, echo, &e);
    windows_begin_run(w);
    for (int i = 0; i < WINDOWS; i++) {
        windows_start(w);
        assert_int_equal(write(e.to[1], &c, 1), 1);
        assert_int_equal(read(e.from[0], &c, 1), 1);
        windows_stop(w);
    }
    assert_true(total_of(w, "context-switches", &out) >= WINDOWS);
    close(e.to[1]);
    pthread_join(thread, NULL);
    close(e.to[0]);
    close(e.from[0]);
    close(e.from[1]);
    pthread_setaffinity_np(pthread_self(), sizeof before, &before);
    windows_thread_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_faults_are_exact),
        cmocka_unit_test(short_windows_add_up),
        cmocka_unit_test(short_windows_see_faults),
        cmocka_unit_test(short_windows_see_switches),
    };

    return cmocka_run_group_tests_name("windows_short", tests, NULL, NULL);
}
