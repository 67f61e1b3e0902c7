/* Plans of several groups, pass by pass: every counter is in one pass, and none takes turns. */
#include "pmu/passes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "h" generic, "a" generic on the PMU "8", "r" raw, "8" a PMU of its own, "s" software; groups
 * apart by a blank; counters in the same order, named by their position. */
static struct pg_plan plan_of(const char *text)
{
    static const struct {
        char letter;
        uint32_t type;
    } types[] = {{'h', PERF_TYPE_HARDWARE},
                 {'a', PERF_TYPE_HARDWARE},
                 {'r', PERF_TYPE_RAW},
                 {'8', 8},
                 {'s', PERF_TYPE_SOFTWARE}};
    struct pg_plan plan = {0};

    for (const char *s = text; *s != '\0'; s++) {
        if (s == text || s[-1] == ' ')
            plan.group[plan.n_groups++].first_event = (uint8_t)plan.n_events;
        if (*s == ' ')
            continue;
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
            if (types[i].letter == *s)
                plan.event[plan.n_events].attr.type = types[i].type;
        plan.event[plan.n_events].attr.config = plan.n_events | (*s == 'a' ? 8ULL << 32 : 0);
        plan.event[plan.n_events].group = (uint8_t)(plan.n_groups - 1);
        plan.group[plan.n_groups - 1].n_events++;
        snprintf(plan.counter[plan.n_counters].name, PG_NAME_SIZE, "%u", plan.n_events);
        plan.counter[plan.n_counters++].event = (uint8_t)plan.n_events++;
    }
    return plan;
}

/* The counters' names, and whether everything in the plan refers to the right thing. */
static void show(const struct pg_plan *plan, char *out)
{
    *out = '\0';
    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct pg_counter *c = &plan->counter[i];
        const struct pg_event *e = &plan->event[c->event];
        const struct pg_group *g = &plan->group[e->group];

        if (c->source != PG_SOURCE_PERF) {
            out += sprintf(out, "%s,", c->name);
            continue;
        }
        assert_true(c->event < plan->n_events && e->group < plan->n_groups);
        assert_true(c->event >= g->first_event && c->event < g->first_event + g->n_events);
        out += sprintf(out, "%llu,", (unsigned long long)(uint32_t)e->attr.config);
        assert_int_equal((unsigned)atoi(c->name), (uint32_t)e->attr.config);
    }
}

static const struct {
    int line;
    const char *plan;
    uint32_t needed;
    const char *pass[3];
} rows[] = {
    {__LINE__, "s", 1, {"0,"}},
    {__LINE__, "hh", 1, {"0,1,"}},
    {__LINE__, "hhs", 1, {"0,1,2,"}},
    {__LINE__, "hh ss", 1, {"0,1,2,3,"}},
    {__LINE__, "hh rr s", 2, {"0,1,4,", "2,3,4,"}},
    {__LINE__, "h r h s", 3, {"0,3,", "1,3,", "2,3,"}},
    {__LINE__, "h 8", 1, {"0,1,"}},
    {__LINE__, "h a", 1, {"0,1,"}},
    {__LINE__, "h a 8 r", 2, {"0,1,", "2,3,"}},
    {__LINE__, "h 8 r 8 h s", 3, {"0,1,5,", "2,3,5,", "1,4,5,"}},
    {__LINE__, "sh hs", 2, {"0,1,", "2,3,"}}, /* the user's braces */
};

static void test_rows(void **state)
{
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct pg_plan plan = plan_of(rows[i].plan);

        if (passes_needed(&plan) != rows[i].needed)
            fail_msg("line %d: %u passes", rows[i].line, passes_needed(&plan));
        for (uint32_t pass = 1; pass <= rows[i].needed; pass++) {
            struct pg_plan one = plan;

            passes_keep(&one, pass);
            show(&one, text);
            if (strcmp(text, rows[i].pass[pass - 1]) != 0)
                fail_msg("line %d, pass %u: %s", rows[i].line, pass, text);
            assert_int_equal(passes_needed(&one), 1);
        }
    }
}

static void test_other_sources_stay(void **state)
{
    struct pg_plan plan = plan_of("h h");
    char text[64];

    (void)state;
    plan.counter[2] = (struct pg_counter){.name = "faults", .source = PG_SOURCE_RUSAGE};
    plan.n_counters = 3;
    passes_keep(&plan, 2);
    show(&plan, text);
    assert_string_equal(text, "1,faults,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_other_sources_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
