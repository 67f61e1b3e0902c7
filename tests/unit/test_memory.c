/* Memory sampling, on trees that look like the sysfs of machines that have it. */
#include "pmu/memory.h"
#include "tests/unit/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What the kernel publishes: arch/x86/events/intel/core.c, arch/x86/events/amd/ibs.c,
 * drivers/perf/arm_spe_pmu.c. */
#define INTEL_FORMAT(pmu)                                \
    {TREE_PMU pmu "/format/event", "config:0-7\n"},      \
        {TREE_PMU pmu "/format/umask", "config:8-15\n"}, \
    {                                                    \
        TREE_PMU pmu "/format/ldlat", "config1:0-15\n"   \
    }

static const struct tree_file skylake[] = {
    {TREE_PMU "cpu/type", "4\n"},
    INTEL_FORMAT("cpu"),
    {TREE_PMU "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n"},
    {TREE_PMU "cpu/events/mem-stores", "event=0xd0,umask=0x82\n"},
};
static const struct tree_file sapphire_rapids[] = {
    {TREE_PMU "cpu/type", "4\n"},
    INTEL_FORMAT("cpu"),
    {TREE_PMU "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n"},
    {TREE_PMU "cpu/events/mem-loads-aux", "event=0x03,umask=0x82\n"},
    {TREE_PMU "cpu/events/mem-stores", "event=0xcd,umask=0x2\n"},
};
static const struct tree_file alder_lake[] = {
    {TREE_PMU "cpu_core/type", "4\n"},
    {TREE_PMU "cpu_core/cpus", "0-15\n"},
    INTEL_FORMAT("cpu_core"),
    {TREE_PMU "cpu_core/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n"},
    {TREE_PMU "cpu_core/events/mem-loads-aux", "event=0x03,umask=0x82\n"},
    {TREE_PMU "cpu_core/events/mem-stores", "event=0xcd,umask=0x2\n"},
    {TREE_PMU "cpu_atom/type", "10\n"},
    {TREE_PMU "cpu_atom/cpus", "16-23\n"},
    INTEL_FORMAT("cpu_atom"),
    {TREE_PMU "cpu_atom/events/mem-loads", "event=0xd0,umask=0x5,ldlat=3\n"},
    {TREE_PMU "cpu_atom/events/mem-stores", "event=0xd0,umask=0x6\n"},
};
static const struct tree_file zen[] = {
    {TREE_PMU "cpu/type", "4\n"},        {TREE_PMU "cpu/format/event", "config:0-7,32-35\n"},
    {TREE_PMU "ibs_op/type", "11\n"},    {TREE_PMU "ibs_op/format/cnt_ctl", "config:19\n"},
    {TREE_PMU "ibs_fetch/type", "10\n"}, {TREE_PMU "ibs_fetch/format/rand_en", "config:57\n"},
};
static const struct tree_file neoverse[] = {
    {TREE_PMU "armv8_pmuv3_0/type", "8\n"},
    {TREE_PMU "armv8_pmuv3_0/cpus", "0-79\n"},
    {TREE_PMU "arm_spe_0/type", "9\n"},
    {TREE_PMU "arm_spe_0/cpumask", "0-79\n"},
    {TREE_PMU "arm_spe_0/format/ts_enable", "config:0\n"},
    {TREE_PMU "arm_spe_0/format/pa_enable", "config:1\n"},
    {TREE_PMU "arm_spe_0/format/load_filter", "config:33\n"},
    {TREE_PMU "arm_spe_0/format/store_filter", "config:34\n"},
    {TREE_PMU "arm_spe_0/format/min_latency", "config2:0-11\n"},
};
static const struct tree_file guest[] = {
    {TREE_PMU "cpu/type", "4\n"},
    {TREE_PMU "cpu/format/event", "config:0-7\n"},
};

struct want {
    const char *name;
    enum memory_kind kind;
    uint32_t type;
    uint64_t config, config1, config2;
    unsigned precise;
    bool loads, stores, aux;
    uint64_t leader; /* config; 0: none */
};

static const struct {
    const char *machine;
    const struct tree_file *file;
    size_t n_files;
    struct want want[5];
} rows[] = {
#define FILES(tree) tree, COUNT(tree)
    {"Skylake",
     FILES(skylake),
     {{"cpu/mem-loads,ldlat=30/P", MEMORY_PEBS, 4, 0x1cd, 30, 0, 3, true, false, false, 0},
      {"cpu/mem-stores/P", MEMORY_PEBS, 4, 0x82d0, 0, 0, 3, false, true, false, 0}}},
    {"Sapphire Rapids",
     FILES(sapphire_rapids),
     {{"cpu/mem-loads,ldlat=30/P", MEMORY_PEBS, 4, 0x1cd, 30, 0, 3, true, false, false, 0x8203},
      {"cpu/mem-stores/P", MEMORY_PEBS, 4, 0x2cd, 0, 0, 3, false, true, false, 0}}},
    {"Alder Lake",
     FILES(alder_lake),
     {{"cpu_atom/mem-loads,ldlat=30/P", MEMORY_PEBS, 10, 0x5d0, 30, 0, 3, true, false, false, 0},
      {"cpu_atom/mem-stores/P", MEMORY_PEBS, 10, 0x6d0, 0, 0, 3, false, true, false, 0},
      {"cpu_core/mem-loads,ldlat=30/P", MEMORY_PEBS, 4, 0x1cd, 30, 0, 3, true, false, false,
       0x8203},
      {"cpu_core/mem-stores/P", MEMORY_PEBS, 4, 0x2cd, 0, 0, 3, false, true, false, 0}}},
    {"Zen", FILES(zen), {{"ibs_op//", MEMORY_IBS, 11, 0, 0, 0, 0, true, true, false, 0}}},
    {"Neoverse",
     FILES(neoverse),
     {{"arm_spe_0/ts_enable=1,load_filter=1,store_filter=1,min_latency=30/", MEMORY_SPE, 9,
       0x600000001, 0, 30, 0, true, true, true, 0}}},
    {"a guest without", FILES(guest), {{NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}},
};

static void compare(const char *machine, const struct memory_event *got, const struct want *want)
{
    const uint64_t sample = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR |
                            PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_WEIGHT;

    if (strcmp(got->name, want->name) != 0)
        fail_msg("%s: %s instead of %s", machine, got->name, want->name);
    if (got->kind != want->kind || got->attr.type != want->type ||
        got->attr.config != want->config || got->attr.config1 != want->config1 ||
        got->attr.config2 != want->config2 || got->attr.precise_ip != want->precise)
        fail_msg("%s: %s: type %u config %#llx %#llx %#llx precise %u", machine, got->name,
                 got->attr.type, (unsigned long long)got->attr.config,
                 (unsigned long long)got->attr.config1, (unsigned long long)got->attr.config2,
                 got->attr.precise_ip);
    assert_true(got->loads == want->loads && got->stores == want->stores && got->aux == want->aux);
    assert_true(got->attr.sample_type == (want->aux ? 0 : sample));
    assert_int_equal(got->attr.sample_period, 0);
    assert_int_equal(got->has_leader, want->leader != 0);
    if (got->has_leader) {
        assert_true(got->leader.config == want->leader && got->leader.type == want->type);
        assert_true(got->leader.sample_type == 0);
    }
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char dir[] = "/tmp/perfgo-memory-XXXXXX";
        struct memory_event got[MEMORY_MAX];
        const struct resolve_roots roots = {dir, NULL};
        struct pg_error err = {0};
        int n, expected = 0;

        assert_non_null(mkdtemp(dir));
        tree_put_all(dir, rows[i].file, rows[i].n_files);
        n = memory_events(&roots, got, &err);
        assert_int_equal(tree_remove(dir), 0);
        while (rows[i].want[expected].name != NULL)
            expected++;
        if (n != (expected > 0 ? expected : -PG_E_UNSUPPORTED))
            fail_msg("%s: %d %s", rows[i].machine, n, err.text);
        for (int k = 0; k < expected; k++)
            compare(rows[i].machine, &got[k], &rows[i].want[k]);
    }
}

/* A kernel that publishes what the table does not expect is told apart from one that has nothing.
 */
static void test_odd_format(void **state)
{
    char dir[] = "/tmp/perfgo-memory-XXXXXX";
    struct memory_event got[MEMORY_MAX];
    const struct resolve_roots roots = {dir, NULL};
    struct pg_error err = {0};
    int n;

    (void)state;
    assert_non_null(mkdtemp(dir));
    tree_put(dir, TREE_PMU "arm_spe_0/type", "9\n");
    n = memory_events(&roots, got, &err);
    assert_int_equal(tree_remove(dir), 0);
    assert_int_equal(n, -PG_E_INVALID);
    assert_non_null(strstr(err.text, "ts_enable"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_odd_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
