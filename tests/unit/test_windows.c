/* Windows over real threads and the kernel's own software counters. */
#include "preload/agent/windows.h"

#include "hot/counters.h"
#include "pmu/pmu.h"

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

static struct pg_plan plan;
static struct session_thread threads[64];

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Uses that much CPU time of the calling thread, by the kernel's own account. */
static void burn(uint64_t ns)
{
    uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
}

static int counter(const char *name)
{
    for (uint32_t i = 0; i < plan.n_counters; i++)
        if (strcmp(plan.counter[i].name, name) == 0)
            return (int)i;
    return -1;
}

static uint64_t total_of(struct windows *w, const char *name, struct windows_total *out)
{
    assert_true(counter(name) >= 0);
    windows_total(w, out, threads, 64);
    return out->total.value[counter(name)];
}

static struct windows *fresh(enum pg_backend backend, const char *events)
{
    struct pg_error err = {0};
    struct windows *w;

    if (pmu_plan(events, backend, &plan, &err) < 0)
        fail_msg("%s", err.text);
    w = windows_create(&plan, NULL);
    assert_non_null(w);
    assert_int_equal(windows_thread_begin(w), 0);
    windows_begin_run(w);
    return w;
}

static void burn_expected(uint64_t got, uint64_t want)
{
    /* The kernel's two clocks differ by what interrupts and being preempted took, which on a busy
     * machine is some percent; more than wanted is the window's rim. */
    if (got < want - want / 20 || got > want + want / 10 + 2 * MS)
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
        cmocka_unit_test(page_faults_are_exact),
        cmocka_unit_test(short_windows_add_up),
        cmocka_unit_test(short_windows_see_faults),
        cmocka_unit_test(short_windows_see_switches),
        cmocka_unit_test(other_threads_stop),
        cmocka_unit_test(nothing_leaks),
        cmocka_unit_test(an_id_is_named_once),
        cmocka_unit_test(missed_threads_are_told),
        cmocka_unit_test(descriptors_are_out_of_the_way),
    };

    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
