/* arm64.c - direct calls and thunks on arm64.
 *
 * A direct call is BL: 100101 and a signed 26-bit displacement in instructions, counted from the
 * instruction itself (Arm ARM, C6.2 BL). The thunk is
 *
 *     ldr  x16, 1f         1: at +16
 *     ldr  x17, 2f         2: at +24
 *     br   x17
 *     nop
 *  1: .quad site
 *  2: .quad trampoline
 *
 * X16 and X17 are the procedure call standard's IP0 and IP1, which any veneer between a call and
 * its target may change; Go reserves both for the linker (src/cmd/compile/abi-internal.md).
 */
#include "arch/arch.h"

#include <elf.h>

enum { CALL_SIZE = 4, THUNK_SIZE = 32 };

#define BL          0x94000000u
#define BLR         0xd63f0000u
#define BLR_MASK    0xfffffc1fu
#define BL_MASK     0xfc000000u
#define BL_IMM_MASK 0x03ffffffu
#define LDR_X16_16  0x58000090u /* ldr x16, pc+16 */
#define LDR_X17_20  0x580000b1u /* ldr x17, pc+20 */
#define BR_X17      0xd61f0220u
#define NOP         0xd503201fu
#define REACH       (1 << 27)

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get(const uint8_t *code)
{
    uint32_t word = 0;

    for (size_t i = 0; i < sizeof word; i++)
        word |= (uint32_t)code[i] << (8 * i);
    return word;
}

static bool decode_call(const uint8_t *code, uint64_t pc, uint64_t *target)
{
    uint32_t word = get(code);
    int64_t rel;

    if ((word & BL_MASK) != BL)
        return false;
    rel = (int64_t)(word & BL_IMM_MASK) * 4;
    if (rel >= REACH)
        rel -= 2 * (int64_t)REACH;
    *target = pc + (uint64_t)rel;
    return true;
}

static size_t after_register_call(const uint8_t *code, size_t n)
{
    size_t after = 0;

    for (size_t i = 0; i + 4 <= n; i += 4) {
        if ((get(code + i) & BLR_MASK) != BLR)
            continue;
        if (after != 0)
            return 0;
        after = i + 4;
    }
    return after;
}

static bool encode_call(uint8_t *code, uint64_t pc, uint64_t target)
{
    int64_t rel = (int64_t)(target - pc);

    if (rel % 4 != 0 || rel < -REACH || rel >= REACH)
        return false;
    put(code, BL | ((uint32_t)(rel / 4) & BL_IMM_MASK), 4);
    return true;
}

static void emit_thunk(uint8_t *code, uint64_t site, uint64_t trampoline)
{
    put(code, LDR_X16_16, 4);
    put(code + 4, LDR_X17_20, 4);
    put(code + 8, BR_X17, 4);
    put(code + 12, NOP, 4);
    put(code + 16, site, 8);
    put(code + 24, trampoline, 8);
}

/* DWARF for the Arm 64-bit architecture, section 4.1: x0…x30, sp, pc. */
static const uint8_t of_dwarf[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                   11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                   22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};

const struct arch_ops arch_arm64 = {
    .name = "arm64",
    .elf_machine = EM_AARCH64,
    .call_size = CALL_SIZE,
    .call_align = 4,
    .reach = REACH,
    .user_read = 2, /* Linux: Documentation/arch/arm64/perf.rst */
    .thunk_size = THUNK_SIZE,
    .regs = {.frame = 29,
             .stack = 31,
             .pc = 32,
             .link = 30,
             .all = 0x1ffffffff,
             .of_dwarf = of_dwarf,
             .n_dwarf = sizeof of_dwarf,
             .switch_frame = true},
    .loader = "/lib/ld-linux-aarch64.so.1",
    .decode_call = decode_call,
    .after_register_call = after_register_call,
    .encode_call = encode_call,
    .emit_thunk = emit_thunk,
};
