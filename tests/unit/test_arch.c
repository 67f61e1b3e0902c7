#include "arch/arch.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

struct call_row {
    const struct arch_ops *arch;
    uint8_t code[5];
    uint64_t pc, target;
};

/* Encodings as GNU as writes them. */
static const struct call_row calls[] = {
    {&arch_amd64, {0xe8, 0x00, 0x00, 0x00, 0x00}, 0x401000, 0x401005},
    {&arch_amd64, {0xe8, 0xfb, 0xff, 0xff, 0xff}, 0x401000, 0x401000},
    {&arch_amd64, {0xe8, 0xfb, 0x0f, 0x00, 0x00}, 0x401000, 0x402000},
    {&arch_amd64, {0xe8, 0xff, 0xff, 0xff, 0x7f}, 0x401000, 0x80401004},
    {&arch_amd64, {0xe8, 0x00, 0x00, 0x00, 0x80}, 0x90000000, 0x10000005},
    {&arch_arm64, {0x01, 0x00, 0x00, 0x94}, 0x10000, 0x10004},
    {&arch_arm64, {0xff, 0xff, 0xff, 0x97}, 0x10000, 0xfffc},
    {&arch_arm64, {0xff, 0xff, 0xff, 0x95}, 0x10000, 0x800fffc},
    {&arch_arm64, {0x00, 0x00, 0x00, 0x96}, 0x9000000, 0x1000000},
};

static void test_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const struct call_row *row = &calls[i];
        uint64_t target = 0;
        uint8_t code[5] = {0};

        print_message("row %zu\n", i);
        assert_true(row->arch->decode_call(row->code, row->pc, &target));
        assert_int_equal(target, row->target);
        assert_true(row->arch->encode_call(code, row->pc, row->target));
        assert_memory_equal(code, row->code, row->arch->call_size);
    }
}

static void test_not_calls(void **state)
{
    static const struct call_row rows[] = {
        {&arch_amd64, {0xe9, 0, 0, 0, 0}, 0, 0},       /* jmp */
        {&arch_amd64, {0xff, 0xd0, 0, 0, 0}, 0, 0},    /* call rax */
        {&arch_arm64, {0x01, 0x00, 0x00, 0x14}, 0, 0}, /* b */
        {&arch_arm64, {0x00, 0x00, 0x3f, 0xd6}, 0, 0}, /* blr x0 */
    };
    uint64_t target;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(rows[i].arch->decode_call(rows[i].code, 0x1000, &target));
}

static void test_reach(void **state)
{
    static const struct arch_ops *const all[] = {&arch_amd64, &arch_arm64};
    const uint64_t pc = 0x100000000;
    uint8_t code[5];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t step = all[i]->call_align, far = all[i]->reach - step;

        assert_true(all[i]->encode_call(code, pc, pc + far));
        assert_true(all[i]->encode_call(code, pc, pc - far));
        assert_false(all[i]->encode_call(code, pc, pc + all[i]->reach + 16));
        assert_false(all[i]->encode_call(code, pc, pc - all[i]->reach - 16));
        assert_int_equal(all[i]->thunk_size % 16, 0);
    }
    assert_false(arch_arm64.encode_call(code, pc, pc + 2));
}

static void test_thunk_bytes(void **state)
{
    static const uint8_t amd64[32] = {0x49, 0xbc, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33,
                                      0x22, 0x11, 0xff, 0x25, 0,    0,    0,    0,
                                      0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
                                      0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc};
    static const uint8_t arm64[32] = {0x90, 0x00, 0x00, 0x58, 0xb1, 0x00, 0x00, 0x58,
                                      0x20, 0x02, 0x1f, 0xd6, 0x1f, 0x20, 0x03, 0xd5,
                                      0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
                                      0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    uint8_t code[32];

    (void)state;
    assert_int_equal(arch_amd64.thunk_size, sizeof code);
    assert_int_equal(arch_arm64.thunk_size, sizeof code);
    arch_amd64.emit_thunk(code, 0x1122334455667788, 0x0102030405060708);
    assert_memory_equal(code, amd64, sizeof code);
    arch_arm64.emit_thunk(code, 0x1122334455667788, 0x0102030405060708);
    assert_memory_equal(code, arm64, sizeof code);
}

/* Runs a thunk whose trampoline returns the scratch register. */
static void test_thunk_runs(void **state)
{
#if defined(__x86_64__)
    /* push r12; mov rax, thunk; call rax; pop r12; ret | mov rax, r12; ret */
    static const uint8_t enter[] = {0x41, 0x54, 0x48, 0xb8, 0,    0,    0,    0,   0,
                                    0,    0,    0,    0xff, 0xd0, 0x41, 0x5c, 0xc3};
    static const uint8_t trampoline[] = {0x4c, 0x89, 0xe0, 0xc3};
    const size_t patch = 4;
#else
    /* ldr x16, 1f; br x16; 1: thunk | mov x0, x16; ret */
    static const uint8_t enter[] = {0x50, 0x00, 0x00, 0x58, 0x00, 0x02, 0x1f, 0xd6,
                                    0,    0,    0,    0,    0,    0,    0,    0};
    static const uint8_t trampoline[] = {0xe0, 0x03, 0x10, 0xaa, 0xc0, 0x03, 0x5f, 0xd6};
    const size_t patch = 8;
#endif
    uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t thunk = (uint64_t)(uintptr_t)page + 64;
    uint64_t (*run)(void);

    (void)state;
    assert_ptr_not_equal(page, MAP_FAILED);
    memcpy(page, enter, sizeof enter);
    memcpy(page + patch, &thunk, sizeof thunk);
    memcpy(page + 128, trampoline, sizeof trampoline);
    arch_host()->emit_thunk(page + 64, 0xfedcba9876543210, (uint64_t)(uintptr_t)page + 128);
    __builtin___clear_cache((char *)page, (char *)page + 256);
    assert_int_equal(mprotect(page, 4096, PROT_READ | PROT_EXEC), 0);
    memcpy(&run, &page, sizeof run);
    assert_int_equal(run(), 0xfedcba9876543210);
    munmap(page, 4096);
}

static void test_by_machine(void **state)
{
    (void)state;
    assert_ptr_equal(arch_by_machine(EM_X86_64), &arch_amd64);
    assert_ptr_equal(arch_by_machine(EM_AARCH64), &arch_arm64);
    assert_null(arch_by_machine(EM_RISCV));
    assert_non_null(arch_host());
}

static void test_after_register_call(void **state)
{
    /* What Go writes for b.benchFunc(b) between two calls, and what must not be taken for it. */
    static const struct {
        const struct arch_ops *arch;
        const char *code;
        size_t n, after;
    } rows[] = {
        {&arch_amd64, "\x48\x8b\x0a\xff\xd1\x48\x8b\x44\x24\x90", 10, 5},
        {&arch_amd64, "\x48\x8b\x0a\xff\xd1\x48\x8b\x84\x24\x90\x01\x00\x00", 13, 5},
        {&arch_amd64, "\x48\x8b\x0a\xff\xd1\x48\x8b\x5c\x24\x90", 10, 0}, /* into BX */
        {&arch_amd64, "\x48\x8b\x0a\xff\xe1\x48\x8b\x44\x24\x90", 10, 0}, /* a jump */
        {&arch_amd64, "\x48\x8b\x44\x24\x90", 5, 0},
        {&arch_amd64, "", 0, 0},
        {&arch_arm64, "\x41\x00\x40\xf9\x20\x00\x3f\xd6\xe0\x4f\x40\xf9", 12, 8},
        {&arch_arm64, "\x20\x00\x3f\xd6\x20\x00\x3f\xd6\xe0\x4f\x40\xf9", 12, 0}, /* two */
        {&arch_arm64, "\x41\x00\x40\xf9\x20\x00\x1f\xd6\xe0\x4f\x40\xf9", 12, 0}, /* a jump */
        {&arch_arm64, "\x20\x00\x3f\xd6", 3, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t after = rows[i].arch->after_register_call((const uint8_t *)rows[i].code, rows[i].n);

        if (after != rows[i].after)
            fail_msg("row %zu: %zu", i, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_register_call), cmocka_unit_test(test_calls),
        cmocka_unit_test(test_not_calls),           cmocka_unit_test(test_reach),
        cmocka_unit_test(test_thunk_bytes),         cmocka_unit_test(test_thunk_runs),
        cmocka_unit_test(test_by_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
