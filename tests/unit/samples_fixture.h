/* samples_fixture.h - samples of a ring that is the test's own memory, written as the kernel would.
 */
#ifndef TESTS_UNIT_SAMPLES_FIXTURE_H
#define TESTS_UNIT_SAMPLES_FIXTURE_H

#include "collect/samples.h"

#include "pmu/sampling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 4 };

static struct pg_sampling sampling;

struct rig {
    struct hot_sampler sampler;
    struct hot_gate gate;
    struct samples *samples;
    size_t page_size;
};

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    const struct samples_program program = {.own_start = 0x7000, .own_limit = 0x8000};

    memset(&sampling, 0, sizeof sampling);
    sampling.n_events = 2;
    sampling.max_stack = 127;
    for (int i = 0; i < 2; i++) {
        sampling.event[i].attr.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
                                             PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
                                             PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;
        sampling.event[i].attr.sample_id_all = 1;
    }
    rig->page_size = (size_t)sysconf(_SC_PAGESIZE);
    rig->sampler.page = aligned_alloc(rig->page_size, (1 + PAGES) * rig->page_size);
    memset(rig->sampler.page, 0, (1 + PAGES) * rig->page_size);
    rig->sampler.page_size = rig->page_size;
    rig->sampler.ring_pages = PAGES;
    rig->sampler.tid = 77;
    rig->sampler.id[0] = 100;
    rig->sampler.id[1] = 101;
    rig->sampler.fd[0] = rig->sampler.fd[1] = -1;
    rig->samples = samples_new(&sampling, program);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;

    free(rig->sampler.page);
    samples_free(rig->samples);
    free(rig);
    return 0;
}

/* As the kernel: whole or not at all. */
static bool put(struct rig *rig, const uint64_t *words, size_t n)
{
    struct perf_event_mmap_page *page = rig->sampler.page;
    uint64_t size = PAGES * rig->page_size, head = page->data_head;
    uint8_t *data = (uint8_t *)page + rig->page_size;

    if (head + n * 8 - __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE) > size)
        return false;
    for (size_t i = 0; i < n; i++)
        memcpy(data + (head + i * 8) % size, &words[i], 8);
    __atomic_store_n(&page->data_head, head + n * 8, __ATOMIC_RELEASE);
    return true;
}

static uint64_t header(uint32_t type, size_t words)
{
    return type | (uint64_t)words * 8 << 48;
}

static bool sample_of(struct rig *rig, uint64_t id, uint64_t address, uint64_t period)
{
    const uint64_t words[] = {header(PERF_RECORD_SAMPLE, 10),
                              id,
                              address,
                              77ull << 32 | 70,
                              1,
                              period,
                              3,
                              PERF_CONTEXT_USER,
                              address,
                              0x500};

    return put(rig, words, 10);
}

static void begin_run(struct rig *rig)
{
    hot_gate_begin(&rig->gate);
    hot_sampler_begin_run(&rig->sampler);
    rig->gate.run++;
    rig->gate.open = 0;
    hot_gate_end(&rig->gate);
}

static void start(struct rig *rig)
{
    hot_gate_begin(&rig->gate);
    hot_sampler_begin_window(&rig->sampler);
    rig->gate.open = 1;
    hot_gate_end(&rig->gate);
}

static void stop(struct rig *rig)
{
    hot_gate_begin(&rig->gate);
    hot_sampler_end_window(&rig->sampler, &rig->gate, 0);
    rig->gate.open = 0;
    hot_gate_end(&rig->gate);
}

static void drain(struct rig *rig)
{
    struct hot_view view;

    assert_true(hot_sampler_look(&rig->sampler, &rig->gate, &view));
    assert_int_equal(samples_drain(rig->samples, &rig->sampler, &view, NULL), 0);
}

#endif
