/* Waits from context switches: what of them lies in windows. Times and places are given by hand. */
#include "collect/waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t kept_ns, kept, woken;
static uint32_t kept_reason;

static uint64_t woken_at(struct wakeups *unused, int32_t tid, uint64_t since, uint64_t until)
{
    (void)unused;
    (void)tid;
    return woken > since && woken <= until ? woken : 0;
}

static bool keep(struct samples *unused, const struct samples_stack *stack)
{
    (void)unused;
    kept_ns += stack->weight;
    kept_reason = stack->event;
    kept++;
    return true;
}

/* One wait from `out` to `in` (0: never), in windows [opened, closed); 0, 0: in none. `late`: the
 * first window is still open when the record of leaving is read. */
static const struct {
    int line;
    bool preempted, late;
    uint64_t out, in, woken;
    struct {
        uint64_t opened, closed;
    } window[2]; /* that of leaving, that of coming back */
    uint64_t ns;
    uint64_t latency; /* 0: none */
} rows[] = {
    /* begins and ends in the same window */
    {__LINE__, false, false, 100, 150, 0, {{50, 300}, {50, 300}}, 50, 0},
    {__LINE__, false, true, 100, 150, 0, {{50, 300}, {50, 300}}, 50, 0},
    {__LINE__, true, false, 100, 150, 0, {{50, 300}, {50, 300}}, 50, 50},
    {__LINE__, false, false, 100, 150, 140, {{50, 300}, {50, 300}}, 50, 10},
    /* leaves in a window, comes back after it */
    {__LINE__, false, false, 100, 500, 0, {{50, 300}, {0, 0}}, 200, 0},
    {__LINE__, false, true, 100, 500, 0, {{50, 300}, {0, 0}}, 200, 0},
    /* left before the window */
    {__LINE__, false, false, 100, 500, 0, {{0, 0}, {400, 600}}, 100, 0},
    /* from one window into another */
    {__LINE__, false, false, 100, 500, 450, {{50, 300}, {400, 600}}, 300, 50},
    {__LINE__, false, true, 100, 500, 450, {{50, 300}, {400, 600}}, 300, 50},
    /* between windows */
    {__LINE__, false, false, 100, 500, 450, {{0, 0}, {0, 0}}, 0, 0},
    /* never comes back: the rest of its window */
    {__LINE__, false, false, 100, 0, 0, {{50, 300}, {0, 0}}, 200, 0},
    {__LINE__, false, true, 100, 0, 0, {{50, 300}, {0, 0}}, 200, 0},
    {__LINE__, false, false, 100, 0, 0, {{0, 0}, {0, 0}}, 0, 0},
};

static struct wait_window window_of(uint64_t opened, uint64_t closed, bool late)
{
    return (struct wait_window){
        .in = closed != 0, .opened = opened, .closed = late ? UINT64_MAX : closed};
}

static void test_rows(void **state)
{
    static struct hot_sampler thread;
    uint64_t address[] = {0x401000, 0x402000};
    const struct samples_stack stack = {.n = 2, .address = address};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct waits *w = waits_new(NULL, NULL, keep, woken_at);
        struct samples_waits sums;
        struct wait_window window;
        struct record r = {.type = PERF_RECORD_SWITCH};

        kept_ns = kept = 0;
        waits_switch_sample(&thread, &stack);
        r.misc = PERF_RECORD_MISC_SWITCH_OUT |
                 (rows[i].preempted ? PERF_RECORD_MISC_SWITCH_OUT_PREEMPT : 0);
        r.id.time = rows[i].out;
        window = window_of(rows[i].window[0].opened, rows[i].window[0].closed, rows[i].late);
        assert_true(waits_switch(w, &thread, &r, 64, &window));
        if (rows[i].late) /* by a clock that is 7 behind */
            waits_closed(
                &thread,
                &(struct hot_range){.from = 0, .to = 128, .closed = rows[i].window[0].closed - 7},
                7);
        woken = rows[i].woken;
        if (rows[i].in != 0) {
            r.misc = 0;
            r.id.time = rows[i].in;
            window = window_of(rows[i].window[1].opened, rows[i].window[1].closed, false);
            assert_true(waits_switch(w, &thread, &r, 200, &window));
        }
        assert_true(waits_settle(w, &thread));
        assert_true(waits_settle(w, &thread)); /* once is enough */
        waits_sums(w, &sums);
        if (kept_ns != rows[i].ns || kept != (rows[i].ns > 0))
            fail_msg("line %d: %llu ns", rows[i].line, (unsigned long long)kept_ns);
        if ((rows[i].preempted ? sums.preempted_ns : sums.voluntary_ns) != rows[i].ns)
            fail_msg("line %d: sums", rows[i].line);
        if (rows[i].ns > 0)
            assert_int_equal(kept_reason, rows[i].preempted ? WAIT_PREEMPTED : WAIT_VOLUNTARY);
        if (sums.latencies != (rows[i].latency > 0) || sums.p50_ns / 4 != rows[i].latency / 4)
            fail_msg("line %d: latency %llu", rows[i].line, (unsigned long long)sums.p50_ns);
        if (sums.unseen != (rows[i].in != 0 && rows[i].window[1].closed != 0 &&
                            !rows[i].preempted && rows[i].woken == 0))
            fail_msg("line %d: %llu unseen", rows[i].line, (unsigned long long)sums.unseen);
        waits_forget(&thread);
        waits_free(w);
    }
}

/* A thread that was away when sampling began comes back: there is nothing to count. */
static void test_comes_back_first(void **state)
{
    static struct hot_sampler thread;
    struct waits *w = waits_new(NULL, NULL, keep, woken_at);
    const struct record r = {.type = PERF_RECORD_SWITCH, .id.time = 100};
    const struct wait_window window = {.in = true, .opened = 50, .closed = 300};

    (void)state;
    kept = 0;
    assert_true(waits_switch(w, &thread, &r, 64, &window));
    assert_true(waits_settle(w, &thread));
    assert_int_equal(kept, 0);
    waits_forget(&thread);
    waits_free(w);
}

/* What was left by perfgo's own code has no stack, and is nobody's wait. */
static void test_own(void **state)
{
    static struct hot_sampler thread;
    struct waits *w = waits_new(NULL, NULL, keep, woken_at);
    const struct samples_stack own = {.n = 0};
    struct record r = {
        .type = PERF_RECORD_SWITCH, .misc = PERF_RECORD_MISC_SWITCH_OUT, .id.time = 100};
    const struct wait_window window = {.in = true, .opened = 50, .closed = 300};

    (void)state;
    kept = 0;
    waits_switch_sample(&thread, &own);
    assert_true(waits_switch(w, &thread, &r, 64, &window));
    r.misc = 0;
    r.id.time = 200;
    assert_true(waits_switch(w, &thread, &r, 128, &window));
    assert_int_equal(kept, 0);
    waits_forget(&thread);
    waits_free(w);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(wait_reason_name(WAIT_PREEMPTED), "preempted");
    assert_string_equal(wait_reason_name(WAIT_IO), "I/O");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_comes_back_first),
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
