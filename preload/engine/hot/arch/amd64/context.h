/* context.h (amd64) - registers of an interrupted thread, by the numbers of samples. */
#ifndef PERFGO_HOT_ARCH_CONTEXT_H
#define PERFGO_HOT_ARCH_CONTEXT_H

#include <asm/perf_regs.h>
#include <stdint.h>
#include <ucontext.h>

#define CONTEXT_FRAME PERF_REG_X86_BP
#define CONTEXT_STACK PERF_REG_X86_SP
#define CONTEXT_PC    PERF_REG_X86_IP

/* Of those in arch_amd64.regs.all; 0 for others. [any] */
static inline uint64_t context_reg(const ucontext_t *context, unsigned int reg)
{
    static const uint8_t at[PERF_REG_X86_64_MAX] = {
        [PERF_REG_X86_AX] = 1 + REG_RAX,  [PERF_REG_X86_BX] = 1 + REG_RBX,
        [PERF_REG_X86_CX] = 1 + REG_RCX,  [PERF_REG_X86_DX] = 1 + REG_RDX,
        [PERF_REG_X86_SI] = 1 + REG_RSI,  [PERF_REG_X86_DI] = 1 + REG_RDI,
        [PERF_REG_X86_BP] = 1 + REG_RBP,  [PERF_REG_X86_SP] = 1 + REG_RSP,
        [PERF_REG_X86_IP] = 1 + REG_RIP,  [PERF_REG_X86_R8] = 1 + REG_R8,
        [PERF_REG_X86_R9] = 1 + REG_R9,   [PERF_REG_X86_R10] = 1 + REG_R10,
        [PERF_REG_X86_R11] = 1 + REG_R11, [PERF_REG_X86_R12] = 1 + REG_R12,
        [PERF_REG_X86_R13] = 1 + REG_R13, [PERF_REG_X86_R14] = 1 + REG_R14,
        [PERF_REG_X86_R15] = 1 + REG_R15,
    };

    return reg < PERF_REG_X86_64_MAX && at[reg] > 0
               ? (uint64_t)context->uc_mcontext.gregs[at[reg] - 1]
               : 0;
}

#endif
