/* Windows over real threads and the kernel's own software counters. */
#include "windows_fixture.h"

#include "hot/counters.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { MS = 1000000 };

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What burn used on top of what it was asked for: what a virtual machine's host takes is CPU time
 * of whoever runs, milliseconds in one turn of the loop. */
static _Atomic uint64_t overshot;

/* Uses that much CPU time of the calling thread, by the kernel's own account. */
static void burn(uint64_t ns)
{
    const uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;
    uint64_t now;

    while ((now = clock_ns(CLOCK_THREAD_CPUTIME_ID)) < end)
        ;
    overshot += now - end;
}

static void burn_expected(uint64_t got, uint64_t want)
{
    /* The kernel's two clocks differ by what interrupts and being preempted took, which on a busy
     * machine is some percent; more than wanted is the window's rim. */
    if (got < want - want / 20 || got > want + want / 10 + 2 * MS + overshot)
        fail_msg("counted %llu ns of CPU where %llu were used", (unsigned long long)got,
                 (unsigned long long)want);
}

static void only_the_window_counts(enum pg_backend backend)
{
    struct windows *w = fresh(backend, NULL);
    struct windows_total t;

    for (int i = 0; i < 3; i++) {
        burn(40 * MS);
        windows_start(w);
        burn(10 * MS);
        windows_stop(w);
    }
    burn(40 * MS);
    burn_expected(total_of(w, "task-clock", &t), 30 * MS);
    assert_int_equal(t.windows, 3);
    assert_int_equal(t.missed, 0);
    windows_thread_end(w);
}

static void window_software(void **state)
{
    (void)state;
    only_the_window_counts(PG_BACKEND_SOFTWARE);
}

static void window_timer(void **state)
{
    (void)state;
    only_the_window_counts(PG_BACKEND_TIMER);
}

static void twice_is_once(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct windows_total t;

    (void)state;
    windows_stop(w);
    windows_start(w);
    burn(10 * MS);
    windows_start(w);
    burn(10 * MS);
    windows_stop(w);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &t), 20 * MS);
    assert_int_equal(t.windows, 1);
    windows_thread_end(w);
}

static void reset_forgets(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct windows_total t;

    (void)state;
    windows_start(w);
    burn(20 * MS);
    windows_reset(w); /* the timer runs: counts from now on */
    burn(10 * MS);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &t), 10 * MS);
    assert_int_equal(t.windows, 1);
    windows_reset(w); /* the timer is stopped: nothing is left */
    assert_int_equal(total_of(w, "task-clock", &t), 0);
    assert_int_equal(t.windows, 0);
    assert_int_equal(t.n_threads, 0);
    windows_thread_end(w);
}

struct worker {
    struct windows *w;
    pthread_barrier_t *barrier;
    uint64_t burn_ns;
    int32_t tid;
    int end; /* calls windows_thread_end itself */
};

static void *work(void *arg)
{
    struct worker *k = arg;

    k->tid = gettid();
    assert_int_equal(windows_thread_begin(k->w), 0);
    pthread_barrier_wait(k->barrier); /* registered */
    pthread_barrier_wait(k->barrier); /* window open */
    burn(k->burn_ns);
    if (k->end)
        windows_thread_end(k->w);
    pthread_barrier_wait(k->barrier); /* worked */
    pthread_barrier_wait(k->barrier); /* window closed */
    if (!k->end)
        windows_thread_end(k->w);
    return NULL;
}

/* Threads that exist before, one that ends inside: each is named with its own share. */
static void every_thread_counts(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct worker k[3] = {
        {.burn_ns = 10 * MS}, {.burn_ns = 20 * MS}, {.burn_ns = 30 * MS, .end = 1}};
    pthread_barrier_t barrier;
    struct windows_total t;
    pthread_t thread[3];
    int found = 0, clock;

    (void)state;
    clock = counter("task-clock");
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 3; i++) {
        k[i].w = w;
        k[i].barrier = &barrier;
        pthread_create(&thread[i], NULL, work, &k[i]);
    }
    pthread_barrier_wait(&barrier);
    windows_start(w);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &t), 60 * MS);
    for (size_t i = 0; i < t.n_threads; i++)
        for (int n = 0; n < 3; n++)
            if (threads[i].tid == k[n].tid) {
                burn_expected(threads[i].counts.value[clock], k[n].burn_ns);
                found++;
            }
    assert_int_equal(found, 3);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&barrier);
    windows_thread_end(w);
}

static void *sleep_and_burn(void *arg)
{
    struct worker *k = arg;

    assert_int_equal(windows_thread_begin(k->w), 0);
    pthread_barrier_wait(k->barrier);
    usleep(30000); /* idle while several windows open and close */
    burn(k->burn_ns);
    pthread_barrier_wait(k->barrier);
    pthread_barrier_wait(k->barrier);
    windows_thread_end(k->w);
    return NULL;
}

/* A thread that was recognised as idle and then wakes up is read again. */
static void idle_thread_wakes_up(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    pthread_barrier_t barrier;
    struct worker k = {.w = w, .barrier = &barrier, .burn_ns = 20 * MS};
    struct windows_total t;
    pthread_t thread;

    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, sleep_and_burn, &k);
    pthread_barrier_wait(&barrier);
    usleep(5000);
    for (int i = 0; i < 100; i++) {
        windows_start(w);
        windows_stop(w);
    }
    windows_begin_run(w);
    windows_start(w);
    pthread_barrier_wait(&barrier);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &t), k.burn_ns);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    windows_thread_end(w);
}

static void *stop_and_start(void *arg)
{
    struct worker *k = arg;

    assert_int_equal(windows_thread_begin(k->w), 0);
    pthread_barrier_wait(k->barrier);
    windows_stop(k->w); /* what another thread started */
    windows_start(k->w);
    burn(k->burn_ns);
    pthread_barrier_wait(k->barrier);
    pthread_barrier_wait(k->barrier);
    windows_thread_end(k->w);
    return NULL;
}

/* A window may be closed by another thread than the one that opened it. */
static void other_threads_stop(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    pthread_barrier_t barrier;
    struct worker k = {.w = w, .barrier = &barrier, .burn_ns = 20 * MS};
    struct windows_total out;
    pthread_t thread;

    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, stop_and_start, &k);
    windows_start(w);
    burn(20 * MS);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &out), 40 * MS);
    assert_int_equal(out.windows, 2);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    windows_thread_end(w);
}

static int open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void nothing_leaks(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    int before = open_descriptors();

    (void)state;
    for (int i = 0; i < 5000; i++) {
        windows_thread_end(w);
        assert_int_equal(windows_thread_begin(w), 0);
    }
    assert_int_equal(open_descriptors(), before);
    windows_thread_end(w);
    assert_int_equal(open_descriptors(), before - (int)plan.n_events);
}

static void *begin_missed(void *arg)
{
    struct rlimit now, less;

    getrlimit(RLIMIT_NOFILE, &now);
    less = now;
    less.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &less);
    *(int *)arg = windows_thread_begin((struct windows *)*(void **)((char *)arg + sizeof(void *)));
    setrlimit(RLIMIT_NOFILE, &now);
    return NULL;
}

/* Without descriptors the thread is not counted, and that is said. */
/* A thread that leaves and comes back in one window is one entry, as are two with one id. */
static void an_id_is_named_once(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    struct windows_total t;

    (void)state;
    windows_start(w);
    burn(10 * MS);
    windows_thread_end(w);
    assert_int_equal(windows_thread_begin(w), 0);
    burn(10 * MS);
    windows_stop(w);
    burn_expected(total_of(w, "task-clock", &t), 20 * MS);
    assert_int_equal(t.n_threads, 1);
    burn_expected(threads[0].counts.value[counter("task-clock")], 20 * MS);
    windows_thread_end(w);
}

static void missed_threads_are_told(void **state)
{
    struct {
        union {
            int rc;
            void *align;
        };
        struct windows *w;
    } arg;
    struct windows_total t;
    int before;
    pthread_t thread;

    (void)state;
    arg.w = fresh(PG_BACKEND_SOFTWARE, NULL);
    before = open_descriptors();
    pthread_create(&thread, NULL, begin_missed, &arg);
    pthread_join(thread, NULL);
    assert_int_equal(arg.rc, -EMFILE);
    windows_total(arg.w, &t, threads, 64);
    assert_int_equal(t.missed, 1);
    assert_int_equal(open_descriptors(), before);
    windows_thread_end(arg.w);
}

static void descriptors_are_out_of_the_way(void **state)
{
    struct windows *w = fresh(PG_BACKEND_SOFTWARE, NULL);
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *e;
    int seen = 0;

    (void)state;
    while ((e = readdir(dir)) != NULL) {
        char path[300], target[64] = "";

        snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "perf_event") != NULL) {
            assert_true(atoi(e->d_name) >= 100);
            seen++;
        }
    }
    closedir(dir);
    assert_true(seen >= (int)plan.n_events);
    windows_thread_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_software),
        cmocka_unit_test(window_timer),
        cmocka_unit_test(twice_is_once),
        cmocka_unit_test(reset_forgets),
        cmocka_unit_test(every_thread_counts),
        cmocka_unit_test(idle_thread_wakes_up),
        cmocka_unit_test(other_threads_stop),
        cmocka_unit_test(nothing_leaks),
        cmocka_unit_test(an_id_is_named_once),
        cmocka_unit_test(missed_threads_are_told),
        cmocka_unit_test(descriptors_are_out_of_the_way),
    };

    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
