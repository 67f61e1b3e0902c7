/* records.h - the records that the kernel puts into a sampling ring, and perf into its files.
 *
 * Decoding copies nothing but numbers: stacks, registers, raw data and names stay where they are,
 * and pointers in a decoded record live as long as its bytes. Every length is checked against the
 * record's end, so that any bytes may be given. Numbers have this machine's byte order.
 * (linux/perf_event.h, enum perf_event_type; tools/perf/Documentation/perf.data-file-format.txt)
 */
#ifndef PERFGO_PMU_RECORDS_H
#define PERFGO_PMU_RECORDS_H

#include "base/error.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records follow each other in files at any address: read words through this type. */
typedef uint64_t record_word __attribute__((aligned(1), may_alias));

/* What of an event's attributes decides how its records look. */
struct record_format {
    uint64_t sample_type, read_format, branch_sample_type;
    uint64_t regs_user, regs_intr; /* masks of registers (asm/perf_regs.h) */
    bool sample_id_all;
};

struct record_bytes { /* one record that is not decoded yet */
    const uint8_t *at;
    uint32_t type; /* enum perf_event_type; from 64 on perf's own */
    uint16_t misc; /* PERF_RECORD_MISC_* */
    uint16_t size; /* with the 8 bytes of the header */
};

/* Who, when and what: of a sample, or of the trailer behind other records (sample_id_all). What the
 * event does not record is 0: sample_type tells. */
struct record_id {
    uint32_t pid, tid, cpu;
    uint64_t time, id, stream_id; /* id: also from PERF_SAMPLE_IDENTIFIER */
};

struct record_regs {
    uint64_t abi, mask; /* abi PERF_SAMPLE_REGS_ABI_NONE: there are none */
    const record_word *value;
};

struct record_values { /* PERF_SAMPLE_READ and PERF_RECORD_READ */
    uint64_t time_enabled, time_running, format;
    size_t n, words;          /* entries, and words of each */
    const record_word *entry; /* a value; in a group then id and lost, as format says */
};

struct record_sample {
    uint64_t ip, addr, period;
    uint64_t weight, data_src, transaction, phys_addr, cgroup;
    uint64_t data_page_size, code_page_size;
    struct record_values values;
    const record_word *callchain; /* with markers of contexts: see record_chain_next */
    size_t n_callchain;
    const uint8_t *raw; /* of a tracepoint: its fields */
    size_t raw_size;
    const record_word *branch; /* three words each: from, to, flags */
    size_t n_branches;
    struct record_regs user, intr;
    const uint8_t *stack; /* a copy of the user stack from its stack pointer upward */
    size_t stack_size;    /* what of it is filled */
};

enum { RECORD_BUILD_ID_MAX = 20 };

struct record_mmap { /* MMAP and MMAP2 */
    uint32_t pid, tid;
    uint64_t addr, len, pgoff;
    const char *file;
    uint32_t prot, flags;  /* MMAP2: PROT_*, MAP_*; MMAP: prot from misc */
    uint32_t major, minor; /* MMAP2 without build id */
    uint64_t inode, inode_generation;
    const uint8_t *build_id; /* NULL: none */
    size_t build_id_size;
};

struct record_task { /* FORK and EXIT */
    uint32_t pid, ppid, tid, ptid;
    uint64_t time;
};

struct record {
    uint32_t type;
    uint16_t misc;
    struct record_id id;
    union {
        struct record_sample sample;
        struct record_mmap mmap;
        struct record_task task;
        struct {
            uint32_t pid, tid;
            const char *name; /* misc PERF_RECORD_MISC_COMM_EXEC: by exec */
        } comm;
        struct {
            uint64_t id, lost; /* LOST_SAMPLES: id 0 */
        } lost;
        struct {
            uint64_t time, id, stream_id;
        } throttle; /* THROTTLE and UNTHROTTLE */
        struct {
            uint32_t pid, tid; /* SWITCH_CPU_WIDE: of the other thread; SWITCH: 0 */
        } other; /* misc: PERF_RECORD_MISC_SWITCH_OUT, PERF_RECORD_MISC_SWITCH_OUT_PREEMPT */
        struct {
            uint64_t addr;
            uint32_t len;
            uint16_t kind, flags;
            const char *name;
        } ksymbol;
        struct {
            uint32_t pid, tid;
            struct record_values values;
        } read;
    };
};

void record_format_of(const struct perf_event_attr *attr, struct record_format *out);

/* The record at `at`, of which `left` bytes can be read. PG_E_FORMAT: too short, or longer than
 * what is left. [any] */
int record_at(const uint8_t *at, size_t left, struct record_bytes *out, struct pg_error *err);

/* The id of the event that a record of the kernel's belongs to, before its format is known: events
 * that share a ring or file agree on where it is. False when the record has none. [any] */
bool record_event_id(const struct record_bytes *bytes, const struct record_format *any,
                     uint64_t *id);

/* Decodes a record. Of types not named in struct record only type, misc and id are filled.
 * PG_E_FORMAT: its parts do not fit into it. [any thread with libc] */
int record_decode(const struct record_bytes *bytes, const struct record_format *format,
                  struct record *out, struct pg_error *err);

/* The value of register `reg`; false when it was not sampled. [any] */
bool record_reg(const struct record_regs *regs, unsigned int reg, uint64_t *value);

/* A callchain without its markers: addresses from the leaf outward, each with the context it was
 * taken in (enum perf_callchain_context; 0 before any marker). */
struct record_chain {
    const record_word *at, *end;
    uint64_t context;
};
struct record_chain record_chain(const struct record_sample *sample);
bool record_chain_next(struct record_chain *chain, uint64_t *ip);

/* ---- a ring in memory shared with the kernel (linux/perf_event.h, perf_event_mmap_page) ---- */

enum { RECORD_MAX = 65536 };

struct record_ring { /* one reader */
    struct perf_event_mmap_page *page;
    const uint8_t *data;
    uint64_t size; /* of data; a power of 2 */
    uint64_t head, tail;
    uint8_t *scratch; /* the caller's, RECORD_MAX bytes: a record that wraps is put together here */
};

/* `page` is the mapping of one page and a power of 2 of further ones, page_size bytes each. */
void record_ring_init(struct record_ring *ring, void *page, size_t page_size, size_t n_pages,
                      uint8_t *scratch);

/* Sees what the kernel has written until now. [recorder] */
void record_ring_begin(struct record_ring *ring);

/* The next record: 1, or 0 at the end. Its bytes stay until the next call, or record_ring_end.
 * PG_E_FORMAT: damaged; all that was seen is given up. [recorder] */
int record_ring_next(struct record_ring *ring, struct record_bytes *out, struct pg_error *err);

/* Gives the room of what was read back to the kernel. [recorder] */
void record_ring_end(struct record_ring *ring);

#endif
