/* Reading a hardware counter by its page: pages as the kernel fills them, counters as CPUs have
 * them. */
#include "hot/userread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

struct row {
    int line;
    bool allowed;
    uint32_t index;
    uint16_t width;
    int64_t offset;
    uint64_t counter;
    bool read;
    uint64_t count;
};

#define ROW __LINE__
static const struct row rows[] = {
    {ROW, true, 1, 48, 1000, 234, true, 1234},
    /* a counter that began at minus a period: the kernel's offset holds the period */
    {ROW, true, 3, 48, 0x800000000000, 0x800000000005, true, 5},
    {ROW, true, 2, 32, 0x7fffffff, 0x80000001 + 77, true, 77},
    {ROW, true, 2, 32, 0x7fffffff, 0x1880000001 + 77, true,
     77}, /* bits above the width are noise */
    {ROW, true, 32, 64, 0, UINT64_MAX, true, UINT64_MAX},
    {ROW, true, 1, 64, 5, (uint64_t)-5, true, 0},
    {ROW, true, 1, 1, 10, 1, true, 9},
    {ROW, false, 1, 48, 1000, 234, false, 0}, /* not allowed */
    {ROW, true, 0, 48, 1000, 234, false, 0},  /* not on the hardware */
    {ROW, true, 1, 0, 1000, 234, false, 0},   /* widths that no counter has */
    {ROW, true, 1, 65, 1000, 234, false, 0},
};

static const struct row *now;
static struct perf_event_mmap_page page;
static int disturb; /* so many reads are interrupted by a reschedule, which moves the counter */
static uint32_t asked;

static bool read_counter(uint32_t index, uint64_t *value)
{
    asked = index;
    *value = now->counter;
    if (disturb > 0) {
        disturb--;
        page.lock++;
        page.offset++;
    }
    return true;
}

static void fill(const struct row *r)
{
    memset(&page, 0, sizeof page);
    now = r;
    page.lock = 7;
    page.index = r->index;
    page.offset = r->offset;
    page.cap_user_rdpmc = r->allowed;
    page.pmc_width = r->width;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        uint64_t count = 42;

        fill(r);
        if (hot_user_count(&page, read_counter, &count) != r->read)
            fail_msg("line %d: read: %d", r->line, !r->read);
        if (count != (r->read ? r->count : 42))
            fail_msg("line %d: %llu", r->line, (unsigned long long)count);
        if (r->read)
            assert_int_equal(asked, r->index - 1);
    }
}

/* What was read while `lock` moved is not used. */
static void test_reschedule(void **state)
{
    uint64_t count = 0;

    (void)state;
    fill(&rows[0]);
    disturb = 3;
    assert_true(hot_user_count(&page, read_counter, &count));
    assert_int_equal(count, 1234 + 3);
    fill(&rows[0]);
    disturb = 1000;
    assert_false(hot_user_count(&page, read_counter, &count));
}

static bool refuse(uint32_t index, uint64_t *value)
{
    (void)index;
    (void)value;
    return false;
}

static void test_a_counter_no_cpu_has(void **state)
{
    uint64_t count = 0;

    (void)state;
    fill(&rows[0]);
    assert_false(hot_user_count(&page, refuse, &count));
}

/* Allowed, but with user-space reads switched off: the thread itself sees it, and gives up for
 * good. */
static void test_tried_in_vain(void **state)
{
    static struct pg_plan plan = {.n_events = 2, .n_counters = 2};
    static struct hot_counters c;
    static struct pg_counts counts;
    struct perf_event_mmap_page *shown =
        mmap(NULL, sizeof *shown, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(shown != MAP_FAILED);
    shown->cap_user_rdpmc = 1;
    shown->pmc_width = 48;
    plan.event[0].attr.type = PERF_TYPE_SOFTWARE;
    plan.counter[1].event = 1;
    c.user.possible = true;
    c.user.page[1] = shown;
    hot_user_try(&c, &plan);
    assert_true(c.user.tried);
    assert_false(c.user.possible);
    assert_null(c.user.page[1]);
    assert_false(hot_user_read(&c, &plan, &counts));
}

static void test_hardware(void **state)
{
    static const struct {
        uint32_t type;
        bool hardware;
    } types[] = {{PERF_TYPE_HARDWARE, true},   {PERF_TYPE_HW_CACHE, true},
                 {PERF_TYPE_RAW, true},        {8, true},
                 {PERF_TYPE_SOFTWARE, false},  {PERF_TYPE_TRACEPOINT, false},
                 {PERF_TYPE_BREAKPOINT, false}};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct pg_event e = {.attr.type = types[i].type};

        assert_int_equal(hot_is_hardware(&e), types[i].hardware);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reschedule),
        cmocka_unit_test(test_a_counter_no_cpu_has),
        cmocka_unit_test(test_tried_in_vain),
        cmocka_unit_test(test_hardware),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
