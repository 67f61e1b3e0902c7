/* Who is woken when, by the kernel's own tracepoint. */
#include "pmu/wakeups.h"

#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STRIDE = 1024, MOST = 40000 };

struct sleeper {
    pthread_t thread;
    pthread_barrier_t begun;
    int32_t tid;
    uint32_t word;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *sleep_until_woken(void *arg)
{
    struct sleeper *s = arg;

    s->tid = (int32_t)syscall(SYS_gettid);
    pthread_barrier_wait(&s->begun);
    while (syscall(SYS_futex, &s->word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) != 0) {
    }
    return NULL;
}

static void begin(struct sleeper *s)
{
    s->word = 0;
    pthread_barrier_init(&s->begun, NULL, 2);
    assert_int_equal(pthread_create(&s->thread, NULL, sleep_until_woken, s), 0);
    pthread_barrier_wait(&s->begun);
}

/* Once it sleeps: until then there is nobody to wake. */
static void wake(struct sleeper *s)
{
    while (syscall(SYS_futex, &s->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) != 1)
        usleep(100);
    pthread_join(s->thread, NULL);
    pthread_barrier_destroy(&s->begun);
}

static struct wakeups *opened(void)
{
    struct pg_error err = {0};
    struct wakeups *w;

    if (wakeups_open(CLOCK_MONOTONIC, &w, &err) < 0) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    return w;
}

static void test_woken(void **state)
{
    struct wakeups *w = opened();
    struct sleeper s;
    uint64_t before, after, at;

    (void)state;
    begin(&s);
    usleep(2000); /* asleep before the time that is asked for */
    before = now_ns();
    wake(&s);
    after = now_ns();
    at = wakeups_find(w, s.tid, before, after);
    assert_true(at > before && at <= after);
    assert_int_equal(wakeups_find(w, s.tid, after, UINT64_MAX), 0);
    wakeups_close(w);
}

/* Ids with the same remainder: who is woken later does not make the other one forgotten. */
static void test_ids_alike(void **state)
{
    struct wakeups *w = opened();
    struct sleeper first, second;
    uint64_t before;
    int n = 0;

    (void)state;
    begin(&first);
    before = now_ns();
    for (begin(&second); (second.tid - first.tid) % STRIDE != 0 && n < MOST; n++) {
        wake(&second);
        begin(&second);
    }
    assert_int_equal((second.tid - first.tid) % STRIDE, 0);
    wakeups_close(w); /* all those filled the rings */
    w = opened();
    wake(&first);
    wake(&second);
    assert_true(wakeups_find(w, first.tid, before, UINT64_MAX) != 0);
    assert_true(wakeups_find(w, second.tid, before, UINT64_MAX) != 0);
    wakeups_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_woken),
        cmocka_unit_test(test_ids_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
