/* From terms to attributes, in trees that look like the sysfs and tracefs of several machines. */
#include "pmu/resolve.h"
#include "pmu/sysfs.h"
#include "tests/unit/tree.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct tree_file x86[] = {
    {TREE_PMU "cpu/type", "4\n"},
    {TREE_PMU "cpu/format/event", "config:0-7\n"},
    {TREE_PMU "cpu/format/umask", "config:8-15\n"},
    {TREE_PMU "cpu/format/edge", "config:18\n"},
    {TREE_PMU "cpu/format/cmask", "config:24-31\n"},
    {TREE_PMU "cpu/format/split", "config:0-3,32-35\n"},
    {TREE_PMU "cpu/format/ldlat", "config1:0-15\n"},
    {TREE_PMU "cpu/format/offcore_rsp", "config1:0-63\n"},
    {TREE_PMU "cpu/format/frontend", "config2:0-23\n"},
    {TREE_PMU "cpu/format/future", "config3:0-7\n"},
    {TREE_PMU "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n"},
    {TREE_PMU "cpu/events/slots", "event=0x00,umask=0x4\n"},
    {TREE_PMU "cpu/events/asked", "event=0x10,umask=?\n"},
    {TREE_PMU "cpu/events/broken", "event=zz\n"},
    {TREE_PMU "uncore_imc_0/type", "20\n"},
    {TREE_PMU "uncore_imc_0/cpumask", "0\n"},
    {TREE_PMU "uncore_imc_0/format/event", "config:0-7\n"},
    {TREE_PMU "uncore_imc_0/format/umask", "config:8-15\n"},
    {TREE_PMU "uncore_imc_0/events/cas_count_read", "event=0x04,umask=0x03\n"},
    {TREE_PMU "uncore_imc_0/events/cas_count_read.scale", "6.103515625e-5\n"},
    {TREE_PMU "uncore_imc_0/events/cas_count_read.unit", "MiB\n"},
    {TREE_PMU "software/type", "1\n"},
    {"tracing/events/sched/sched_switch/id", "314\n"},
    {"tracing/events/odd/broken/id", "x\n"},
};
static const struct tree_file hybrid[] = {
    {TREE_PMU "cpu_core/type", "4\n"},
    {TREE_PMU "cpu_core/cpus", "0-7\n"},
    {TREE_PMU "cpu_core/format/event", "config:0-7\n"},
    {TREE_PMU "cpu_core/events/mem-stores", "event=0xcd\n"},
    {TREE_PMU "cpu_atom/type", "10\n"},
    {TREE_PMU "cpu_atom/cpus", "8-15\n"},
    {TREE_PMU "cpu_atom/format/event", "config:0-7\n"},
    {TREE_PMU "cpu_atom/events/mem-stores", "event=0xd0\n"},
};
static const struct tree_file arm[] = {
    {TREE_PMU "armv8_pmuv3_0/type", "8\n"},
    {TREE_PMU "armv8_pmuv3_0/cpus", "0-3\n"},
    {TREE_PMU "armv8_pmuv3_0/format/event", "config:0-15\n"},
    {TREE_PMU "armv8_pmuv3_0/events/l1d_tlb", "event=0x0025\n"},
};

enum { X86, HYBRID, ARM, TREES };
static const struct {
    const struct tree_file *file;
    size_t n;
} trees[TREES] = {{x86, COUNT(x86)}, {hybrid, COUNT(hybrid)}, {arm, COUNT(arm)}};

static char base[] = "/tmp/perfgo-resolve-XXXXXX";
static char root[TREES][64], tracefs[TREES][256];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(base));
    for (int t = 0; t < TREES; t++) {
        snprintf(root[t], sizeof root[t], "%s/%d", base, t);
        snprintf(tracefs[t], sizeof tracefs[t], "%s/tracing", root[t]);
        tree_put_all(root[t], trees[t].file, trees[t].n);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return tree_remove(base);
}

static int resolve(int tree, const char *text, struct resolved out[RESOLVE_MAX],
                   struct pg_error *err)
{
    struct resolve_roots roots = {root[tree], tracefs[tree]};
    struct evspec *spec = NULL;
    int rc = evspec_parse(text, &spec, err);

    assert_int_equal(rc, 0);
    rc = resolve_term(&roots, spec, &spec->term[0], out, err);
    evspec_free(spec);
    return rc;
}

static const struct {
    int tree;
    const char *text, *name;
    uint32_t type;
    uint64_t config, config1, config2;
    enum resolve_class class;
} rows[] = {
    {X86, "cycles", "cycles", 0, 0, 0, 0, RESOLVE_HARDWARE},
    {X86, "LLC-load-misses:u", "LLC-load-misses:u", 3, 0x10002, 0, 0, RESOLVE_HARDWARE},
    {X86, "r412e", "r412e", 4, 0x412e, 0, 0, RESOLVE_HARDWARE},
    {X86, "faults", "page-faults", 1, 2, 0, 0, RESOLVE_SOFTWARE},
    {X86, "cpu//", "cpu//", 4, 0, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/event=0x3c/", "cpu/event=0x3c/", 4, 0x3c, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/event=0xc0,umask=0x1,edge,cmask=2/", "cpu/event=0xc0,umask=0x1,edge,cmask=2/", 4,
     0x020401c0, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/split=0x5a/", "cpu/split=0x5a/", 4, 0x50000000aULL, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/split=0xff/", "cpu/split=0xff/", 4, 0xf0000000fULL, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/event=0xcd,ldlat=30/pp", "cpu/event=0xcd,ldlat=30/:pp", 4, 0xcd, 30, 0,
     RESOLVE_HARDWARE},
    {X86, "cpu/offcore_rsp=0xffffffffffffffff/", "cpu/offcore_rsp=0xffffffffffffffff/", 4, 0,
     UINT64_MAX, 0, RESOLVE_HARDWARE},
    {X86, "cpu/event=0xc6,frontend=0x11/", "cpu/event=0xc6,frontend=0x11/", 4, 0xc6, 0, 0x11,
     RESOLVE_HARDWARE},
    {X86, "cpu/config=1,config1=2,config2=0x3/", "cpu/config=1,config1=2,config2=0x3/", 4, 1, 2, 3,
     RESOLVE_HARDWARE},
    {X86, "cpu/event=1,name=mine/u", "mine:u", 4, 1, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/event=1,period=5000/", "cpu/event=1,period=5000/", 4, 1, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/mem-loads/", "cpu/mem-loads/", 4, 0x1cd, 3, 0, RESOLVE_HARDWARE},
    {X86, "cpu/mem-loads,ldlat=100/", "cpu/mem-loads,ldlat=100/", 4, 0x1cd, 100, 0,
     RESOLVE_HARDWARE},
    {X86, "cpu/asked,umask=7/", "cpu/asked,umask=7/", 4, 0x710, 0, 0, RESOLVE_HARDWARE},
    {X86, "mem-loads:P", "mem-loads:P", 4, 0x1cd, 3, 0, RESOLVE_HARDWARE},
    {X86, "slots", "slots", 4, 0x400, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/cycles/", "cpu/cycles/", 0, 0, 0, 0, RESOLVE_HARDWARE},
    {X86, "cpu/L1-dcache-load-misses/", "cpu/L1-dcache-load-misses/", 3, 0x10000, 0, 0,
     RESOLVE_HARDWARE},
    {X86, "uncore_imc_0/cas_count_read/", "uncore_imc_0/cas_count_read/", 20, 0x304, 0, 0,
     RESOLVE_UNCORE},
    {X86, "cas_count_read", "cas_count_read", 20, 0x304, 0, 0, RESOLVE_UNCORE},
    {X86, "sched:sched_switch", "sched:sched_switch", 2, 314, 0, 0, RESOLVE_TRACEPOINT},
    {X86, "perf::PERF_COUNT_HW_INSTRUCTIONS", "perf::PERF_COUNT_HW_INSTRUCTIONS", 0, 1, 0, 0,
     RESOLVE_HARDWARE},
    {X86, "perf::PERF_COUNT_SW_PAGE_FAULTS", "perf::PERF_COUNT_SW_PAGE_FAULTS", 1, 2, 0, 0,
     RESOLVE_SOFTWARE},
    {X86, "PERF_COUNT_HW_CACHE_L1D:READ:MISS:u", "PERF_COUNT_HW_CACHE_L1D:READ:MISS:u", 3, 0x10000,
     0, 0, RESOLVE_HARDWARE},
    {HYBRID, "faults", "page-faults", 1, 2, 0, 0, RESOLVE_SOFTWARE},
    {HYBRID, "cpu_atom/event=0x3c/", "cpu_atom/event=0x3c/", 10, 0x3c, 0, 0, RESOLVE_HARDWARE},
    {HYBRID, "cpu_atom/instructions/u", "cpu_atom/instructions/:u", 0, 0xa00000001ULL, 0, 0,
     RESOLVE_HARDWARE},
    {ARM, "cycles", "cycles", 0, 0, 0, 0, RESOLVE_HARDWARE},
    {ARM, "armv8_pmuv3_0/event=0x11/", "armv8_pmuv3_0/event=0x11/", 8, 0x11, 0, 0,
     RESOLVE_HARDWARE},
    {ARM, "l1d_tlb", "l1d_tlb", 8, 0x25, 0, 0, RESOLVE_HARDWARE},
};

static void test_rows(void **state)
{
    struct resolved out[RESOLVE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pg_error err = {0};
        int n = resolve(rows[i].tree, rows[i].text, out, &err);

        if (n != 1)
            fail_msg("row %zu '%s': %d %s", i, rows[i].text, n, err.text);
        if (out->attr.type != rows[i].type || out->attr.config != rows[i].config ||
            out->attr.config1 != rows[i].config1 || out->attr.config2 != rows[i].config2 ||
            out->class != rows[i].class || strcmp(out->name, rows[i].name) != 0 ||
            out->attr.size != sizeof out->attr || out->attr.sample_period != 0)
            fail_msg("row %zu '%s': %s type %u config %#llx %#llx %#llx class %d", i, rows[i].text,
                     out->name, out->attr.type, (unsigned long long)out->attr.config,
                     (unsigned long long)out->attr.config1, (unsigned long long)out->attr.config2,
                     (int)out->class);
    }
}

static const struct {
    int tree;
    const char *text;
    enum pg_code code;
    const char *says;
} wrong[] = {
    {X86, "cycels", PG_E_INVALID,
     "unknown event 'cycels' at column 1 of the event list; did you mean 'cycles'?"},
    {X86, "no_such_thing_at_all", PG_E_INVALID, "`perfgo events` shows"},
    {X86, "nopmu/event=1/", PG_E_UNSUPPORTED, "this machine has no PMU 'nopmu'"},
    {X86, "../event=1/", PG_E_UNSUPPORTED, "this machine has no PMU '..'"},
    {X86, "cpu/nosuch=1/", PG_E_INVALID, "the PMU 'cpu' has no setting or event 'nosuch'"},
    {X86, "cpu/event=0x100/", PG_E_INVALID,
     "'event' in 'cpu/event=0x100/' takes 8 bits, 0x100 has more"},
    {X86, "cpu/edge=2/", PG_E_INVALID, "takes 1 bits"},
    {X86, "cpu/event=abc/", PG_E_INVALID, "'event=abc' in 'cpu/event=abc/' is not a number"},
    {X86, "cpu/config=abc/", PG_E_INVALID, "is not a number"},
    {X86, "cpu/future=1/", PG_E_INVALID, "no setting or event 'future'"},
    {X86, "cpu/broken/", PG_E_UNSUPPORTED, "is not understood"},
    {X86, "sched:sched_swich", PG_E_INVALID, "unknown event 'sched:sched_swich'"},
    {X86, "odd:broken", PG_E_UNSUPPORTED, "holds no number"},
    {ARM, "sched:sched_switch", PG_E_UNSUPPORTED, "tracefs is not mounted"},
    {X86, "INST_RETIRED:ANY_P:nonsense=1:x", 0, ""},
    {X86, "no_such_cpu::CPU_CYCLES", PG_E_INVALID, "unknown event 'no_such_cpu::CPU_CYCLES'"},
};

static void test_errors(void **state)
{
    struct resolved out[RESOLVE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct pg_error err = {0};
        int rc = resolve(wrong[i].tree, wrong[i].text, out, &err);

        if (rc >= 0 || (wrong[i].code != 0 && rc != -(int)wrong[i].code) ||
            strstr(err.text, wrong[i].says) == NULL)
            fail_msg("row %zu '%s': %d %s", i, wrong[i].text, rc, err.text);
    }
}

static void test_scale_and_period(void **state)
{
    struct resolved out[RESOLVE_MAX];

    (void)state;
    assert_int_equal(resolve(X86, "cas_count_read", out, NULL), 1);
    assert_true(out->scale == 6.103515625e-5);
    assert_string_equal(out->unit, "MiB");
    assert_int_equal(resolve(X86, "cpu/event=1,period=5000/", out, NULL), 1);
    assert_int_equal(out->period, 5000);
    assert_true(out->scale == 1);
}

/* Generic events are opened on every kind of core; on Arm they share a group with its PMU's own. */
static void test_core_pmus(void **state)
{
    struct resolved out[RESOLVE_MAX];
    uint32_t own;

    (void)state;
    assert_int_equal(resolve(HYBRID, "instructions:u", out, NULL), 2);
    assert_string_equal(out[0].name, "cpu_atom/instructions/u");
    assert_string_equal(out[1].name, "cpu_core/instructions/u");
    assert_string_equal(out[1].whole, "instructions:u");
    assert_true(out[0].attr.config == 0xa00000001ULL && out[1].attr.config == 0x400000001ULL);
    assert_true(out[0].pmu != out[1].pmu);
    assert_true(out[0].attr.exclude_kernel && out[1].attr.exclude_kernel);
    assert_int_equal(resolve(HYBRID, "mem-stores", out, NULL), 2);
    assert_string_equal(out[0].name, "cpu_atom/mem-stores/");
    assert_int_equal(out[0].attr.config, 0xd0);
    assert_int_equal(out[1].attr.config, 0xcd);
    assert_int_equal(resolve(ARM, "l1d_tlb", out, NULL), 1);
    own = out[0].pmu;
    assert_int_equal(resolve(ARM, "cycles", out, NULL), 1);
    assert_int_equal(out[0].pmu, own);
}

/* exclude_* and precise_ip as `perf stat -vv -e EVENT true` (perf 6.1) showed them. */
static const struct {
    const char *text;
    unsigned user, kernel, hv, guest, host, idle, precise, pinned, exclusive;
} modifiers[] = {
    {"cycles", 0, 0, 0, 1, 0, 0, 0, 0, 0},         {"cycles:u", 0, 1, 1, 1, 0, 0, 0, 0, 0},
    {"cycles:k", 1, 0, 1, 0, 0, 0, 0, 0, 0},       {"cycles:uk", 0, 0, 1, 1, 0, 0, 0, 0, 0},
    {"cycles:h", 1, 1, 0, 0, 0, 0, 0, 0, 0},       {"cycles:G", 0, 0, 0, 0, 1, 0, 0, 0, 0},
    {"cycles:H", 0, 0, 0, 1, 0, 0, 0, 0, 0},       {"cycles:GH", 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"cycles:uG", 0, 1, 1, 0, 1, 0, 0, 0, 0},      {"cycles:kG", 1, 0, 1, 0, 1, 0, 0, 0, 0},
    {"cycles:I", 0, 0, 0, 0, 0, 1, 0, 0, 0},       {"cycles:pp", 0, 0, 0, 1, 0, 0, 2, 0, 0},
    {"task-clock:ppp", 0, 0, 0, 1, 0, 0, 3, 0, 0}, {"page-faults:u", 0, 1, 1, 1, 0, 0, 0, 0, 0},
    {"cpu-clock:D", 0, 0, 0, 0, 0, 0, 0, 1, 0},    {"cycles:e", 0, 0, 0, 0, 0, 0, 0, 0, 1},
    {"cycles:uh", 0, 1, 0, 1, 0, 0, 0, 0, 0},      {"cpu-clock:uH", 0, 1, 1, 1, 0, 0, 0, 0, 0},
    {"{cs}:k", 1, 0, 1, 1, 0, 0, 0, 0, 0},         {"{faults:u}:k", 0, 0, 1, 1, 0, 0, 0, 0, 0},
};

static void test_modifiers(void **state)
{
    struct resolved out[RESOLVE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(modifiers); i++) {
        const struct perf_event_attr *a = &out->attr;
        assert_int_equal(resolve(X86, modifiers[i].text, out, NULL), 1);
        if (a->exclude_user != modifiers[i].user || a->exclude_kernel != modifiers[i].kernel ||
            a->exclude_hv != modifiers[i].hv || a->exclude_guest != modifiers[i].guest ||
            a->exclude_host != modifiers[i].host || a->exclude_idle != modifiers[i].idle ||
            a->precise_ip != modifiers[i].precise || a->pinned != modifiers[i].pinned ||
            a->exclusive != modifiers[i].exclusive)
            fail_msg("'%s': u%u k%u h%u G%u H%u I%u p%u D%u e%u", modifiers[i].text,
                     a->exclude_user, a->exclude_kernel, a->exclude_hv, a->exclude_guest,
                     a->exclude_host, a->exclude_idle, a->precise_ip, a->pinned, a->exclusive);
    }
}

static const struct {
    const char *text;
    bool good;
    unsigned word;
    uint64_t mask;
} formats[] = {
    {"config:0-7", true, 0, 0xff},
    {"config:18", true, 0, 1 << 18},
    {"config:0-63", true, 0, UINT64_MAX},
    {"config1:63", true, 1, 1ULL << 63},
    {"config2:0-7,32-35", true, 2, 0xf000000ffULL},
    {"config:0-7,32", true, 0, 0x1000000ffULL},
    {"config3:0-7", false, 0, 0},
    {"config", false, 0, 0},
    {"config:", false, 0, 0},
    {"config:7-0", false, 0, 0},
    {"config:64", false, 0, 0},
    {"config:0-64", false, 0, 0},
    {"config:0-", false, 0, 0},
    {"config:0,", false, 0, 0},
    {"config:-1", false, 0, 0},
    {"config:0-7x", false, 0, 0},
    {"config:99999999999999999999", false, 0, 0},
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct sysfs_format f = {0};
        if (sysfs_format_parse(formats[i].text, &f) != formats[i].good ||
            (formats[i].good && (f.word != formats[i].word || f.mask != formats[i].mask)))
            fail_msg("'%s': word %u mask %#llx", formats[i].text, f.word,
                     (unsigned long long)f.mask);
    }
}

static void test_pmu_list(void **state)
{
    struct sysfs_pmu pmu[SYSFS_MAX_PMUS];

    (void)state;
    assert_int_equal(sysfs_pmus(root[X86], pmu, COUNT(pmu)), 3);
    assert_string_equal(pmu[0].name, "cpu");
    assert_true(pmu[0].core && !pmu[0].uncore);
    assert_string_equal(pmu[1].name, "software");
    assert_true(!pmu[1].core && !pmu[1].uncore);
    assert_true(!pmu[2].core && pmu[2].uncore);
    assert_int_equal(sysfs_pmus(root[X86], pmu, 1), 1);
    assert_int_equal(sysfs_pmus("/nonexistent", pmu, COUNT(pmu)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_modifiers), cmocka_unit_test(test_scale_and_period),
        cmocka_unit_test(test_core_pmus), cmocka_unit_test(test_formats),
        cmocka_unit_test(test_pmu_list),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
