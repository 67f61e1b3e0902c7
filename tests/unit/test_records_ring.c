/* Rings of records: written as the kernel does, damaged, and the kernel's own. */
#include "tests/unit/record_words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* A ring of one page, written as the kernel does, with records of every length across its end. */
static void test_ring(void **state)
{
    static uint8_t scratch[RECORD_MAX];
    enum { PAGE = 4096, ROUNDS = 5000 };
    uint8_t *memory = aligned_alloc(PAGE, 2 * PAGE);
    struct perf_event_mmap_page *page = (void *)memory;
    uint64_t word[MAX_WORDS], written = 0, read = 0;
    struct record_ring ring;
    struct record_bytes bytes;

    (void)state;
    memset(memory, 0, 2 * PAGE);
    record_ring_init(&ring, memory, PAGE, 1, scratch);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t k = 0; k < round % 7; k++, written++) {
            size_t n = 1 + written % (MAX_WORDS - 1), size;
            uint8_t record[8 + 8 * MAX_WORDS];

            for (size_t i = 0; i < n; i++)
                word[i] = written + i;
            size = put(record, PERF_RECORD_AUX, (uint16_t)n, word, n);
            for (size_t i = 0; i < size; i++)
                memory[PAGE + (page->data_head + i) % PAGE] = record[i];
            page->data_head += size;
        }
        record_ring_begin(&ring);
        for (; record_ring_next(&ring, &bytes, NULL) == 1; read++) {
            assert_int_equal(bytes.misc, 1 + read % (MAX_WORDS - 1));
            for (size_t i = 0; i < bytes.misc; i++)
                assert_int_equal(((const record_word *)(bytes.at + 8))[i], read + i);
        }
        record_ring_end(&ring);
        assert_int_equal(page->data_tail, page->data_head);
    }
    assert_int_equal(read, written);
    free(memory);
}

static void test_damaged_ring(void **state)
{
    static uint8_t scratch[RECORD_MAX];
    enum { PAGE = 4096 };
    static const struct {
        uint64_t head;
        uint16_t size;
    } rows[] = {{16, 0}, {16, 24}, {3 * PAGE, 16}, {4, 8}, {16, 9}};
    uint8_t *memory = aligned_alloc(PAGE, 2 * PAGE);
    struct perf_event_mmap_page *page = (void *)memory;
    struct record_ring ring;
    struct record_bytes bytes;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc;

        memset(memory, 0, 2 * PAGE);
        put(memory + PAGE, PERF_RECORD_LOST, 0, NULL, 0);
        memory[PAGE + 6] = (uint8_t)rows[i].size;
        record_ring_init(&ring, memory, PAGE, 1, scratch);
        page->data_head = rows[i].head;
        record_ring_begin(&ring);
        do
            rc = record_ring_next(&ring, &bytes, NULL);
        while (rc == 1);
        assert_int_equal(rc, -PG_E_FORMAT);
        assert_int_equal(record_ring_next(&ring, &bytes, NULL), 0); /* given up, not stuck */
        record_ring_end(&ring);
        assert_int_equal(page->data_tail, rows[i].head);
    }
    free(memory);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What this machine's kernel writes decodes, and says what is known of this process. */
static void test_kernel(void **state)
{
    static uint8_t scratch[RECORD_MAX];
    struct perf_event_attr attr = {
        .size = sizeof attr,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = 500000,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
                       PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
                       PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_READ |
                       PERF_SAMPLE_STACK_USER,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_ID,
        .sample_stack_user = 1024,
        .sample_id_all = 1,
        .exclude_kernel = 1,
        .mmap = 1,
        .mmap2 = 1,
        .mmap_data = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE), samples = 0, maps = 0;
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), rc;
    struct record_format format;
    struct record_ring ring;
    struct record_bytes bytes;
    struct record r;
    uint64_t id = 0, seen, start = now_ns();
    void *memory, *mapped;

    (void)state;
    if (fd < 0) {
        print_message("perf_event_open: %s\n", strerror(errno));
        skip();
    }
    memory = mmap(NULL, 9 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    record_ring_init(&ring, memory, page_size, 8, scratch);
    record_format_of(&attr, &format);
    mapped = mmap(NULL, 3 * page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    while (samples < 40 && now_ns() - start < 5000000000u) {
        record_ring_begin(&ring);
        while ((rc = record_ring_next(&ring, &bytes, NULL)) == 1) {
            assert_int_equal(record_decode(&bytes, &format, &r, NULL), 0);
            assert_true(record_event_id(&bytes, &format, &seen));
            assert_int_equal(r.id.id, seen);
            assert_true(id == 0 || id == seen);
            id = seen;
            assert_int_equal(r.id.pid, getpid());
            assert_in_range(r.id.time, start, now_ns());
            if (r.type == PERF_RECORD_MMAP2 && r.mmap.addr == (uintptr_t)mapped) {
                assert_int_equal(r.mmap.len, 3 * page_size);
                assert_int_equal(r.mmap.prot, PROT_READ);
                assert_string_equal(r.mmap.file, "//anon");
                maps++;
            }
            if (r.type != PERF_RECORD_SAMPLE)
                continue;
            samples++;
            assert_true(r.sample.n_callchain > 0);
            assert_int_equal(r.sample.values.time_enabled > 0, 1);
            assert_true(r.sample.stack_size <= 1024);
        }
        assert_int_equal(rc, 0);
        record_ring_end(&ring);
    }
    assert_true(samples >= 40);
    assert_int_equal(maps, 1);
    munmap(mapped, 3 * page_size);
    munmap(memory, 9 * page_size);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_damaged_ring),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
