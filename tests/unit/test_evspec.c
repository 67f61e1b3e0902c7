/* The grammar of event lists, row by row. */
#include "pmu/evspec.h"

#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
enum {
    HW = PERF_TYPE_HARDWARE,
    SW = PERF_TYPE_SOFTWARE,
    HC = PERF_TYPE_HW_CACHE,
    RAW = PERF_TYPE_RAW
};

/* type and config of the first eight columns of names: what `perf stat -vv -e NAME true` (perf 6.1)
 * prints for its perf_event_attr. */
static const struct {
    const char *list, *display;
    uint32_t type;
    uint64_t config;
} generic[] = {
    {"cycles", "cycles", HW, 0},
    {"cpu-cycles", "cycles", HW, 0},
    {"instructions", "instructions", HW, 1},
    {"cache-references", "cache-references", HW, 2},
    {"cache-misses", "cache-misses", HW, 3},
    {"branches", "branches", HW, 4},
    {"branch-instructions", "branches", HW, 4},
    {"branch-misses", "branch-misses", HW, 5},
    {"bus-cycles", "bus-cycles", HW, 6},
    {"stalled-cycles-frontend", "stalled-cycles-frontend", HW, 7},
    {"idle-cycles-frontend", "stalled-cycles-frontend", HW, 7},
    {"stalled-cycles-backend", "stalled-cycles-backend", HW, 8},
    {"idle-cycles-backend", "stalled-cycles-backend", HW, 8},
    {"ref-cycles", "ref-cycles", HW, 9},
    {"cpu-clock", "cpu-clock", SW, 0},
    {"task-clock", "task-clock", SW, 1},
    {"page-faults", "page-faults", SW, 2},
    {"faults", "page-faults", SW, 2},
    {"context-switches", "context-switches", SW, 3},
    {"cs", "context-switches", SW, 3},
    {"cpu-migrations", "cpu-migrations", SW, 4},
    {"migrations", "cpu-migrations", SW, 4},
    {"minor-faults", "minor-faults", SW, 5},
    {"major-faults", "major-faults", SW, 6},
    {"alignment-faults", "alignment-faults", SW, 7},
    {"emulation-faults", "emulation-faults", SW, 8},
    {"dummy", "dummy", SW, 9},
    {"bpf-output", "bpf-output", SW, 10},
    {"cgroup-switches", "cgroup-switches", SW, 11},
    {"L1-dcache-loads", "L1-dcache-loads", HC, 0x0},
    {"L1-dcache", "L1-dcache-loads", HC, 0x0},
    {"l1d-read", "L1-dcache-loads", HC, 0x0},
    {"L1-data-load-refs", "L1-dcache-loads", HC, 0x0},
    {"L1-dcache-load-misses", "L1-dcache-load-misses", HC, 0x10000},
    {"L1-dcache-loads-misses", "L1-dcache-load-misses", HC, 0x10000},
    {"L1-dcache-misses-load", "L1-dcache-load-misses", HC, 0x10000},
    {"L1-dcache-stores", "L1-dcache-stores", HC, 0x100},
    {"L1-dcache-store-misses", "L1-dcache-store-misses", HC, 0x10100},
    {"L1-dcache-prefetches", "L1-dcache-prefetches", HC, 0x200},
    {"L1-dcache-prefetch-misses", "L1-dcache-prefetch-misses", HC, 0x10200},
    {"l1-d-speculative-read-miss", "L1-dcache-prefetch-misses", HC, 0x10200},
    {"L1-icache-loads", "L1-icache-loads", HC, 0x1},
    {"L1-icache-load-misses", "L1-icache-load-misses", HC, 0x10001},
    {"L1-icache-prefetches", "L1-icache-prefetches", HC, 0x201},
    {"LLC-loads", "LLC-loads", HC, 0x2},
    {"LLC-load-misses", "LLC-load-misses", HC, 0x10002},
    {"LLC-stores", "LLC-stores", HC, 0x102},
    {"LLC-store-misses", "LLC-store-misses", HC, 0x10102},
    {"LLC-prefetches", "LLC-prefetches", HC, 0x202},
    {"LLC-prefetch-misses", "LLC-prefetch-misses", HC, 0x10202},
    {"dTLB-loads", "dTLB-loads", HC, 0x3},
    {"dTLB-load-misses", "dTLB-load-misses", HC, 0x10003},
    {"dTLB-stores", "dTLB-stores", HC, 0x103},
    {"dTLB-store-misses", "dTLB-store-misses", HC, 0x10103},
    {"d-tlb-prefetch-misses", "dTLB-prefetch-misses", HC, 0x10203},
    {"iTLB-loads", "iTLB-loads", HC, 0x4},
    {"iTLB-load-misses", "iTLB-load-misses", HC, 0x10004},
    {"branch-loads", "branch-loads", HC, 0x5},
    {"branch-load-misses", "branch-load-misses", HC, 0x10005},
    {"bpu-read-miss", "branch-load-misses", HC, 0x10005},
    {"node-loads", "node-loads", HC, 0x6},
    {"node-load-misses", "node-load-misses", HC, 0x10006},
    {"node-stores", "node-stores", HC, 0x106},
    {"node-store-misses", "node-store-misses", HC, 0x10106},
    {"node-prefetches", "node-prefetches", HC, 0x206},
    {"node-prefetch-misses", "node-prefetch-misses", HC, 0x10206},
    {"r412e", "r412e", RAW, 0x412e},
    {"r0x412e", "r0x412e", RAW, 0x412e},
    {"r0", "r0", RAW, 0},
    {"rffffffffffffffff", "rffffffffffffffff", RAW, UINT64_MAX},
    {"rABCDEF", "rABCDEF", RAW, 0xabcdef},
    {"4:0x412e", "4:0x412e", RAW, 0x412e},
    {"1:2", "1:2", SW, 2},
    {"  cycles ", "cycles", HW, 0},
    {"cycles:u", "cycles:u", HW, 0},
    {"cs:k", "context-switches:k", SW, 3},
    {"cpu-cycles:uk", "cycles:uk", HW, 0},
    {"r412e:pp", "r412e:pp", RAW, 0x412e},
    {"LLC-loads:ukhGHIpppPSDWe", "LLC-loads:ukhGHIpppPSDWe", HC, 2},
};

static void test_generic(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(generic); i++) {
        struct evspec *spec = NULL;
        struct pg_error err = {0};
        char display[160];

        if (evspec_parse(generic[i].list, &spec, &err) != 0)
            fail_msg("row %zu '%s': %s", i, generic[i].list, err.text);
        evspec_display(&spec->term[0], display, sizeof display);
        if (spec->n_terms != 1 || spec->term[0].kind != EVSPEC_GENERIC ||
            spec->term[0].type != generic[i].type || spec->term[0].config != generic[i].config ||
            strcmp(display, generic[i].display) != 0)
            fail_msg("row %zu '%s': %s type %u config %#llx", i, generic[i].list, display,
                     spec->term[0].type, (unsigned long long)spec->term[0].config);
        evspec_free(spec);
    }
}

static const struct {
    const char *list;
    enum evspec_kind kind;
    const char *name, *mods;
} other[] = {
    {"sched:sched_switch", EVSPEC_TRACEPOINT, "sched:sched_switch", ""},
    {"sched:sched_switch:u", EVSPEC_TRACEPOINT, "sched:sched_switch", "u"},
    {"syscalls:sys_enter_read:k", EVSPEC_TRACEPOINT, "syscalls:sys_enter_read", "k"},
    {"inst_retired:any_p", EVSPEC_TRACEPOINT, "inst_retired:any_p", ""},
    {"INST_RETIRED:ANY_P", EVSPEC_NAMED, "INST_RETIRED:ANY_P", ""},
    {"INST_RETIRED:ANY_P:u", EVSPEC_NAMED, "INST_RETIRED:ANY_P", "u"},
    {"INST_RETIRED:pp", EVSPEC_NAMED, "INST_RETIRED", "pp"},
    {"L2_LD:S", EVSPEC_NAMED, "L2_LD:S", ""},
    {"L2_LD:S:u", EVSPEC_NAMED, "L2_LD:S", "u"},
    {"skl::L2_RQSTS:MISS:c=1", EVSPEC_NAMED, "skl::L2_RQSTS:MISS:c=1", ""},
    {"perf::PERF_COUNT_SW_PAGE_FAULTS", EVSPEC_NAMED, "perf::PERF_COUNT_SW_PAGE_FAULTS", ""},
    {"arm_ac57::INST_RETIRED:u", EVSPEC_NAMED, "arm_ac57::INST_RETIRED", "u"},
    {"mem-loads", EVSPEC_NAMED, "mem-loads", ""},
    {"mem-loads:P", EVSPEC_NAMED, "mem-loads", "P"},
    {"topdown-retiring:u", EVSPEC_NAMED, "topdown-retiring", "u"},
    {"cycels", EVSPEC_NAMED, "cycels", ""},
    {"Cycles", EVSPEC_NAMED, "Cycles", ""},
    {"rxyz", EVSPEC_NAMED, "rxyz", ""},
    {"r11112222333344445", EVSPEC_NAMED, "r11112222333344445", ""},
    {"L1-dcache-load-load", EVSPEC_NAMED, "L1-dcache-load-load", ""},
    {"LLC-", EVSPEC_NAMED, "LLC-", ""},
    {"cpu/event=0x3c,umask=1/", EVSPEC_PMU, "cpu/event=0x3c,umask=1/", ""},
    {"cpu/event=0x3c/u", EVSPEC_PMU, "cpu/event=0x3c/", "u"},
    {"cpu/event=0x3c/:uk", EVSPEC_PMU, "cpu/event=0x3c/", "uk"},
    {"cpu/event=0x3c,name=mine/pp", EVSPEC_PMU, "mine", "pp"},
    {"cpu/event=0x3c,name='my-own'/", EVSPEC_PMU, "my-own", ""},
    {"msr/tsc/", EVSPEC_PMU, "msr/tsc/", ""},
    {"cpu//", EVSPEC_PMU, "cpu//", ""},
    {"uncore_imc_0/cas_count_read/", EVSPEC_PMU, "uncore_imc_0/cas_count_read/", ""},
};

static void test_other_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(other); i++) {
        struct evspec *spec = NULL;
        struct pg_error err = {0};

        if (evspec_parse(other[i].list, &spec, &err) != 0)
            fail_msg("row %zu '%s': %s", i, other[i].list, err.text);
        if (spec->n_terms != 1 || spec->term[0].kind != other[i].kind ||
            strcmp(spec->term[0].name, other[i].name) != 0 ||
            strcmp(spec->term[0].mods, other[i].mods) != 0)
            fail_msg("row %zu '%s': kind %d name '%s' mods '%s'", i, other[i].list,
                     (int)spec->term[0].kind, spec->term[0].name, spec->term[0].mods);
        evspec_free(spec);
    }
}

/* list; terms; "display/group" of each */
static const struct {
    const char *list;
    const char *terms;
} lists[] = {
    {"cycles,instructions", "cycles/0 instructions/0 "},
    {" cycles ,\tinstructions\n", "cycles/0 instructions/0 "},
    {"{cycles,instructions}", "cycles/1 instructions/1 "},
    {"{cycles,instructions}:u", "cycles:u/1 instructions:u/1 "},
    {"{cycles:k,instructions}:u,faults", "cycles:ku/1 instructions:u/1 page-faults/0 "},
    {"{cycles:u,instructions:uk}:u", "cycles:u/1 instructions:uk/1 "},
    {"{a:p,b:pp}:ppp", "a:ppp/1 b:ppp/1 "},
    {"{cs},{faults,cs}:W", "context-switches/1 page-faults:W/2 context-switches:W/2 "},
    {"cpu/a=1,b=2/u,cs", "cpu/a=1,b=2/:u/0 context-switches/0 "},
    {"{cpu/a,b/,x:y}:k", "cpu/a,b/:k/1 x:y:k/1 "},
    {"{ cycles , cs }", "cycles/1 context-switches/1 "},
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct evspec *spec = NULL;
        struct pg_error err = {0};
        char all[512] = "", one[160];

        if (evspec_parse(lists[i].list, &spec, &err) != 0)
            fail_msg("row %zu '%s': %s", i, lists[i].list, err.text);
        for (size_t k = 0; k < spec->n_terms; k++) {
            evspec_display(&spec->term[k], one, sizeof one);
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s/%u ", one,
                     spec->term[k].group);
        }
        assert_string_equal(all, lists[i].terms);
        evspec_free(spec);
    }
}

static const struct {
    const char *list;
    int column;
    const char *says;
} wrong[] = {
    {"cycles:z", 8, "unknown modifier 'z'; use u, k"},
    {"cycles:uz", 9, "unknown modifier 'z'"},
    {"instructions,cycles:ux", 22, "unknown modifier 'x'"},
    {"cycles:uu", 9, "modifier 'u' is there too often"},
    {"cycles:pppp", 11, "modifier 'p' is there too often"},
    {"cycles:", 8, "modifiers are missing"},
    {"cycles:u:k", 9, "unknown modifier ':'"},
    {"", 1, "an event is missing"},
    {"   ", 4, "an event is missing"},
    {",cycles", 1, "an event is missing"},
    {"cycles,", 8, "an event is missing"},
    {"cycles,,cs", 8, "an event is missing"},
    {"{cycles", 1, "the '}' that ends this group is missing"},
    {"cs,{cycles,cs", 4, "the '}' that ends this group is missing"},
    {"cycles}", 7, "a '}' without '{'"},
    {"{}", 2, "an event is missing"},
    {"{cycles,{cs}}", 9, "groups cannot be nested"},
    {"{cycles}:x", 10, "unknown modifier 'x'"},
    {"{cycles}:", 10, "modifiers are missing"},
    {"{cycles}x", 9, "',' expected"},
    {"cycles cs", 8, "',' expected"},
    {"cpu/event=1", 4, "the '/' that ends pmu/…/ is missing"},
    {"/event=1/", 1, "the name of the PMU is missing"},
    {"cpu/event=/", 11, "a value is missing behind 'event='"},
    {"cpu/=1/", 5, "a setting is missing"},
    {"cpu/a,,b/", 7, "a setting is missing"},
    {"cpu/a,/", 6, "a setting is missing behind ','"},
    {"cpu/a/z", 7, "unknown modifier 'z'"},
    {"cpu/a/b/", 8, "a '/' too many"},
    {"a:b/c/", 2, "a PMU's name has no ':'"},
    {"sched:*", 7, "a pattern names many events"},
    {"sched:", 6, "there is nothing behind ':'"},
    {":u", 1, "the event's name is missing"},
    {"cyc$les", 4, "unexpected '$'"},
    {"cyc\x01", 4, "unexpected byte 0x01"},
    {"cyc\xc3\xa9", 4, "unexpected byte 0xc3"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct evspec *spec = NULL;
        struct pg_error err = {0};
        char where[32];

        snprintf(where, sizeof where, "at column %d: ", wrong[i].column);
        if (evspec_parse(wrong[i].list, &spec, &err) != -PG_E_INVALID)
            fail_msg("row %zu '%s' was accepted", i, wrong[i].list);
        assert_null(spec);
        if (strstr(err.text, where) == NULL || strstr(err.text, wrong[i].says) == NULL)
            fail_msg("row %zu '%s': %s", i, wrong[i].list, err.text);
    }
}

static void test_limits(void **state)
{
    char list[4096] = "cs";
    struct evspec *spec = NULL;
    struct pg_error err = {0};

    (void)state;
    for (int i = 1; i < EVSPEC_MAX_TERMS; i++)
        strcat(list, ",cs");
    assert_int_equal(evspec_parse(list, &spec, &err), 0);
    assert_int_equal(spec->n_terms, EVSPEC_MAX_TERMS);
    evspec_free(spec);
    strcat(list, ",cs");
    assert_int_equal(evspec_parse(list, &spec, &err), -PG_E_INVALID);
    assert_non_null(strstr(err.text, "more than 64 events"));

    memset(list, 'a', EVSPEC_NAME_SIZE);
    list[EVSPEC_NAME_SIZE] = '\0';
    assert_int_equal(evspec_parse(list, &spec, &err), -PG_E_INVALID);
    assert_non_null(strstr(err.text, "longer than 95"));
    list[EVSPEC_NAME_SIZE - 1] = '\0';
    assert_int_equal(evspec_parse(list, &spec, &err), 0);
    evspec_free(spec);
}

static void test_settings(void **state)
{
    struct evspec *spec = NULL;
    const struct evspec_setting *s;

    (void)state;
    assert_int_equal(
        evspec_parse("cs,cpu/event=0xC0,umask=17,any,name=x,period=1000,q=?/u", &spec, NULL), 0);
    assert_int_equal(spec->term[1].n_settings, 6);
    assert_string_equal(spec->term[1].pmu, "cpu");
    s = &spec->setting[spec->term[1].first_setting];
    assert_string_equal(s[0].key, "event");
    assert_int_equal(s[0].value, 0xc0);
    assert_int_equal(s[1].value, 17);
    assert_true(s[2].has_value && !s[2].has_text && s[2].value == 1);
    assert_string_equal(s[3].text, "x");
    assert_false(s[3].has_value);
    assert_int_equal(s[4].value, 1000);
    assert_false(s[5].has_value);
    evspec_free(spec);
}

/* Every name that is listed parses back to itself. */
static void test_names_round_trip(void **state)
{
    struct evspec_builtin_event event;
    char again[EVSPEC_NAME_SIZE];
    uint32_t type;
    uint64_t config;
    size_t i = 0;

    (void)state;
    for (; evspec_builtin_at(i, &event); i++) {
        if (!evspec_builtin(event.name, strlen(event.name), &type, &config, again))
            fail_msg("'%s' is listed and unknown", event.name);
        assert_string_equal(event.name, again);
        assert_int_equal(type, event.type);
        assert_true(event.text[0] != '\0' && strlen(event.text) + 1 < sizeof event.text);
        if (event.alias != NULL) {
            assert_true(evspec_builtin(event.alias, strlen(event.alias), &type, &config, again));
            assert_string_equal(event.name, again);
        }
    }
    assert_int_equal(i, 10 + 12 + 7 * 3 * 2);
}

static const struct {
    const char *typed, *meant;
} near[] = {
    {"cycels", "cycles"},
    {"Cycles", "cycles"},
    {"instruction", "instructions"},
    {"cache_misses", "cache-misses"},
    {"branch-miss", "branch-misses"},
    {"pagefaults", "page-faults"},
    {"l1-dcache-load-misses", "L1-dcache-load-misses"},
    {"LLC-lod-misses", "LLC-load-misses"},
    {"contextswitches", "context-switches"},
    {"UOPS_RETIRED", NULL},
    {"xyzzy", NULL},
};

static void test_suggestions(void **state)
{
    char name[EVSPEC_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(near); i++) {
        bool found = evspec_suggest(near[i].typed, name);
        assert_int_equal(found, near[i].meant != NULL);
        if (found)
            assert_string_equal(name, near[i].meant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generic),     cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_lists),       cmocka_unit_test(test_errors),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_settings),
        cmocka_unit_test(test_suggestions), cmocka_unit_test(test_names_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
