/* The time that threads' clocks have shown, shared out over their samples. */
#include "samples_fixture.h"

static uint64_t weight_of(const struct rig *rig, int32_t tid, uint64_t *count)
{
    uint64_t weight = 0;
    size_t n;
    const struct samples_stack **stack = samples_sorted(rig->samples, &n);

    *count = 0;
    for (size_t i = 0; i < n; i++) {
        if (stack[i]->tid != tid)
            continue;
        *count += stack[i]->count;
        weight += stack[i]->weight;
    }
    free(stack);
    return weight;
}

/* n samples of thread tid, at three addresses, with all sorts of periods. */
static void samples_of_thread(struct rig *rig, int32_t tid, int n)
{
    rig->sampler.tid = tid;
    start(rig);
    for (int i = 0; i < n; i++)
        sample_of(rig, 100, 0x1000 + (uint64_t)i % 3, 1 + (uint64_t)i * i);
    stop(rig);
    drain(rig);
}

/* Shares 1 000 000 out over three threads with 7, 20, and 1 samples; what each has of it then. */
static void shared(struct rig *rig, const struct samples_thread *thread, size_t n,
                   const uint64_t want[3])
{
    static const uint64_t samples[3] = {7, 20, 1};
    uint64_t each = 0, all = 0, count;
    const struct samples_one *one;
    size_t n_ones;

    samples_free(rig->samples);
    rig->samples = samples_new(&sampling, (struct samples_program){.each = true});
    begin_run(rig);
    for (int i = 0; i < 3; i++)
        samples_of_thread(rig, 11 + i, (int)samples[i]);
    assert_true(samples_share(rig->samples, 1000000, thread, n));
    for (int i = 0; i < 3; i++) {
        uint64_t weight = weight_of(rig, 11 + i, &count);

        assert_int_equal(count, samples[i]);
        assert_in_range(weight, want[i] - samples[i], want[i]); /* whole nanoseconds each */
        all += weight;
    }
    one = samples_each(rig->samples, &n_ones);
    assert_int_equal(n_ones, 28);
    for (size_t i = 0; i < n_ones; i++) {
        const uint64_t of = (uint64_t)one[i].stack->tid - 11;

        assert_in_range(one[i].period, want[of] / samples[of] - 1, want[of] / samples[of]);
        each += one[i].period;
    }
    assert_int_equal(each, all);
}

static void test_share(void **state)
{
    struct rig *rig = *state;
    const struct samples_thread all[] = {{11, 3000}, {12, 1000}, {13, 1000}};
    const struct samples_thread more[] = {{11, 300}, {12, 100}, {9, 4600}, {13, 100}};
    const struct samples_thread rest[] = {{12, 1000}, {0, 4000}};
    const struct samples_thread others[] = {{9, 1000}};

    assert_true(samples_share(rig->samples, 1000000, NULL, 0)); /* of nothing */
    shared(rig, all, 3, (const uint64_t[]){600000, 200000, 200000});
    shared(rig, more, 4, (const uint64_t[]){600000, 200000, 200000}); /* 9 has no sample */
    shared(rig, rest, 2, (const uint64_t[]){700000, 200000, 100000});
    shared(rig, NULL, 0, (const uint64_t[]){250000, 714285, 35714});
    shared(rig, others, 1, (const uint64_t[]){250000, 714285, 35714});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_share, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
