/* Records made word by word. */
#include "tests/unit/record_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#define PAIR(low, high) ((uint64_t)(low) | (uint64_t)(high) << 32)
#define ID_TYPE                                                                    \
    (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
     PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)
#define TRAILER PAIR(11, 12), 13, 14, 15, PAIR(16, 0), 17

/* A word for every part of a sample, each its own number, in the order of the kernel's header. */
#define EVERYTHING                                                                                \
    17, 100, PAIR(11, 12), 13, 101, 14, 15, PAIR(16, 0), 102, /* …, cpu, period */              \
        2, 200, 201, 202, 203, 204, 205, 206, 207,            /* a group of 2 with id and lost */ \
        3, (uint64_t)PERF_CONTEXT_KERNEL, 301, 302,           /* callchain */                     \
        PAIR(12, 0x01020304), 0x05060708090a0b0c,             /* raw */                           \
        1, 77, 400, 401, 402,                                 /* a branch, behind its index */    \
        PERF_SAMPLE_REGS_ABI_64, 500, 501,                    /* user registers 3 and 7 */        \
        16, 600, 601, 8,                                      /* stack, half of it filled */      \
        700, 701, 702, PERF_SAMPLE_REGS_ABI_NONE, 703, 704, 705, 706

#define ALL_TYPE                                                                                  \
    (ID_TYPE | PERF_SAMPLE_IP | PERF_SAMPLE_ADDR | PERF_SAMPLE_PERIOD | PERF_SAMPLE_READ |        \
     PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW | PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_REGS_USER | \
     PERF_SAMPLE_STACK_USER | PERF_SAMPLE_WEIGHT | PERF_SAMPLE_DATA_SRC |                         \
     PERF_SAMPLE_TRANSACTION | PERF_SAMPLE_REGS_INTR | PERF_SAMPLE_PHYS_ADDR |                    \
     PERF_SAMPLE_CGROUP | PERF_SAMPLE_DATA_PAGE_SIZE | PERF_SAMPLE_CODE_PAGE_SIZE)

static const struct record_format everything = {
    .sample_type = ALL_TYPE,
    .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
                   PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_ID | PERF_FORMAT_LOST,
    .branch_sample_type = PERF_SAMPLE_BRANCH_HW_INDEX,
    .regs_user = 1 << 3 | 1 << 7,
    .regs_intr = 1,
    .sample_id_all = true,
};
static const struct record_format trailers = {.sample_type = ID_TYPE | PERF_SAMPLE_IP,
                                              .sample_id_all = true};

/* The record at an odd address, in memory that ends with it. */
static uint8_t *make(uint32_t type, uint16_t misc, const uint64_t *word, size_t n,
                     struct record_bytes *bytes)
{
    uint8_t *buf = malloc(sizeof(struct perf_event_header) + 8 * n + 1);

    assert_non_null(buf);
    assert_int_equal(record_at(buf + 1, put(buf + 1, type, misc, word, n), bytes, NULL), 0);
    return buf;
}

static void test_sample(void **state)
{
    static const uint64_t word[] = {EVERYTHING};
    struct record_bytes bytes;
    struct record r;
    const struct record_sample *s = &r.sample;
    uint8_t *buf = make(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, word, sizeof word / 8, &bytes);
    uint64_t value;

    (void)state;
    assert_int_equal(record_decode(&bytes, &everything, &r, NULL), 0);
    assert_int_equal(r.type, PERF_RECORD_SAMPLE);
    assert_int_equal(r.misc, PERF_RECORD_MISC_USER);
    assert_int_equal(r.id.pid, 11);
    assert_int_equal(r.id.tid, 12);
    assert_int_equal(r.id.time, 13);
    assert_int_equal(r.id.id, 14);
    assert_int_equal(r.id.stream_id, 15);
    assert_int_equal(r.id.cpu, 16);
    assert_int_equal(s->ip, 100);
    assert_int_equal(s->addr, 101);
    assert_int_equal(s->period, 102);
    assert_int_equal(s->values.n, 2);
    assert_int_equal(s->values.words, 3);
    assert_int_equal(s->values.time_enabled, 200);
    assert_int_equal(s->values.time_running, 201);
    assert_int_equal(s->values.entry[3], 205);
    assert_int_equal(s->n_callchain, 3);
    assert_int_equal(s->raw_size, 12);
    assert_memory_equal(s->raw, "\4\3\2\1\x0c\x0b\x0a\x09\x08\7\6\5", 12);
    assert_int_equal(s->n_branches, 1);
    assert_int_equal(s->branch[2], 402);
    assert_true(record_reg(&s->user, 3, &value) && value == 500);
    assert_true(record_reg(&s->user, 7, &value) && value == 501);
    assert_false(record_reg(&s->user, 0, &value));
    assert_false(record_reg(&s->user, 64, &value));
    assert_false(record_reg(&s->intr, 0, &value));
    assert_int_equal(s->stack_size, 8);
    assert_int_equal(*(const record_word *)s->stack, 600);
    assert_int_equal(s->weight, 700);
    assert_int_equal(s->data_src, 701);
    assert_int_equal(s->transaction, 702);
    assert_int_equal(s->phys_addr, 703);
    assert_int_equal(s->cgroup, 704);
    assert_int_equal(s->data_page_size, 705);
    assert_int_equal(s->code_page_size, 706);
    free(buf);
}

/* However early the record ends, decoding says so and reads nothing behind it. */
static void test_cut_samples(void **state)
{
    static const uint64_t word[] = {EVERYTHING};
    struct record_bytes bytes;
    struct pg_error err;
    struct record r;

    (void)state;
    for (size_t n = 0; n < sizeof word / 8; n++) {
        uint8_t *buf = make(PERF_RECORD_SAMPLE, 0, word, n, &bytes);

        assert_int_equal(record_decode(&bytes, &everything, &r, &err), -PG_E_FORMAT);
        assert_non_null(strstr(err.text, "shorter than what it holds"));
        free(buf);
    }
}

/* Counts that would overflow, or lie behind the end. */
static void test_hostile_counts(void **state)
{
    static const struct {
        uint64_t type, count;
    } rows[] = {
        {PERF_SAMPLE_CALLCHAIN, 1},
        {PERF_SAMPLE_CALLCHAIN, 1ull << 61},
        {PERF_SAMPLE_BRANCH_STACK, 1},
        {PERF_SAMPLE_BRANCH_STACK, 1ull << 62},
        {PERF_SAMPLE_RAW, 5},
        {PERF_SAMPLE_RAW, UINT32_MAX},
        {PERF_SAMPLE_STACK_USER, 8},
        {PERF_SAMPLE_STACK_USER, UINT64_MAX},
        {PERF_SAMPLE_READ, 0x5555555555556},
        {PERF_SAMPLE_READ, UINT64_MAX},
        {PERF_SAMPLE_REGS_USER, 2},
    };
    struct record_format f = everything;
    struct record_bytes bytes;
    struct record r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *buf = make(PERF_RECORD_SAMPLE, 0, &rows[i].count, 1, &bytes);

        f.sample_type = rows[i].type;
        if (record_decode(&bytes, &f, &r, NULL) != -PG_E_FORMAT)
            fail_msg("row %zu was accepted", i);
        free(buf);
    }
}

/* Of a stack no more is filled than there is; without a stack there is no word for that. */
static void test_stack(void **state)
{
    static const struct {
        uint64_t word[3];
        size_t n;
        int rc;
    } rows[] = {
        {{0}, 1, 0}, {{8, 1, 8}, 3, 0}, {{8, 1, 9}, 3, -PG_E_FORMAT}, {{8, 1}, 2, -PG_E_FORMAT}};
    static const struct record_format f = {.sample_type = PERF_SAMPLE_STACK_USER};
    struct record_bytes bytes;
    struct record r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *buf = make(PERF_RECORD_SAMPLE, 0, rows[i].word, rows[i].n, &bytes);

        assert_int_equal(record_decode(&bytes, &f, &r, NULL), rows[i].rc);
        free(buf);
    }
}

/* A value alone has its times, id and loss behind it. */
static void test_single_value(void **state)
{
    static const uint64_t word[] = {1000, 1, 2, 3, 4, 99};
    struct record_format f = {.sample_type = PERF_SAMPLE_READ | PERF_SAMPLE_WEIGHT,
                              .read_format = everything.read_format & ~(uint64_t)PERF_FORMAT_GROUP};
    struct record_bytes bytes;
    struct record r;
    uint8_t *buf = make(PERF_RECORD_SAMPLE, 0, word, 6, &bytes);

    (void)state;
    assert_int_equal(record_decode(&bytes, &f, &r, NULL), 0);
    assert_int_equal(r.sample.values.n, 1);
    assert_int_equal(r.sample.values.entry[0], 1000);
    assert_int_equal(r.sample.values.time_enabled, 1);
    assert_int_equal(r.sample.values.time_running, 2);
    assert_int_equal(r.sample.weight, 99);
    free(buf);
}

static void assert_trailer(const struct record *r)
{
    assert_int_equal(r->id.pid, 11);
    assert_int_equal(r->id.tid, 12);
    assert_int_equal(r->id.time, 13);
    assert_int_equal(r->id.stream_id, 15);
    assert_int_equal(r->id.cpu, 16);
    assert_int_equal(r->id.id, 17);
}

/* Words of a record without its trailer, and whether what was decoded is right. */
#define TEXT 0x0000747865742f2f /* "//text" */

static bool is_mmap(const struct record *r)
{
    const struct record_mmap *m = &r->mmap;

    return m->pid == 1 && m->tid == 2 && m->addr == 3 && m->len == 4 && m->pgoff == 5 &&
           m->prot == (PROT_READ | PROT_EXEC) && strcmp(m->file, "//text") == 0;
}

static bool is_mmap2(const struct record *r)
{
    const struct record_mmap *m = &r->mmap;

    return m->addr == 3 && m->major == 6 && m->minor == 7 && m->inode == 8 &&
           m->inode_generation == 9 && m->prot == 10 && m->flags == 11 && m->build_id == NULL &&
           strcmp(m->file, "//text") == 0;
}

static bool is_mmap2_build_id(const struct record *r)
{
    const struct record_mmap *m = &r->mmap;

    return m->inode == 0 && m->prot == 10 && m->build_id_size == 20 && m->build_id[0] == 1 &&
           m->build_id[19] == 5 && strcmp(m->file, "//text") == 0;
}

static bool has_no_build_id(const struct record *r)
{
    return r->mmap.build_id == NULL && r->mmap.build_id_size == 0;
}

static bool is_comm(const struct record *r)
{
    return r->comm.pid == 1 && r->comm.tid == 2 && strcmp(r->comm.name, "//text") == 0;
}

static bool is_task(const struct record *r)
{
    return r->task.pid == 1 && r->task.ppid == 2 && r->task.tid == 3 && r->task.ptid == 4 &&
           r->task.time == 5;
}

static bool is_lost(const struct record *r)
{
    return r->lost.id == 1 && r->lost.lost == 2;
}

static bool is_lost_samples(const struct record *r)
{
    return r->lost.id == 0 && r->lost.lost == 2;
}

static bool is_throttle(const struct record *r)
{
    return r->throttle.time == 1 && r->throttle.id == 2 && r->throttle.stream_id == 3;
}

static bool is_switch(const struct record *r)
{
    return r->other.tid == 0 && (r->misc & PERF_RECORD_MISC_SWITCH_OUT) != 0;
}

static bool is_switch_wide(const struct record *r)
{
    return r->other.pid == 1 && r->other.tid == 2;
}

static bool is_ksymbol(const struct record *r)
{
    return r->ksymbol.addr == 1 && r->ksymbol.len == 2 && r->ksymbol.kind == 3 &&
           r->ksymbol.flags == 4 && strcmp(r->ksymbol.name, "//text") == 0;
}

static bool is_read(const struct record *r)
{
    return r->read.pid == 1 && r->read.tid == 2 && r->read.values.entry[0] == 3;
}

static bool is_other(const struct record *r)
{
    return r->type == PERF_RECORD_AUX;
}

static void test_other_records(void **state)
{
    static const struct {
        uint64_t word[9];
        bool (*right)(const struct record *);
        uint32_t type;
        uint16_t misc;
        uint16_t n;
    } rows[] = {
        {{PAIR(1, 2), 3, 4, 5, TEXT}, is_mmap, PERF_RECORD_MMAP, 0, 5},
        {{PAIR(1, 2), 3, 4, 5, PAIR(6, 7), 8, 9, PAIR(10, 11), TEXT},
         is_mmap2,
         PERF_RECORD_MMAP2,
         0,
         9},
        {{PAIR(1, 2), 3, 4, 5, PAIR(20, 1), 2, PAIR(0, 5u << 24), PAIR(10, 11), TEXT},
         is_mmap2_build_id,
         PERF_RECORD_MMAP2,
         PERF_RECORD_MISC_MMAP_BUILD_ID,
         9},
        {{PAIR(1, 2), 3, 4, 5, PAIR(21, 1), 2, 3, PAIR(10, 11), TEXT},
         has_no_build_id,
         PERF_RECORD_MMAP2,
         PERF_RECORD_MISC_MMAP_BUILD_ID,
         9},
        {{PAIR(1, 2), TEXT}, is_comm, PERF_RECORD_COMM, 0, 2},
        {{PAIR(1, 2), PAIR(3, 4), 5}, is_task, PERF_RECORD_FORK, 0, 3},
        {{PAIR(1, 2), PAIR(3, 4), 5}, is_task, PERF_RECORD_EXIT, 0, 3},
        {{1, 2}, is_lost, PERF_RECORD_LOST, 0, 2},
        {{2}, is_lost_samples, PERF_RECORD_LOST_SAMPLES, 0, 1},
        {{1, 2, 3}, is_throttle, PERF_RECORD_THROTTLE, 0, 3},
        {{1, 2, 3}, is_throttle, PERF_RECORD_UNTHROTTLE, 0, 3},
        {{0}, is_switch, PERF_RECORD_SWITCH, PERF_RECORD_MISC_SWITCH_OUT, 0},
        {{PAIR(1, 2)}, is_switch_wide, PERF_RECORD_SWITCH_CPU_WIDE, 0, 1},
        {{1, PAIR(2, 4 << 16 | 3), TEXT}, is_ksymbol, PERF_RECORD_KSYMBOL, 0, 3},
        {{PAIR(1, 2), 3}, is_read, PERF_RECORD_READ, 0, 2},
        {{1, 2, 3}, is_other, PERF_RECORD_AUX, 0, 3},
    };
    static const uint64_t trailer[] = {TRAILER};
    uint64_t word[MAX_WORDS];
    struct record_bytes bytes;
    struct record r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = rows[i].n;
        uint8_t *buf;

        memcpy(word, rows[i].word, 8 * n);
        memcpy(word + n, trailer, sizeof trailer);
        buf = make(rows[i].type, rows[i].misc, word, n + 6, &bytes);
        assert_int_equal(record_decode(&bytes, &trailers, &r, NULL), 0);
        if (!rows[i].right(&r))
            fail_msg("row %zu, type %u, was decoded wrongly", i, rows[i].type);
        assert_trailer(&r);
        free(buf);
        for (size_t cut = 0; cut < n + 6 && rows[i].right != is_other; cut++) {
            buf = make(rows[i].type, rows[i].misc, word, cut, &bytes);
            if (cut < 6)
                assert_int_equal(record_decode(&bytes, &trailers, &r, NULL), -PG_E_FORMAT);
            else
                record_decode(&bytes, &trailers, &r, NULL);
            free(buf);
        }
    }
}

/* A name must end before the trailer begins. */
static void test_names_end(void **state)
{
    static const uint64_t word[] = {PAIR(1, 2), 0x4141414141414141, 0};
    static const struct record_format f = {.sample_type = PERF_SAMPLE_TIME, .sample_id_all = true};
    static const struct record_format none = {.sample_type = PERF_SAMPLE_TIME};
    struct record_bytes bytes;
    struct record r;
    uint8_t *buf = make(PERF_RECORD_COMM, 0, word, 3, &bytes);

    (void)state;
    assert_int_equal(record_decode(&bytes, &f, &r, NULL), -PG_E_FORMAT);
    assert_int_equal(record_decode(&bytes, &none, &r, NULL), 0);
    assert_string_equal(r.comm.name, "AAAAAAAA");
    free(buf);
}

static void test_event_id(void **state)
{
    static const uint64_t word[] = {1, 2, 3, 4, 5, 6, 7};
    static const struct {
        uint64_t sample_type;
        uint32_t type;
        bool all, found;
        uint64_t id;
    } rows[] = {
        {PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP, PERF_RECORD_SAMPLE, true, true, 1},
        {PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP, PERF_RECORD_COMM, true, true, 7},
        {PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP, PERF_RECORD_COMM, false, false, 0},
        {PERF_SAMPLE_IDENTIFIER, 64, true, false, 0},
        {PERF_SAMPLE_ID | PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU, PERF_RECORD_SAMPLE,
         true, true, 3},
        {PERF_SAMPLE_ID | PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU, PERF_RECORD_LOST,
         true, true, 6},
        {PERF_SAMPLE_IP, PERF_RECORD_SAMPLE, true, false, 0},
    };
    struct record_bytes bytes;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record_format f = {.sample_type = rows[i].sample_type, .sample_id_all = rows[i].all};
        uint64_t id = 0;
        uint8_t *buf = make(rows[i].type, 0, word, 7, &bytes), *empty;

        if (record_event_id(&bytes, &f, &id) != rows[i].found || id != rows[i].id)
            fail_msg("row %zu: id %d", i, (int)id);
        empty = make(rows[i].type, 0, word, 0, &bytes);
        assert_false(record_event_id(&bytes, &f, &id));
        free(empty);
        free(buf);
    }
}

static void test_bounds(void **state)
{
    static const struct {
        uint16_t size;
        size_t left;
        int rc;
    } rows[] = {{8, 8, 0},
                {16, 16, 0},
                {8, 7, -PG_E_FORMAT},
                {7, 8, -PG_E_FORMAT},
                {16, 15, -PG_E_FORMAT},
                {0, 64, -PG_E_FORMAT}};
    struct record_bytes out;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perf_event_header header = {PERF_RECORD_LOST, 0, rows[i].size};
        uint8_t buf[64];

        memcpy(buf, &header, sizeof header);
        assert_int_equal(record_at(buf, rows[i].left, &out, NULL), rows[i].rc);
    }
}

/* Addresses keep the context that a marker before them names. */
static void test_chain(void **state)
{
    static const uint64_t ips[] = {
        9,  (uint64_t)PERF_CONTEXT_KERNEL, 10, 11, (uint64_t)PERF_CONTEXT_USER,
        12, (uint64_t)PERF_CONTEXT_GUEST};
    static const uint64_t want[][2] = {{9, 0},
                                       {10, (uint64_t)PERF_CONTEXT_KERNEL},
                                       {11, (uint64_t)PERF_CONTEXT_KERNEL},
                                       {12, (uint64_t)PERF_CONTEXT_USER}};
    struct record_sample s = {.callchain = (const record_word *)ips, .n_callchain = 7};
    struct record_chain chain = record_chain(&s);
    uint64_t ip;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(record_chain_next(&chain, &ip));
        assert_int_equal(ip, want[i][0]);
        assert_int_equal(chain.context, want[i][1]);
    }
    assert_false(record_chain_next(&chain, &ip));
    chain = record_chain(&(struct record_sample){0});
    assert_false(record_chain_next(&chain, &ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),         cmocka_unit_test(test_cut_samples),
        cmocka_unit_test(test_hostile_counts), cmocka_unit_test(test_stack),
        cmocka_unit_test(test_single_value),   cmocka_unit_test(test_other_records),
        cmocka_unit_test(test_names_end),      cmocka_unit_test(test_event_id),
        cmocka_unit_test(test_bounds),         cmocka_unit_test(test_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
