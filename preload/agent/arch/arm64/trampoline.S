/* trampoline.S (arm64) - from a redirected call on a goroutine's stack to a C hook and on to the
 * original callee.
 *
 * In:  X16 = struct hook_site *. At a call, Go's ABIInternal leaves X16, X17, X19-X25 and X27 to us;
 *      arguments are in X0-X15 and V0-V15, the goroutine is in X28.
 * A goroutine's stack may be as small as a few hundred bytes, so C runs on a private stack: one of
 * 64, taken by clearing its bit in pg_stacks_free. Nothing is stored on the goroutine's stack, and
 * X30, the return address, is there again when the callee is entered.
 * C preserves X19-X29, so what is needed behind the hook stays in them. It is compiled without vector
 * registers, and without X28: a signal that comes meanwhile finds the goroutine where Go's handlers
 * look for it (Go: src/runtime/sys_linux_arm64.s, sigtramp).
 * (Go: src/cmd/compile/abi-internal.md; Arm: Procedure Call Standard, AAPCS64)
 */
#include "preload/agent/stacks.h"

#define FRAME 160 /* struct hook_regs, rounded up */

    .text
    .globl  pg_trampoline
    .hidden pg_trampoline
    .type   pg_trampoline, %function
    .p2align 4
pg_trampoline:
    adrp    x17, pg_stacks_free
    add     x17, x17, :lo12:pg_stacks_free
.Lpick:
    ldaxr   x19, [x17]
    cbz     x19, .Lnone
    sub     x20, x19, #1
    and     x21, x19, x20           /* without its lowest bit */
    stxr    w22, x21, [x17]
    cbnz    w22, .Lpick
    bic     x20, x19, x20           /* that bit: which stack it is */
    mov     x19, sp                 /* the goroutine's stack */

    clz     x22, x20
    mov     x23, #(64 << PG_STACK_SHIFT)
    adrp    x24, pg_stacks_base
    ldr     x24, [x24, :lo12:pg_stacks_base]
    add     x23, x24, x23           /* the end of all; stack i ends 63 - i stacks below */
    sub     x23, x23, x22, lsl #PG_STACK_SHIFT
    sub     sp, x23, #FRAME

    stp     x0, x1, [sp]            /* hook_regs.arg */
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x16, [sp, #64]      /* and .site */
    stp     x9, x10, [sp, #80]      /* .saved */
    stp     x11, x12, [sp, #96]
    stp     x19, x13, [sp, #112]    /* .stack, .more */
    stp     x14, x15, [sp, #128]
    str     x30, [sp, #144]
    mov     x0, sp
    ldr     x17, [x16, #8]
    blr     x17
    ldp     x0, x1, [sp]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x21, [sp, #64]
    ldp     x9, x10, [sp, #80]
    ldp     x11, x12, [sp, #96]
    ldr     x13, [sp, #120]
    ldp     x14, x15, [sp, #128]
    ldr     x30, [sp, #144]
    mov     sp, x19

    adrp    x17, pg_stacks_free
    add     x17, x17, :lo12:pg_stacks_free
.Lreturn:
    ldxr    x19, [x17]
    orr     x19, x19, x20
    stlxr   w22, x19, [x17]
    cbnz    w22, .Lreturn
    ldr     x16, [x21]
    br      x16

.Lnone:                             /* 64 hooks at once: one of them ends soon */
    clrex
    yield
    b       .Lpick
    .size pg_trampoline, . - pg_trampoline

/* void pg_call_site(const struct hook_site *): a redirected call as Go would make it, for measuring
 * what one costs. The callee must keep to AAPCS64, as pg_return does. */
    .globl  pg_call_site
    .hidden pg_call_site
    .type   pg_call_site, %function
    .p2align 4
pg_call_site:
    stp     x29, x30, [sp, #-64]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    mov     x16, x0
    bl      pg_trampoline
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x29, x30, [sp], #64
    ret
    .size pg_call_site, . - pg_call_site

    .globl  pg_return
    .hidden pg_return
    .type   pg_return, %function
pg_return:
    ret
    .size pg_return, . - pg_return

    .section .note.GNU-stack, "", %progbits
