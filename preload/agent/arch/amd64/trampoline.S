/* trampoline.S (amd64) - from a redirected call on a goroutine's stack to a C hook and on to the
 * original callee.
 *
 * In:  R12 = struct hook_site *. At a call, Go's ABIInternal leaves R12 and R13 to us, and the
 *      return address is on top of the goroutine's stack, where it stays untouched.
 * A goroutine's stack may be as small as a few hundred bytes, so C runs on a private stack: one of
 * 64, taken by clearing its bit in pg_stacks_free. Three words on the goroutine's stack are within
 * what every Go function may use without a check (nosplit).
 * C is compiled without vector registers, so X0-X15 are as they were.
 * (Go: src/cmd/compile/abi-internal.md; System V ABI for AMD64)
 */
#include "preload/agent/stacks.h"

    .text
    .globl  pg_trampoline
    .hidden pg_trampoline
    .type   pg_trampoline, @function
    .p2align 4
pg_trampoline:
    pushq   %rax
    pushq   %rcx
    pushq   %rdx
.Lretry:
    movq    pg_stacks_free(%rip), %rax
.Lpick:
    bsfq    %rax, %rcx
    jz      .Lnone
    movq    %rax, %rdx
    btrq    %rcx, %rdx
    lock cmpxchgq %rdx, pg_stacks_free(%rip)
    jne     .Lpick
    leaq    1(%rcx), %r13
    shlq    $PG_STACK_SHIFT, %r13
    addq    pg_stacks_base(%rip), %r13
    movq    %rcx, -8(%r13)          /* which stack it is */
    popq    %rdx
    popq    %rcx
    popq    %rax
    movq    %rsp, -16(%r13)         /* the goroutine's stack; hook_regs.stack */
    leaq    -16(%r13), %rsp

    pushq   %r15                    /* hook_regs.saved, from its end, and .site */
    pushq   %r14
    pushq   %rbp
    pushq   %rdx
    pushq   %r12
    pushq   %r11                    /* hook_regs.arg, from its end */
    pushq   %r10
    pushq   %r9
    pushq   %r8
    pushq   %rsi
    pushq   %rdi
    pushq   %rcx
    pushq   %rbx
    pushq   %rax
    movq    %rsp, %rdi
    cld
    call    *8(%r12)                /* 14 words below a multiple of 16, less 2: aligned */
    popq    %rax
    popq    %rbx
    popq    %rcx
    popq    %rdi
    popq    %rsi
    popq    %r8
    popq    %r9
    popq    %r10
    popq    %r11
    popq    %r12
    popq    %rdx
    popq    %rbp
    popq    %r14
    popq    %r15

    movq    -16(%r13), %rsp
    pushq   %rcx
    movq    -8(%r13), %rcx
    lock btsq %rcx, pg_stacks_free(%rip)
    popq    %rcx
    jmp     *(%r12)

.Lnone:                             /* 64 hooks at once: one of them ends soon */
    pause
    jmp     .Lretry
    .size pg_trampoline, . - pg_trampoline

/* void pg_call_site(const struct hook_site *): a redirected call as Go would make it, for measuring
 * what one costs. The callee must keep to the System V ABI, as pg_return does. */
    .globl  pg_call_site
    .hidden pg_call_site
    .type   pg_call_site, @function
    .p2align 4
pg_call_site:
    pushq   %r12
    pushq   %r13
    movq    %rdi, %r12
    call    pg_trampoline
    popq    %r13
    popq    %r12
    ret
    .size pg_call_site, . - pg_call_site

    .globl  pg_return
    .hidden pg_return
    .type   pg_return, @function
pg_return:
    ret
    .size pg_return, . - pg_return

    .section .note.GNU-stack, "", @progbits
