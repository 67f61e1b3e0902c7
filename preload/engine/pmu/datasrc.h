/* datasrc.h - where the data of a sampled memory access came from.
 *
 * PERF_SAMPLE_DATA_SRC is a word that the kernel fills from what PEBS, IBS or SPE recorded
 * (perf_event_open(2), "union perf_mem_data_src"; linux/perf_event.h, PERF_MEM_*). No CPU fills all
 * of it, and older kernels know fewer fields: what a field does not say is 0 here.
 */
#ifndef PERFGO_PMU_DATASRC_H
#define PERFGO_PMU_DATASRC_H

#include <stdbool.h>
#include <stdint.h>

enum datasrc_op { /* bits */
                  DATASRC_LOAD = 1,
                  DATASRC_STORE = 2,
                  DATASRC_PREFETCH = 4,
                  DATASRC_EXEC = 8,
};

enum datasrc_level {
    DATASRC_LEVEL_UNKNOWN,
    DATASRC_L1,
    DATASRC_LFB, /* on its way to L1: line fill buffer, miss address buffer */
    DATASRC_L2,
    DATASRC_L3,
    DATASRC_L4,
    DATASRC_CACHE, /* some cache; with `remote`, another core's or socket's */
    DATASRC_RAM,
    DATASRC_PMEM,
    DATASRC_CXL,
    DATASRC_IO,
    DATASRC_UNCACHED,
    DATASRC_LEVELS,
};

enum datasrc_snoop { /* bits: what was found in other caches */
                     DATASRC_SNOOP_NONE = 1,
                     DATASRC_SNOOP_HIT = 2,
                     DATASRC_SNOOP_MISS = 4,
                     DATASRC_SNOOP_HITM = 8, /* modified there */
                     DATASRC_SNOOP_FORWARD = 16,
                     DATASRC_SNOOP_PEER =
                         32, /* from a peer's cache, clean or not: Arm does not tell */
};

enum datasrc_tlb { /* bits: who translated the address */
                   DATASRC_TLB_L1 = 1,
                   DATASRC_TLB_L2 = 2,
                   DATASRC_TLB_WALKER = 4,
                   DATASRC_TLB_FAULT = 8,
};

enum datasrc_found { DATASRC_FOUND_UNKNOWN, DATASRC_HIT, DATASRC_MISS };
enum datasrc_lock { DATASRC_LOCK_UNKNOWN, DATASRC_UNLOCKED, DATASRC_LOCKED };

enum datasrc_blocked { /* bits: why a load had to wait for an older store */
                       DATASRC_BLOCKED_DATA = 1,
                       DATASRC_BLOCKED_ADDRESS = 2,
};

struct datasrc {
    uint8_t op, snoop, tlb, blocked; /* bits of the enums above */
    enum datasrc_level level;        /* the farthest one, where several are said */
    enum datasrc_found found, tlb_found;
    enum datasrc_lock lock;
    bool remote;  /* beyond this core's own caches and memory */
    uint8_t hops; /* how far, with `remote`: 1 core, 2 node, 3 socket, 4 board; 0 unknown */
};

/* Decodes the word of a sample. Pure. */
struct datasrc datasrc_decode(uint64_t word);

/* "L1", "LFB", "RAM"; "unknown". */
const char *datasrc_level_name(enum datasrc_level level);

#endif
