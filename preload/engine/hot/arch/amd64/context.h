/* context.h (amd64) - registers of an interrupted thread, by the numbers of samples. */
#ifndef PERFGO_HOT_ARCH_CONTEXT_H
#define PERFGO_HOT_ARCH_CONTEXT_H

#include <asm/perf_regs.h>
#include <stdint.h>
#include <ucontext.h>

#define CONTEXT_FRAME PERF_REG_X86_BP
#define CONTEXT_STACK PERF_REG_X86_SP
#define CONTEXT_PC    PERF_REG_X86_IP

/* Of those that timer samples have. [any] */
static inline uint64_t context_reg(const ucontext_t *context, unsigned int reg)
{
    const greg_t *regs = context->uc_mcontext.gregs;

    return (uint64_t)(reg == CONTEXT_FRAME   ? regs[REG_RBP]
                      : reg == CONTEXT_STACK ? regs[REG_RSP]
                                             : regs[REG_RIP]);
}

#endif
