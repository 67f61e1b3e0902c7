/* windows_fixture.h - windows over the calling thread and what they counted. */
#ifndef TESTS_UNIT_WINDOWS_FIXTURE_H
#define TESTS_UNIT_WINDOWS_FIXTURE_H

#include "preload/agent/windows.h"

#include "pmu/pmu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct pg_plan plan;
static struct session_thread threads[64];

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

#endif
