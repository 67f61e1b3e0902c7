/* amd64.c - direct calls and thunks on amd64.
 *
 * A direct call is E8 and a signed 32-bit displacement counted from the end of the instruction
 * (Intel SDM volume 2, CALL). The thunk is
 *
 *     49 BC imm64          movabs r12, site
 *     FF 25 00000000       jmp    [rip+0]
 *     imm64                trampoline
 *     CC ...               int3 up to 32 bytes
 *
 * R12 is free at every call: Go's ABIInternal keeps arguments in AX BX CX DI SI R8 R9 R10 R11, the
 * goroutine in R14, the closure in DX; R12 and R13 are scratch (Go:
 * src/cmd/compile/abi-internal.md).
 */
#include "arch/arch.h"

#include <elf.h>
#include <string.h>

enum { CALL = 0xe8, CALL_SIZE = 5, THUNK_SIZE = 32, INT3 = 0xcc };

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static bool decode_call(const uint8_t *code, uint64_t pc, uint64_t *target)
{
    uint32_t rel = 0;

    if (code[0] != CALL)
        return false;
    for (size_t i = 0; i < sizeof rel; i++)
        rel |= (uint32_t)code[1 + i] << (8 * i);
    *target = pc + CALL_SIZE + (uint64_t)(int64_t)(int32_t)rel;
    return true;
}

/* Instructions have no fixed length, so only what Go writes is known: CALL of one of AX to DI (FF
 * D0 to FF D7), then MOV AX, [RSP+n] with 8 or 32 bits of n, up to the end of the code. */
static size_t after_register_call(const uint8_t *code, size_t n)
{
    static const uint8_t load_8[] = {0x48, 0x8b, 0x44, 0x24}, load_32[] = {0x48, 0x8b, 0x84, 0x24};
    size_t after = 0;

    if (n >= 5 && memcmp(code + n - 5, load_8, sizeof load_8) == 0)
        after = n - 5;
    else if (n >= 8 && memcmp(code + n - 8, load_32, sizeof load_32) == 0)
        after = n - 8;
    if (after < 2 || code[after - 2] != 0xff || (code[after - 1] & 0xf8) != 0xd0)
        return 0;
    return after;
}

static bool encode_call(uint8_t *code, uint64_t pc, uint64_t target)
{
    int64_t rel = (int64_t)(target - (pc + CALL_SIZE));

    if (rel != (int32_t)rel)
        return false;
    code[0] = CALL;
    put(code + 1, (uint64_t)rel, 4);
    return true;
}

static void emit_thunk(uint8_t *code, uint64_t site, uint64_t trampoline)
{
    static const uint8_t movabs_r12[] = {0x49, 0xbc}, jmp_rip_0[] = {0xff, 0x25, 0, 0, 0, 0};

    memset(code, INT3, THUNK_SIZE);
    memcpy(code, movabs_r12, sizeof movabs_r12);
    put(code + 2, site, 8);
    memcpy(code + 10, jmp_rip_0, sizeof jmp_rip_0);
    put(code + 16, trampoline, 8);
}

/* System V ABI, AMD64 supplement, figure 3.36: rax rdx rcx rbx rsi rdi rbp rsp r8…r15, return
 * address. */
static const uint8_t of_dwarf[] = {0, 3, 2, 1, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 8};

const struct arch_ops arch_amd64 = {
    .name = "amd64",
    .elf_machine = EM_X86_64,
    .call_size = CALL_SIZE,
    .call_align = 1,
    .reach = (1u << 31) - 8,
    .thunk_size = THUNK_SIZE,
    .regs = {.frame = 6,
             .stack = 7,
             .pc = 8,
             .link = -1,
             .all = 0xff01ff,
             .of_dwarf = of_dwarf,
             .n_dwarf = sizeof of_dwarf},
    .max_precise = 3,
    .walk_faults = true, /* Linux: arch/x86/events/core.c, perf_callchain_user */
    .loader = "/lib64/ld-linux-x86-64.so.2",
    .decode_call = decode_call,
    .after_register_call = after_register_call,
    .encode_call = encode_call,
    .emit_thunk = emit_thunk,
};
