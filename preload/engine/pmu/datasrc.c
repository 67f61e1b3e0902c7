/* datasrc.c - the word of PERF_SAMPLE_DATA_SRC, field by field.
 *
 * The level is said twice. mem_lvl is the old field, one bit for each level of the Intel CPUs of
 * 2012; mem_lvl_num, mem_remote and mem_hops were added for everything since, and are believed
 * where they say something. A kernel from before them leaves 0 there.
 */
#include "pmu/datasrc.h"

#include <linux/perf_event.h>
#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Numbers that older headers do not have. */
enum { LVLNUM_UNCACHED = 0x08, LVLNUM_CXL = 0x09, SNOOPX_PEER = 0x02 };

struct bit {
    unsigned from, to;
};

static uint8_t translate(unsigned field, const struct bit *table, size_t n)
{
    unsigned out = 0;

    for (size_t i = 0; i < n; i++)
        if (field & table[i].from)
            out |= table[i].to;
    return (uint8_t)out;
}

static const struct bit ops[] = {
    {PERF_MEM_OP_LOAD, DATASRC_LOAD},
    {PERF_MEM_OP_STORE, DATASRC_STORE},
    {PERF_MEM_OP_PFETCH, DATASRC_PREFETCH},
    {PERF_MEM_OP_EXEC, DATASRC_EXEC},
};
static const struct bit snoops[] = {
    {PERF_MEM_SNOOP_NONE, DATASRC_SNOOP_NONE},
    {PERF_MEM_SNOOP_HIT, DATASRC_SNOOP_HIT},
    {PERF_MEM_SNOOP_MISS, DATASRC_SNOOP_MISS},
    {PERF_MEM_SNOOP_HITM, DATASRC_SNOOP_HITM},
};
static const struct bit more_snoops[] = {
    {PERF_MEM_SNOOPX_FWD, DATASRC_SNOOP_FORWARD},
    {SNOOPX_PEER, DATASRC_SNOOP_PEER},
};
static const struct bit tlbs[] = {
    {PERF_MEM_TLB_L1, DATASRC_TLB_L1},
    {PERF_MEM_TLB_L2, DATASRC_TLB_L2},
    {PERF_MEM_TLB_WK, DATASRC_TLB_WALKER},
    {PERF_MEM_TLB_OS, DATASRC_TLB_FAULT},
};
static const struct bit blocks[] = {
    {PERF_MEM_BLK_DATA, DATASRC_BLOCKED_DATA},
    {PERF_MEM_BLK_ADDR, DATASRC_BLOCKED_ADDRESS},
};

static const enum datasrc_level level_numbers[16] = {
    [PERF_MEM_LVLNUM_L1] = DATASRC_L1,
    [PERF_MEM_LVLNUM_L2] = DATASRC_L2,
    [PERF_MEM_LVLNUM_L3] = DATASRC_L3,
    [PERF_MEM_LVLNUM_L4] = DATASRC_L4,
    [LVLNUM_UNCACHED] = DATASRC_UNCACHED,
    [LVLNUM_CXL] = DATASRC_CXL,
    [0x0a] = DATASRC_IO,
    [PERF_MEM_LVLNUM_ANY_CACHE] = DATASRC_CACHE,
    [PERF_MEM_LVLNUM_LFB] = DATASRC_LFB,
    [PERF_MEM_LVLNUM_RAM] = DATASRC_RAM,
    [PERF_MEM_LVLNUM_PMEM] = DATASRC_PMEM,
};

/* The bits of mem_lvl from near to far. */
static const struct {
    unsigned bit;
    enum datasrc_level level;
    bool remote;
} level_bits[] = {
    {PERF_MEM_LVL_L1, DATASRC_L1, false},         {PERF_MEM_LVL_LFB, DATASRC_LFB, false},
    {PERF_MEM_LVL_L2, DATASRC_L2, false},         {PERF_MEM_LVL_L3, DATASRC_L3, false},
    {PERF_MEM_LVL_REM_CCE1, DATASRC_CACHE, true}, {PERF_MEM_LVL_REM_CCE2, DATASRC_CACHE, true},
    {PERF_MEM_LVL_LOC_RAM, DATASRC_RAM, false},   {PERF_MEM_LVL_REM_RAM1, DATASRC_RAM, true},
    {PERF_MEM_LVL_REM_RAM2, DATASRC_RAM, true},   {PERF_MEM_LVL_IO, DATASRC_IO, false},
    {PERF_MEM_LVL_UNC, DATASRC_UNCACHED, false},
};

static void decode_level(union perf_mem_data_src src, struct datasrc *out)
{
    for (size_t i = 0; i < COUNT(level_bits); i++)
        if (src.mem_lvl & level_bits[i].bit) {
            out->level = level_bits[i].level;
            out->remote = level_bits[i].remote;
        }
    if (level_numbers[src.mem_lvl_num] != DATASRC_LEVEL_UNKNOWN) {
        out->level = level_numbers[src.mem_lvl_num];
        out->remote = src.mem_remote;
    }
    out->remote |= src.mem_remote;
    out->hops = out->remote ? src.mem_hops : 0;
}

static enum datasrc_found found(bool hit, bool miss)
{
    return hit ? DATASRC_HIT : miss ? DATASRC_MISS : DATASRC_FOUND_UNKNOWN;
}

struct datasrc datasrc_decode(uint64_t word)
{
    const union perf_mem_data_src src = {.val = word};
    struct datasrc out = {
        .op = translate(src.mem_op, ops, COUNT(ops)),
        .snoop = (uint8_t)(translate(src.mem_snoop, snoops, COUNT(snoops)) |
                           translate(src.mem_snoopx, more_snoops, COUNT(more_snoops))),
        .tlb = translate(src.mem_dtlb, tlbs, COUNT(tlbs)),
        .blocked = translate(src.mem_blk, blocks, COUNT(blocks)),
        .found = found(src.mem_lvl & PERF_MEM_LVL_HIT, src.mem_lvl & PERF_MEM_LVL_MISS),
        .tlb_found = found(src.mem_dtlb & PERF_MEM_TLB_HIT, src.mem_dtlb & PERF_MEM_TLB_MISS),
        .lock = src.mem_lock & PERF_MEM_LOCK_LOCKED ? DATASRC_LOCKED
                : src.mem_lock & PERF_MEM_LOCK_NA   ? DATASRC_LOCK_UNKNOWN
                                                    : DATASRC_UNLOCKED,
    };

    decode_level(src, &out);
    return out;
}

const char *datasrc_level_name(enum datasrc_level level)
{
    static const char *const names[DATASRC_LEVELS] = {
        "unknown", "L1", "LFB", "L2", "L3", "L4", "cache", "RAM", "PMEM", "CXL", "I/O", "uncached",
    };

    return names[level];
}
