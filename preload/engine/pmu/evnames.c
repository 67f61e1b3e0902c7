/* evnames.c - the event names that perf has built in, as tables.
 *
 * The kernel numbers its generic events in include/uapi/linux/perf_event.h: PERF_COUNT_HW_*,
 * PERF_COUNT_SW_*, and for caches config = cache | operation << 8 | result << 16
 * (perf_event_open(2), PERF_TYPE_HW_CACHE). The names are those that perf-list(1) and its parser
 * accept; the first spelling in a row is the one perf prints. A cache event is
 * cache[-operation][-result] with the two parts in any order; without operation it is a load,
 * without result an access. Which of them a CPU has is the kernel's knowledge, not ours.
 */
#include "base/similar.h"
#include "pmu/evspec.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct builtin {
    uint32_t type;
    uint64_t config;
    const char *text;        /* what it counts */
    const char *spelling[2]; /* the first one is canonical */
};

static const struct builtin builtins[] = {
#define HW(id, text, ...)                             \
    {                                                 \
        PERF_TYPE_HARDWARE, PERF_COUNT_HW_##id, text, \
        {                                             \
            __VA_ARGS__                               \
        }                                             \
    }
    HW(CPU_CYCLES, "cycles of the core while it is not halted", "cycles", "cpu-cycles"),
    HW(INSTRUCTIONS, "instructions retired", "instructions"),
    HW(CACHE_REFERENCES, "accesses to the last-level cache, on most CPUs", "cache-references"),
    HW(CACHE_MISSES, "misses of the last-level cache, on most CPUs", "cache-misses"),
    HW(BRANCH_INSTRUCTIONS, "branch instructions retired", "branches", "branch-instructions"),
    HW(BRANCH_MISSES, "branches that were mispredicted", "branch-misses"),
    HW(BUS_CYCLES, "cycles of the bus or of a fixed clock, by CPU", "bus-cycles"),
    HW(STALLED_CYCLES_FRONTEND, "cycles in which fetching delivered nothing",
       "stalled-cycles-frontend", "idle-cycles-frontend"),
    HW(STALLED_CYCLES_BACKEND, "cycles in which nothing could be executed or retired",
       "stalled-cycles-backend", "idle-cycles-backend"),
    HW(REF_CPU_CYCLES, "cycles at a fixed frequency while the core is not halted", "ref-cycles"),
#undef HW
#define SW(id, text, ...)                             \
    {                                                 \
        PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##id, text, \
        {                                             \
            __VA_ARGS__                               \
        }                                             \
    }
    SW(CPU_CLOCK, "nanoseconds, by a timer of the CPU", "cpu-clock"),
    SW(TASK_CLOCK, "nanoseconds for which the thread ran", "task-clock"),
    SW(PAGE_FAULTS, "page faults", "page-faults", "faults"),
    SW(CONTEXT_SWITCHES, "context switches", "context-switches", "cs"),
    SW(CPU_MIGRATIONS, "moves of the thread to another CPU", "cpu-migrations", "migrations"),
    SW(PAGE_FAULTS_MIN, "page faults served without a disk", "minor-faults"),
    SW(PAGE_FAULTS_MAJ, "page faults that had to read a disk", "major-faults"),
    SW(ALIGNMENT_FAULTS, "unaligned accesses that the kernel mended", "alignment-faults"),
    SW(EMULATION_FAULTS, "instructions that the kernel emulated", "emulation-faults"),
    SW(DUMMY, "counts nothing; carries side-band records", "dummy"),
    SW(BPF_OUTPUT, "what BPF programs write", "bpf-output"),
    SW(CGROUP_SWITCHES, "switches to a thread of another cgroup", "cgroup-switches"),
#undef SW
};

struct part {
    uint8_t id;
    const char *spelling[5]; /* the first one is canonical */
};

static const struct part caches[] = {
    {PERF_COUNT_HW_CACHE_L1D, {"L1-dcache", "l1-d", "l1d", "L1-data"}},
    {PERF_COUNT_HW_CACHE_L1I, {"L1-icache", "l1-i", "l1i", "L1-instruction"}},
    {PERF_COUNT_HW_CACHE_LL, {"LLC", "L2"}},
    {PERF_COUNT_HW_CACHE_DTLB, {"dTLB", "d-tlb", "Data-TLB"}},
    {PERF_COUNT_HW_CACHE_ITLB, {"iTLB", "i-tlb", "Instruction-TLB"}},
    {PERF_COUNT_HW_CACHE_BPU, {"branch", "branches", "bpu", "btb", "bpc"}},
    {PERF_COUNT_HW_CACHE_NODE, {"node"}},
};
static const char *const cache_texts[] = {
    [PERF_COUNT_HW_CACHE_L1D] = "level 1 data cache",
    [PERF_COUNT_HW_CACHE_L1I] = "level 1 instruction cache",
    [PERF_COUNT_HW_CACHE_LL] = "last-level cache",
    [PERF_COUNT_HW_CACHE_DTLB] = "data TLB",
    [PERF_COUNT_HW_CACHE_ITLB] = "instruction TLB",
    [PERF_COUNT_HW_CACHE_BPU] = "branch predictor",
    [PERF_COUNT_HW_CACHE_NODE] = "memory of the own NUMA node",
};
static const struct part operations[] = {
    {PERF_COUNT_HW_CACHE_OP_READ, {"load", "loads", "read"}},
    {PERF_COUNT_HW_CACHE_OP_WRITE, {"store", "stores", "write"}},
    {PERF_COUNT_HW_CACHE_OP_PREFETCH,
     {"prefetch", "prefetches", "speculative-read", "speculative-load"}},
};
static const struct part results[] = {
    {PERF_COUNT_HW_CACHE_RESULT_ACCESS, {"refs", "Reference", "ops", "access"}},
    {PERF_COUNT_HW_CACHE_RESULT_MISS, {"misses", "miss"}},
};

/* The longest spelling that text starts with and that ends there or before a '-'. */
static const struct part *take_part(const struct part *table, size_t n, const char **text,
                                    const char *end)
{
    const struct part *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < COUNT(table[i].spelling) && table[i].spelling[k] != NULL; k++) {
            size_t len = strlen(table[i].spelling[k]);
            if (len <= longest || len > (size_t)(end - *text) ||
                memcmp(*text, table[i].spelling[k], len) != 0 ||
                (*text + len != end && (*text)[len] != '-'))
                continue;
            longest = len;
            found = &table[i];
        }
    *text += longest;
    return found;
}

static void cache_name(const struct part *cache, const struct part *op, const struct part *result,
                       char name[EVSPEC_NAME_SIZE])
{
    if (result->id == PERF_COUNT_HW_CACHE_RESULT_MISS)
        snprintf(name, EVSPEC_NAME_SIZE, "%s-%s-misses", cache->spelling[0], op->spelling[0]);
    else
        snprintf(name, EVSPEC_NAME_SIZE, "%s-%s", cache->spelling[0], op->spelling[1]);
}

static bool cache_event(const char *text, const char *end, uint64_t *config,
                        char name[EVSPEC_NAME_SIZE])
{
    const struct part *cache = take_part(caches, COUNT(caches), &text, end);
    const struct part *op = NULL, *result = NULL;

    if (cache == NULL)
        return false;
    while (text < end) {
        const struct part *part;

        text++; /* the '-' that take_part() stopped at */
        if (op == NULL && (part = take_part(operations, COUNT(operations), &text, end)) != NULL)
            op = part;
        else if (result == NULL && (part = take_part(results, COUNT(results), &text, end)) != NULL)
            result = part;
        else
            return false;
    }
    if (op == NULL)
        op = &operations[0];
    if (result == NULL)
        result = &results[0];
    *config = cache->id | (uint64_t)op->id << 8 | (uint64_t)result->id << 16;
    cache_name(cache, op, result, name);
    return true;
}

bool evspec_builtin(const char *text, size_t size, uint32_t *type, uint64_t *config,
                    char name[EVSPEC_NAME_SIZE])
{
    for (size_t i = 0; i < COUNT(builtins); i++)
        for (size_t k = 0; k < COUNT(builtins[i].spelling) && builtins[i].spelling[k]; k++) {
            const char *spelling = builtins[i].spelling[k];
            if (strlen(spelling) != size || memcmp(spelling, text, size) != 0)
                continue;
            *type = builtins[i].type;
            *config = builtins[i].config;
            snprintf(name, EVSPEC_NAME_SIZE, "%s", builtins[i].spelling[0]);
            return true;
        }
    *type = PERF_TYPE_HW_CACHE;
    return cache_event(text, text + size, config, name);
}

bool evspec_builtin_at(size_t i, struct evspec_builtin_event *out)
{
    size_t n_ops = COUNT(operations), n_results = COUNT(results);
    const struct part *cache, *op, *result;

    if (i < COUNT(builtins)) {
        const struct builtin *b = &builtins[i];
        *out = (struct evspec_builtin_event){.type = b->type, .alias = b->spelling[1]};
        snprintf(out->name, sizeof out->name, "%s", b->spelling[0]);
        snprintf(out->text, sizeof out->text, "%s", b->text);
        return true;
    }
    i -= COUNT(builtins);
    if (i >= COUNT(caches) * n_ops * n_results)
        return false;
    cache = &caches[i / (n_ops * n_results)];
    op = &operations[i / n_results % n_ops];
    result = &results[i % n_results];
    *out = (struct evspec_builtin_event){.type = PERF_TYPE_HW_CACHE};
    cache_name(cache, op, result, out->name);
    snprintf(out->text, sizeof out->text, "%s: %s%s", cache_texts[cache->id], op->spelling[1],
             result->id == PERF_COUNT_HW_CACHE_RESULT_MISS ? " that miss" : "");
    return true;
}

bool evspec_suggest(const char *text, char name[EVSPEC_NAME_SIZE])
{
    size_t best = strlen(text) / 3 + 1, d;
    struct evspec_builtin_event candidate;
    bool found = false;

    for (size_t i = 0; evspec_builtin_at(i, &candidate); i++)
        if ((d = similar_distance(text, candidate.name)) < best) {
            best = d;
            memcpy(name, candidate.name, EVSPEC_NAME_SIZE);
            found = true;
        }
    return found;
}
