/* Which samples of a ring belong to the run, whenever the recorder looks. */
#include "samples_fixture.h"

#include <pthread.h>

static bool sample(struct rig *rig, uint64_t address)
{
    return sample_of(rig, 100, address, 10);
}

/* The trailer: tid, time, identifier. */
static void lost(struct rig *rig, uint64_t n)
{
    const uint64_t words[] = {header(PERF_RECORD_LOST, 6), 100, n, 77ull << 32 | 70, 1, 100};

    assert_true(put(rig, words, 6));
}

static void throttled(struct rig *rig)
{
    const uint64_t words[] = {
        header(PERF_RECORD_THROTTLE, 7), 1, 100, 100, 77ull << 32 | 70, 1, 100};

    assert_true(put(rig, words, 7));
}

static void reset(struct rig *rig) /* of a timer that runs */
{
    hot_gate_begin(&rig->gate);
    hot_sampler_begin_run(&rig->sampler);
    rig->gate.run++;
    hot_sampler_begin_window(&rig->sampler);
    hot_gate_end(&rig->gate);
}

static uint64_t count_at(const struct rig *rig, uint64_t address)
{
    uint64_t count = 0;
    size_t n;
    const struct samples_stack **stack = samples_sorted(rig->samples, &n);

    for (size_t i = 0; i < n; i++)
        if (stack[i]->address[0] == address)
            count += stack[i]->count;
    free(stack);
    return count;
}

/* A script of single letters, and what has to be left of it: b begin a run, s start, e end of a
 * window, r reset, d drain, i a sample that counts, o one that does not. Each script is run as it
 * is, and with a drain behind every step. */
static void test_scripts(void **state)
{
    static const struct {
        const char *what, *script;
        uint64_t taken;
    } rows[] = {
        {"one window", "bosiieod", 2},
        {"nothing in a window", "bosed", 0},
        {"two windows, set-up between", "bsieoooosiied", 3},
        {"a window that is open when the recorder looks", "bosiidiied", 4},
        {"open, drained, no more samples", "bsiided", 2},
        {"a run that begins anew forgets", "bsooebsied", 1},
        {"a reset forgets, the window goes on", "bsoorid", 1},
        {"a reset of a stopped timer", "bsooerosid", 1},
        {"a sample of before is not drained into the new run", "bsoodbsidied", 2},
        {"samples around windows, many windows", "bosieosieosieosieod", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int each = 0; each < 2; each++) {
            struct rig *rig;
            struct samples_sums sums;

            set_up((void **)&rig);
            for (const char *c = rows[i].script; *c != '\0'; c++) {
                switch (*c) {
                case 'b':
                    begin_run(rig);
                    break;
                case 's':
                    start(rig);
                    break;
                case 'e':
                    stop(rig);
                    break;
                case 'r':
                    reset(rig);
                    rig->gate.open = strncmp(c - 1, "er", 2) != 0;
                    break;
                case 'i':
                    assert_true(sample(rig, 0x1000));
                    break;
                case 'o':
                    assert_true(sample(rig, 0x2000));
                    break;
                default:
                    drain(rig);
                    break;
                }
                if (each)
                    drain(rig);
            }
            sums = samples_sums(rig->samples);
            if (sums.taken != rows[i].taken || count_at(rig, 0x1000) != rows[i].taken)
                fail_msg("%s (%d): %llu taken, %llu of them inside, instead of %llu", rows[i].what,
                         each, (unsigned long long)sums.taken,
                         (unsigned long long)count_at(rig, 0x1000),
                         (unsigned long long)rows[i].taken);
            tear_down((void **)&rig);
        }
}

static uint64_t count_in(const struct rig *rig, uint64_t regions)
{
    uint64_t count = 0;
    size_t n;
    const struct samples_stack **stack = samples_sorted(rig->samples, &n);

    for (size_t i = 0; i < n; i++)
        if (stack[i]->regions == regions)
            count += stack[i]->count;
    free(stack);
    return count;
}

static void open_regions(struct rig *rig, uint64_t regions)
{
    hot_gate_begin(&rig->gate);
    if (rig->gate.open)
        hot_sampler_divide_window(&rig->sampler, &rig->gate);
    rig->gate.regions = regions;
    hot_gate_end(&rig->gate);
}

/* As above; a digit opens these regions and no others. All samples have the same stack. */
static void test_regions(void **state)
{
    static const struct {
        const char *what, *script;
        uint64_t in[4];
    } rows[] = {
        {"none", "bsiied", {2}},
        {"one, in the middle", "bsi1ii0ied", {2, 2}},
        {"one in another", "bsi1i3ii1i0ied", {2, 2, 0, 2}},
        {"two that overlap", "bsi1i3i2ii0ed", {1, 1, 2, 1}},
        {"over several windows", "bs1ieooosii0ied", {1, 3}},
        {"open before the window", "b1oosi0ied", {1, 1}},
        {"ends between windows", "bs1ieo0osied", {1, 1}},
        {"open at the end", "bsi1iied", {1, 2}},
        {"open when the recorder looks", "bsi1id", {1, 1}},
        {"no sample in it", "bsi1010i3020ied", {3}},
        {"a run of before", "bs1iieb0sid", {1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int each = 0; each < 2; each++) {
            struct rig *rig;

            set_up((void **)&rig);
            for (const char *c = rows[i].script; *c != '\0'; c++) {
                if (*c == 'b')
                    begin_run(rig);
                else if (*c == 's')
                    start(rig);
                else if (*c == 'e')
                    stop(rig);
                else if (*c == 'i' || *c == 'o')
                    assert_true(sample(rig, 0x1000));
                else if (*c != 'd')
                    open_regions(rig, (uint64_t)(*c - '0'));
                if (*c == 'd' || each)
                    drain(rig);
            }
            for (uint64_t set = 0; set < 4; set++)
                if (count_in(rig, set) != rows[i].in[set])
                    fail_msg("%s (%d): %llu in %llu instead of %llu", rows[i].what, each,
                             (unsigned long long)count_in(rig, set), (unsigned long long)set,
                             (unsigned long long)rows[i].in[set]);
            tear_down((void **)&rig);
        }
}

static void test_full_ring(void **state)
{
    struct rig *rig = *state;
    uint64_t written = 0, refused = 0;

    begin_run(rig);
    start(rig);
    for (int i = 0; i < 1000; i++)
        *(sample(rig, 0x1000) ? &written : &refused) += 1;
    assert_true(refused > 0 && written > 0);
    drain(rig);
    lost(rig, refused); /* with the first sample that finds room */
    assert_true(sample(rig, 0x1000));
    stop(rig);
    drain(rig);
    assert_int_equal(samples_sums(rig->samples).taken, written + 1);
    assert_int_equal(samples_sums(rig->samples).lost, refused);
    assert_int_equal(samples_sums(rig->samples).taken + samples_sums(rig->samples).lost, 1001);
}

static void test_losses_of_other_runs(void **state)
{
    struct rig *rig = *state;

    begin_run(rig);
    start(rig);
    lost(rig, 5);
    throttled(rig);
    drain(rig);
    assert_int_equal(samples_sums(rig->samples).lost, 5);
    assert_int_equal(samples_sums(rig->samples).throttled, 1);
    lost(rig, 7);
    throttled(rig);
    begin_run(rig);
    start(rig);
    lost(rig, 2);
    drain(rig);
    assert_int_equal(samples_sums(rig->samples).lost, 2);
    assert_int_equal(samples_sums(rig->samples).throttled, 0);
}

/* A hundred thousand windows with a sample in every hundredth: what is kept is bounded by samples.
 */
static void test_many_windows(void **state)
{
    struct rig *rig = *state;

    begin_run(rig);
    for (int i = 1; i <= 100000; i++) {
        start(rig);
        if (i % 100 == 0)
            assert_true(sample(rig, 0x1000));
        stop(rig);
        if (i % 50 == 0)
            assert_true(sample(rig, 0x2000));
        if (i % 5000 == 0) {
            assert_true(rig->sampler.written - rig->sampler.read <= 50);
            drain(rig);
        }
    }
    assert_int_equal(count_at(rig, 0x1000), 1000);
    assert_int_equal(count_at(rig, 0x2000), 0);
    assert_int_equal(rig->sampler.dropped, 0);
}

/* A list that is full drops ranges, and says so; the hook does not wait. */
static void test_full_list(void **state)
{
    struct rig *rig = *state;
    struct hot_view view;

    begin_run(rig);
    for (int i = 0; i < HOT_RANGES + 10; i++) {
        start(rig);
        rig->sampler.page->data_head += 8; /* so small no record is */
        stop(rig);
    }
    assert_int_equal(rig->sampler.dropped, 10);
    assert_true(hot_sampler_look(&rig->sampler, &rig->gate, &view));
    samples_settle(rig->samples, &rig->sampler);
    assert_int_equal(samples_sums(rig->samples).lost, 10);
}

/* A hook stopped between begin and end must not hold the recorder up. */
static void test_busy_gate(void **state)
{
    struct rig *rig = *state;
    struct hot_view view;

    hot_gate_begin(&rig->gate);
    assert_false(hot_sampler_look(&rig->sampler, &rig->gate, &view));
    hot_gate_end(&rig->gate);
    assert_true(hot_sampler_look(&rig->sampler, &rig->gate, &view));
}

/* What is written behind the recorder's look is for its next one. */
static void test_written_meanwhile(void **state)
{
    struct rig *rig = *state;
    struct hot_view view;

    begin_run(rig);
    sample(rig, 0x2000);
    assert_true(hot_sampler_look(&rig->sampler, &rig->gate, &view));
    start(rig);
    sample(rig, 0x1000);
    stop(rig);
    assert_int_equal(samples_drain(rig->samples, &rig->sampler, &view, NULL), 0);
    drain(rig);
    assert_int_equal(count_at(rig, 0x1000), 1);
    assert_int_equal(count_at(rig, 0x2000), 0);
}

static void test_events_and_own_code(void **state)
{
    struct rig *rig = *state;
    size_t n;
    const struct samples_stack **stack;

    begin_run(rig);
    start(rig);
    for (int i = 0; i < 3; i++)
        sample_of(rig, 101, 0x1000, 5);
    sample_of(rig, 100, 0x1000, 9);
    sample(rig, 0x7abc); /* in perfgo itself */
    stop(rig);
    drain(rig);
    stack = samples_sorted(rig->samples, &n);
    assert_int_equal(n, 2);
    assert_int_equal(stack[0]->event, 0);
    assert_int_equal(stack[0]->weight, 9);
    assert_int_equal(stack[1]->event, 1);
    assert_int_equal(stack[1]->count, 3);
    assert_int_equal(stack[1]->weight, 15);
    assert_int_equal(stack[1]->tid, 77);
    assert_int_equal(stack[1]->n, 2);
    assert_int_equal(stack[1]->address[1], 0x500);
    free(stack);
    assert_int_equal(samples_sums(rig->samples).own, 1);
    assert_int_equal(samples_sums(rig->samples).taken, 4);
}

/* Hooks on one thread, the recorder on another, as fast as they can: every inside sample is taken
 * or was refused by the ring, with its region, and no outside one is. */
static bool hooks_done;

static void *windows_and_samples(void *arg)
{
    struct rig *rig = arg;
    uintptr_t refused = 0;

    begin_run(rig);
    for (int i = 0; i < 200000; i++) {
        start(rig);
        for (int k = 0; k < i % 3; k++) {
            open_regions(rig, (uint64_t)k);
            refused += !sample(rig, 0x1000 + (uint64_t)k);
        }
        open_regions(rig, 0);
        stop(rig);
        if (i % 2 == 0)
            sample(rig, 0x2000);
    }
    __atomic_store_n(&hooks_done, true, __ATOMIC_RELEASE);
    return (void *)refused;
}

static void test_two_threads(void **state)
{
    struct rig *rig = *state;
    struct hot_view view;
    pthread_t thread;
    void *refused;

    assert_int_equal(pthread_create(&thread, NULL, windows_and_samples, rig), 0);
    while (!__atomic_load_n(&hooks_done, __ATOMIC_ACQUIRE))
        if (hot_sampler_look(&rig->sampler, &rig->gate, &view))
            samples_drain(rig->samples, &rig->sampler, &view, NULL);
    pthread_join(thread, &refused);
    drain(rig);
    assert_int_equal(count_at(rig, 0x2000), 0);
    assert_int_equal(rig->sampler.dropped, 0);
    assert_int_equal(count_in(rig, 0), count_at(rig, 0x1000));
    assert_int_equal(count_in(rig, 1), count_at(rig, 0x1001));
    assert_int_equal(count_in(rig, 0) + count_in(rig, 1) + (uintptr_t)refused, 199999);
}

static void test_merge(void **state)
{
    struct rig *rig = *state;
    struct samples *all = samples_new(&sampling, (struct samples_program){0});

    begin_run(rig);
    start(rig);
    sample(rig, 0x1000);
    open_regions(rig, 2);
    sample(rig, 0x3000);
    stop(rig);
    drain(rig);
    assert_true(samples_merge(all, rig->samples));
    assert_true(samples_merge(all, rig->samples));
    assert_int_equal(samples_sums(all).taken, 4);
    samples_free(rig->samples);
    rig->samples = all;
    assert_int_equal(count_at(rig, 0x1000), 2);
    assert_int_equal(count_in(rig, 0), 2);
    assert_int_equal(count_in(rig, 2), 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_regions),
        TEST(test_full_ring),
        TEST(test_losses_of_other_runs),
        TEST(test_many_windows),
        TEST(test_full_list),
        TEST(test_busy_gate),
        TEST(test_written_meanwhile),
        TEST(test_events_and_own_code),
        TEST(test_two_threads),
        TEST(test_merge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
