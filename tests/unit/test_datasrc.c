/* Data sources: words that real machines recorded, words of perf's own tests, and many more that
 * perf itself decodes here. */
#include "pmu/datasrc.h"
#include "tests/unit/tree.h"

#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
    NONE = DATASRC_SNOOP_NONE,
    HITM = DATASRC_SNOOP_HITM,
    PEER = DATASRC_SNOOP_PEER,
    L1_L2 = DATASRC_TLB_L1 | DATASRC_TLB_L2,
    WALKER = DATASRC_TLB_WALKER,
};

/* From `perf script -F data_src` in messages about perf's support for each of them. */
static const struct {
    const char *machine;
    uint64_t word;
    struct datasrc want;
} recorded[] = {
#define LOAD DATASRC_LOAD
#define LOADED(level, snoop, tlb, lock, blocked)                                                   \
    {                                                                                              \
        LOAD, snoop, tlb, blocked, DATASRC_##level, DATASRC_HIT, DATASRC_HIT, DATASRC_##lock, 0, 0 \
    }
    {"Intel, L1", 0x10268100142, LOADED(L1, NONE, L1_L2, UNLOCKED, 0)},
    {"Intel, L1, locked", 0x1026a100142, LOADED(L1, NONE, L1_L2, LOCKED, 0)},
    {"Intel, blocked", 0x4026a100142, LOADED(L1, NONE, L1_L2, LOCKED, DATASRC_BLOCKED_ADDRESS)},
    {"Intel, L2", 0x10468100442, LOADED(L2, NONE, L1_L2, UNLOCKED, 0)},
    {"Intel, LFB", 0x11868100242, LOADED(LFB, NONE, L1_L2, UNLOCKED, 0)},
    {"Intel, L3", 0x10668100842, LOADED(L3, NONE, L1_L2, UNLOCKED, 0)},
    {"AMD IBS, L1", 0x229080142, LOADED(L1, 0, DATASRC_TLB_L1, LOCK_UNKNOWN, 0)},
    {"AMD IBS, modified", 0x629800842, LOADED(L3, HITM, DATASRC_TLB_L1, LOCK_UNKNOWN, 0)},
    {"Arm SPE, peer", 0x8688000842, LOADED(L3, PEER, WALKER, UNLOCKED, 0)},
    {"Arm SPE, modified", 0x288800142, LOADED(L1, HITM, WALKER, UNLOCKED, 0)},
    {"Arm SPE, L1 miss",
     0x88000182,
     {LOAD, 0, WALKER, 0, DATASRC_L1, DATASRC_MISS, DATASRC_HIT, DATASRC_UNLOCKED, false, 0}},
    {"Arm SPE, store",
     0x288100144,
     {DATASRC_STORE, NONE, WALKER, 0, DATASRC_L1, DATASRC_HIT, DATASRC_HIT, DATASRC_UNLOCKED, false,
      0}},
    {"AMD IBS, store",
     0x229080144,
     {DATASRC_STORE, 0, DATASRC_TLB_L1, 0, DATASRC_L1, DATASRC_HIT, DATASRC_HIT,
      DATASRC_LOCK_UNKNOWN, false, 0}},
    {"no access", 0x1e05080021, {.op = 0}},
    {"no access, before 5.12", 0x5080021, {.op = 0}},
};

/* The bits that tools/perf/tests/mem.c sets, and what the header says of remote memory. */
static const struct {
    const char *what;
    union perf_mem_data_src src;
    enum datasrc_level level;
    enum datasrc_found found;
    bool remote;
    uint8_t hops, snoop;
} composed[] = {
#define HIT    .mem_lvl = PERF_MEM_LVL_HIT
#define MISS   .mem_lvl = PERF_MEM_LVL_MISS
#define NUM(n) .mem_lvl_num = PERF_MEM_LVLNUM_##n
    {"L4 hit", {HIT, NUM(L4)}, DATASRC_L4, DATASRC_HIT, false, 0, 0},
    {"remote L4 hit", {HIT, NUM(L4), .mem_remote = 1}, DATASRC_L4, DATASRC_HIT, true, 0, 0},
    {"PMEM miss", {MISS, NUM(PMEM)}, DATASRC_PMEM, DATASRC_MISS, false, 0, 0},
    {"remote PMEM miss",
     {MISS, NUM(PMEM), .mem_remote = 1},
     DATASRC_PMEM,
     DATASRC_MISS,
     true,
     0,
     0},
    {"forwarded, remote RAM miss",
     {MISS, NUM(RAM), .mem_remote = 1, .mem_snoopx = PERF_MEM_SNOOPX_FWD},
     DATASRC_RAM,
     DATASRC_MISS,
     true,
     0,
     DATASRC_SNOOP_FORWARD},
    {"another core's cache",
     {HIT, NUM(ANY_CACHE), .mem_remote = 1, .mem_hops = PERF_MEM_HOPS_0},
     DATASRC_CACHE,
     DATASRC_HIT,
     true,
     1,
     0},
    {"another socket's RAM",
     {HIT, NUM(RAM), .mem_remote = 1, .mem_hops = PERF_MEM_HOPS_2},
     DATASRC_RAM,
     DATASRC_HIT,
     true,
     3,
     0},
    {"old bits: remote cache",
     {.mem_lvl = PERF_MEM_LVL_HIT | PERF_MEM_LVL_REM_CCE1, .mem_snoop = PERF_MEM_SNOOP_HITM},
     DATASRC_CACHE,
     DATASRC_HIT,
     true,
     0,
     DATASRC_SNOOP_HITM},
    {"old bits: remote RAM",
     {.mem_lvl = PERF_MEM_LVL_HIT | PERF_MEM_LVL_REM_RAM2},
     DATASRC_RAM,
     DATASRC_HIT,
     true,
     0,
     0},
    {"old bits: local RAM",
     {.mem_lvl = PERF_MEM_LVL_HIT | PERF_MEM_LVL_LOC_RAM},
     DATASRC_RAM,
     DATASRC_HIT,
     false,
     0,
     0},
    {"old bits: two levels",
     {.mem_lvl = PERF_MEM_LVL_MISS | PERF_MEM_LVL_L1 | PERF_MEM_LVL_L2},
     DATASRC_L2,
     DATASRC_MISS,
     false,
     0,
     0},
    {"I/O", {.mem_lvl = PERF_MEM_LVL_HIT | PERF_MEM_LVL_IO}, DATASRC_IO, DATASRC_HIT, false, 0, 0},
    {"uncached",
     {.mem_lvl = PERF_MEM_LVL_MISS | PERF_MEM_LVL_UNC},
     DATASRC_UNCACHED,
     DATASRC_MISS,
     false,
     0,
     0},
    {"CXL", {HIT, .mem_lvl_num = 9}, DATASRC_CXL, DATASRC_HIT, false, 0, 0},
    {"hops without remote say nothing",
     {HIT, NUM(L3), .mem_hops = 1},
     DATASRC_L3,
     DATASRC_HIT,
     false,
     0,
     0},
};

static bool same(const struct datasrc *a, const struct datasrc *b)
{
    return a->op == b->op && a->snoop == b->snoop && a->tlb == b->tlb && a->blocked == b->blocked &&
           a->level == b->level && a->found == b->found && a->tlb_found == b->tlb_found &&
           a->lock == b->lock && a->remote == b->remote && a->hops == b->hops;
}

static void test_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recorded); i++) {
        struct datasrc got = datasrc_decode(recorded[i].word), want = recorded[i].want;

        if (!same(&got, &want) && !(recorded[i].want.op == 0 && got.op == 0 && got.snoop == 0 &&
                                    got.level == 0 && got.found == 0 && got.tlb == 0))
            fail_msg("%s: op %#x snoop %#x tlb %#x blocked %#x level %s found %d %d lock %d",
                     recorded[i].machine, got.op, got.snoop, got.tlb, got.blocked,
                     datasrc_level_name(got.level), got.found, got.tlb_found, got.lock);
    }
}

static void test_composed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(composed); i++) {
        struct datasrc got = datasrc_decode(composed[i].src.val);

        if (got.level != composed[i].level || got.found != composed[i].found ||
            got.remote != composed[i].remote || got.hops != composed[i].hops ||
            got.snoop != composed[i].snoop)
            fail_msg("%s: level %s found %d remote %d hops %u snoop %#x", composed[i].what,
                     datasrc_level_name(got.level), got.found, got.remote, got.hops, got.snoop);
    }
}

/* ---- beside perf ---- */

/* How perf calls a level; "" for what it calls by several names. */
static const char *const perf_levels[DATASRC_LEVELS] = {
    [DATASRC_LEVEL_UNKNOWN] = "N/A",
    [DATASRC_L1] = "L1",
    [DATASRC_LFB] = "LFB",
    [DATASRC_L2] = "L2",
    [DATASRC_L3] = "L3",
    [DATASRC_L4] = "L4",
    [DATASRC_CACHE] = "cache",
    [DATASRC_RAM] = "RAM",
    [DATASRC_PMEM] = "PMEM",
    [DATASRC_CXL] = "CXL",
    [DATASRC_IO] = "I/O",
    [DATASRC_UNCACHED] = "Uncached",
};

/* A word with one operation and one level, else arbitrary. */
static uint64_t arbitrary(unsigned *seed)
{
    static const uint8_t numbers[] = {1, 2, 3, 4, 0xb, 0xc, 0xd, 0xe};
    union perf_mem_data_src src = {.val = 0};
    unsigned kind = (unsigned)rand_r(seed) % 3;

    src.mem_op = 2u << (rand_r(seed) % 4);
    src.mem_lvl = rand_r(seed) % 2 ? PERF_MEM_LVL_HIT : PERF_MEM_LVL_MISS;
    if (kind == 0)
        src.mem_lvl |= 8u << (rand_r(seed) % 11);
    else if (kind == 1)
        src.mem_lvl_num = numbers[(unsigned)rand_r(seed) % COUNT(numbers)];
    src.mem_remote = kind == 1 && rand_r(seed) % 2;
    src.mem_snoop = 1u << (rand_r(seed) % 5);
    src.mem_snoopx = rand_r(seed) % 3;
    src.mem_lock = (unsigned)rand_r(seed) % 3;
    src.mem_dtlb = 2u << (rand_r(seed) % 2) | 8u << (rand_r(seed) % 4);
    src.mem_blk = 1u << (rand_r(seed) % 3);
    return src.val;
}

/* The text of one field of "|OP LOAD|LVL L1 hit|…". */
static const char *field(const char *line, const char *name, char out[128])
{
    const char *at = strstr(line, name);

    out[0] = '\0';
    if (at != NULL)
        snprintf(out, 128, "%.*s", (int)strcspn(at + strlen(name), "|\n"), at + strlen(name));
    return out;
}

static bool says(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* Does perf say the same of a word? It cuts its text after 99 characters, behind 17 for the word.
 */
enum { PERF_CUTS = 99 };

static bool agrees(uint64_t word, const char *line)
{
    static const char *const ops[] = {"LOAD", "STORE", "PFETCH", "EXEC"};
    static const char *const snoops[] = {"None", "Hit", "Miss", "HitM", "Fwd", "Peer"};
    static const char *const tlbs[] = {"L1", "L2", "Walker", "Fault"};
    const struct datasrc d = datasrc_decode(word);
    char text[128], padded[160];
    bool good = true;

    field(line, "|OP ", text);
    for (size_t i = 0; i < COUNT(ops); i++)
        good &= says(text, ops[i]) == (d.op >> i & 1);
    field(line, "|LVL ", text);
    good &= says(text, perf_levels[d.level]) || (d.level == DATASRC_CACHE && says(text, "Cache"));
    good &= says(text, " hit") == (d.found == DATASRC_HIT);
    good &= says(text, " miss") == (d.found == DATASRC_MISS);
    good &= says(text, "Remote") == d.remote;
    snprintf(padded, sizeof padded, " %s ", field(line, "|SNP ", text));
    for (size_t i = 0; i < COUNT(snoops); i++) {
        char name[16];
        snprintf(name, sizeof name, " %s ", snoops[i]);
        good &= says(padded, name) == (d.snoop >> i & 1);
    }
    field(line, "|TLB ", text);
    for (size_t i = 0; i < COUNT(tlbs); i++)
        good &= says(text, tlbs[i]) == (d.tlb >> i & 1);
    good &= says(text, " hit") == (d.tlb_found == DATASRC_HIT);
    field(line, "|LCK ", text);
    good &= says(text, "Yes") == (d.lock == DATASRC_LOCKED);
    good &= says(text, "No") == (d.lock == DATASRC_UNLOCKED);
    if (strlen(line) >= PERF_CUTS)
        return good; /* what is blocked stands last */
    field(line, "|BLK ", text);
    good &= says(text, "Data") == (d.blocked & DATASRC_BLOCKED_DATA);
    good &= says(text, "Addr") == !!(d.blocked & DATASRC_BLOCKED_ADDRESS);
    return good;
}

/* Puts an arbitrary word into each sample of a recording of a software event, whose own word says
 * that there was no access. Returns how many. */
static int put_words(const char *path)
{
    const uint64_t own = 0x1e05080021;
    static char data[1 << 22];
    FILE *f = fopen(path, "r+b");
    unsigned seed = 1;
    size_t size;
    int n = 0;

    assert_non_null(f);
    size = fread(data, 1, sizeof data, f);
    for (size_t i = 0; i + 8 <= size; i += 4)
        if (memcmp(data + i, &own, 8) == 0) {
            uint64_t word = arbitrary(&seed);
            memcpy(data + i, &word, 8);
            n++;
        }
    rewind(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
    return n;
}

static void test_beside_perf(void **state)
{
    char dir[] = "/tmp/perfgo-datasrc-XXXXXX", command[400], line[400], path[64];
    int words, lines = 0, wrong = 0;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/perf.data", dir);
    snprintf(command, sizeof command,
             "cd %s && perf record -q -d -e cpu-clock -c 100000 -o perf.data -- sh -c 'i=0; while "
             "[ $i -lt 60000 ]; do i=$((i+1)); done' >/dev/null 2>&1 && perf script -i perf.data "
             "-F data_src 2>/dev/null | grep -q 1e05080021",
             dir);
    if (system(command) != 0) {
        assert_int_equal(tree_remove(dir), 0);
        print_message("perf is not installed, or may not record, or is older than 5.12\n");
        skip();
    }
    words = put_words(path);
    snprintf(command, sizeof command, "perf script -i %s -F data_src 2>/dev/null", path);
    f = popen(command, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        uint64_t word = strtoull(line, NULL, 16);

        lines++;
        if (agrees(word, line))
            continue;
        wrong++;
        print_message("%s", line);
    }
    pclose(f);
    assert_int_equal(tree_remove(dir), 0);
    assert_int_equal(wrong, 0);
    assert_true(words >= 50 && lines >= words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_composed),
        cmocka_unit_test(test_beside_perf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
