/* Native frames of this process, from samples that the kernel takes of it. */
#include "unwind/native.h"

#include "arch/arch.h"
#include "sym/symbols.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { DATA_PAGES = 64, WANTED = 30 };

#define NOINLINE __attribute__((noinline))

/* Each does something behind its call, so that it is a call. */
static NOINLINE uint64_t inner(uint64_t n, uint64_t x)
{
    uint64_t a = x, b = a * 3, c = b ^ 5, d = c + 7, e = d * 11, f = e ^ 13, g = f + 17;

    for (uint64_t i = 0; i < n; i++) {
        a += b ^ i;
        b = b << 7 | b >> 57;
        c ^= a * 5;
        d += c >> 3;
        e ^= d + i;
        f += e * 3;
        g ^= f >> 5;
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g;
}

static NOINLINE uint64_t middle(uint64_t n, uint64_t x)
{
    return inner(n, x) * 3 + x;
}

static NOINLINE uint64_t outer(uint64_t n, uint64_t x)
{
    return middle(n, x) ^ n;
}

struct process {
    struct symbols *symbols;
    struct space *space;
    const char *go; /* a function that is taken for Go's */
};

static const char *function_at(struct process *p, uint64_t address)
{
    struct profile_frame frame;
    const struct region *region = space_at(p->space, address);

    return region != NULL && region_frames(p->symbols, region, address, &frame, 1) > 0
               ? frame.function
               : "";
}

static const struct elf_image *image_at(void *context, uint64_t address, uint64_t *bias)
{
    struct process *p = context;
    const struct region *region = space_at(p->space, address);
    struct object *object = region != NULL ? region_object(p->symbols, region) : NULL;
    uint64_t linked;

    if (object == NULL || !region_address(p->symbols, region, address, &linked))
        return NULL;
    *bias = address - linked;
    return object_image(object);
}

static bool is_go(void *context, uint64_t address)
{
    struct process *p = context;

    return p->go != NULL && strcmp(function_at(p, address), p->go) == 0;
}

static int open_event(struct perf_event_attr *attr)
{
    *attr = (struct perf_event_attr){
        .size = sizeof *attr,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = 500000,
        .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
        .sample_regs_user = arch_host()->regs.all,
        .sample_stack_user = 8192,
        .exclude_kernel = 1,
        .disabled = 0,
    };
    return (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Unwinds the samples that are in the ring; counts those whose stack is as it must be. */
static void look(struct process *p, struct unwinder *u, struct record_ring *ring,
                 const struct record_format *format, size_t *good, size_t *all)
{
    struct record_bytes bytes;
    struct record r;

    record_ring_begin(ring);
    while (record_ring_next(ring, &bytes, NULL) == 1) {
        uint64_t address[64];
        struct unwind_end end;
        size_t n;

        assert_int_equal(record_decode(&bytes, format, &r, NULL), 0);
        if (r.type != PERF_RECORD_SAMPLE || strcmp(function_at(p, r.sample.ip), "inner") != 0)
            continue;
        ++*all;
        n = unwind_native(u, &r.sample, address, 64, &end);
        assert_int_equal(address[0], r.sample.ip);
        if (p->go != NULL)
            *good += end.in_go && n == 2 && strcmp(function_at(p, address[1] - 1), "middle") == 0 &&
                     strcmp(function_at(p, end.pc - 1), "outer") == 0 && end.stack != 0;
        else
            *good += !end.in_go && n > 4 && strcmp(function_at(p, address[1] - 1), "middle") == 0 &&
                     strcmp(function_at(p, address[2] - 1), "outer") == 0 &&
                     strcmp(function_at(p, address[3] - 1), "unwind_self") == 0;
    }
    record_ring_end(ring);
}

static NOINLINE void unwind_self(const char *go)
{
    static uint8_t scratch[RECORD_MAX];
    struct process p = {.symbols = symbols_new(), .go = go};
    const struct unwind_process process = {&p, image_at, is_go};
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE), good = 0, all = 0;
    struct perf_event_attr attr;
    int fd = open_event(&attr);
    struct record_format format;
    struct record_ring ring;
    struct unwinder *u;
    volatile uint64_t sink = 0, turns = 200000; /* unknown, so that no function is made for it */
    time_t start = time(NULL);
    void *memory;

    if (fd < 0) {
        print_message("perf_event_open: %s\n", strerror(errno));
        symbols_free(p.symbols);
        skip();
    }
    p.space = space_new(p.symbols, NULL);
    assert_int_equal(space_read(p.space, getpid(), NULL), 0);
    assert_int_equal(unwinder_new(&process, &u, NULL), 0);
    memory = mmap(NULL, (1 + DATA_PAGES) * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    record_ring_init(&ring, memory, page_size, DATA_PAGES, scratch);
    record_format_of(&attr, &format);
    while (all < WANTED && time(NULL) - start < 10) {
        sink += outer(turns, sink);
        look(&p, u, &ring, &format, &good, &all);
    }
    assert_true(all >= WANTED);
    assert_true(good * 100 >= all * 95);
    munmap(memory, (1 + DATA_PAGES) * page_size);
    close(fd);
    unwinder_free(u);
    symbols_free(p.symbols);
}

static void test_to_the_end(void **state)
{
    (void)state;
    unwind_self(NULL);
}

static void test_until_go(void **state)
{
    (void)state;
    unwind_self("outer");
}

/* Registers and stack that make no sense end the stack; nothing is read outside. */
static void test_nonsense(void **state)
{
    struct process p = {.symbols = symbols_new()};
    const struct unwind_process process = {&p, image_at, is_go};
    uint64_t value[64], address[8];
    uint8_t *stack = malloc(24);
    struct record_sample s = {
        .user = {.abi = 2, .mask = arch_host()->regs.all}, .stack = stack, .stack_size = 24};
    struct unwind_end end;
    struct unwinder *u;

    (void)state;
    p.space = space_new(p.symbols, NULL);
    assert_int_equal(space_read(p.space, getpid(), NULL), 0);
    assert_int_equal(unwinder_new(&process, &u, NULL), 0);
    memset(stack, 0xff, 24);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        for (size_t i = 0; i < 64; i++)
            value[i] = seed % 3 == 0   ? seed * 0x9e3779b97f4a7c15u * (i + 1)
                       : seed % 3 == 1 ? (uintptr_t)outer + seed % 64
                                       : UINT64_MAX - i * 8;
        s.user.value = (const record_word *)value;
        assert_true(unwind_native(u, &s, address, 8, &end) <= 8);
        assert_false(end.in_go);
    }
    s.user.mask = 0;
    assert_int_equal(unwind_native(u, &s, address, 8, &end), 0);
    unwinder_free(u);
    symbols_free(p.symbols);
    free(stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_end),
        cmocka_unit_test(test_until_go),
        cmocka_unit_test(test_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
