/* What the kernel could not put into a full ring of its own, against what it says of that. */
#include "collect/samples.h"

#include "pmu/sampling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 4 };

static void spin(uint64_t ns)
{
    struct timespec t;
    uint64_t now, end = 0;

    do {
        clock_gettime(CLOCK_MONOTONIC, &t);
        now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
        end = end == 0 ? now + ns : end;
    } while (now < end);
}

/* What the LOST records that are in a ring add up to. */
static uint64_t lost_records(const struct hot_sampler *s)
{
    const uint64_t size = s->ring_pages * s->page_size, head = hot_sampler_head(s);
    const uint8_t *data = (const uint8_t *)s->page + s->page_size;
    uint64_t sum = 0;

    for (uint64_t at = s->page->data_tail; at < head;) {
        struct perf_event_header h;
        uint64_t n = 0;

        memcpy(&h, data + at % size, sizeof h); /* records are multiples of 8 bytes */
        memcpy(&n, data + (at + sizeof h + 8) % size, sizeof n);
        sum += h.type == PERF_RECORD_LOST ? n : 0;
        assert_true(h.size >= sizeof h);
        at += h.size;
    }
    return sum;
}

/* This thread at the highest rate that the kernel allows, with nobody to read for a second. */
static void test_unread_second(void **state)
{
    const struct sampling_request request = {.events = "cpu-clock", .freq = 1000000000};
    struct hot_sampler *s = calloc(1, sizeof *s);
    struct hot_gate gate = {0};
    struct pg_sampling plan;
    struct samples *samples;
    struct hot_view view;
    uint64_t records, format[2], earlier;

    (void)state;
    assert_int_equal(pmu_sampling(&request, &plan, NULL), 0);
    if (plan.n_events == 0 || plan.backend == PG_BACKEND_TIMER ||
        plan.event[0].attr.read_format != PERF_FORMAT_LOST) {
        free(s);
        skip();
    }
    plan.ring_pages = plan.ring_pages < PAGES ? plan.ring_pages : PAGES;
    samples = samples_new(&plan, (struct samples_program){.own_start = 0});
    assert_int_equal(hot_sampler_open(s, &plan, (int32_t)gettid()), 0);
    hot_gate_begin(&gate);
    hot_sampler_go(s);
    gate.open = 1;
    hot_gate_end(&gate);
    spin(1000000000);
    assert_true(hot_sampler_look(s, &gate, &view));
    assert_int_equal(samples_drain(samples, s, &view, NULL), 0);
    earlier = samples_sums(samples).lost; /* where the first room was found while this looked */
    spin(2000000); /* the record comes with the first sample that finds room */
    ioctl(s->fd[0], PERF_EVENT_IOC_DISABLE, 0);
    records = lost_records(s);
    assert_true(records > 0);
    assert_int_equal(read(s->fd[0], format, sizeof format), sizeof format);
    assert_true(hot_sampler_look(s, &gate, &view));
    assert_int_equal(samples_drain(samples, s, &view, NULL), 0);
    assert_int_equal(samples_sums(samples).lost - earlier, records);
    samples_settle(samples, s);
    assert_int_equal(samples_sums(samples).lost, format[1]);
    print_message("# %llu taken, %llu lost\n", (unsigned long long)samples_sums(samples).taken,
                  (unsigned long long)records);
    hot_sampler_close(s);
    samples_free(samples);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unread_second)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
