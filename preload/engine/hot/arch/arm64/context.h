/* context.h (arm64) - registers of an interrupted thread, by the numbers of samples. */
#ifndef PERFGO_HOT_ARCH_CONTEXT_H
#define PERFGO_HOT_ARCH_CONTEXT_H

#include <asm/perf_regs.h>
#include <stdint.h>
#include <ucontext.h>

#define CONTEXT_FRAME PERF_REG_ARM64_X29
#define CONTEXT_STACK PERF_REG_ARM64_SP
#define CONTEXT_PC    PERF_REG_ARM64_PC

/* [any] */
static inline uint64_t context_reg(const ucontext_t *context, unsigned int reg)
{
    const mcontext_t *at = &context->uc_mcontext;

    return reg == CONTEXT_STACK ? at->sp : reg == CONTEXT_PC ? at->pc : at->regs[reg];
}

#endif
