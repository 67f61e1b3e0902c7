/* stack.c - what the kernel's callchain leaves out, put back.
 *
 * The kernel follows frame pointers, and a function that has none of its own (a leaf without
 * locals, most of the runtime's assembly, any function in its first instructions) makes it miss a
 * caller: the frame pointer is still the caller's, which leads to the caller's caller. Go's tables
 * tell how far the stack has grown at each instruction. Where that says that the frame pointer is
 * not the innermost function's, the return address is where it then must be: in the sampled top of
 * the stack, or in the link register. (Go: cmd/compile/abi-internal.md;
 * cmd/internal/obj/x86/obj6.go, cmd/internal/obj/arm64/obj7.go, preprocess)
 */
#include "collect/stack.h"

#include "arch/arch.h"
#include "pmu/records.h"

#include <string.h>

static bool stack_word(const struct record_sample *sample, uint64_t offset, uint64_t *word)
{
    if (sample->stack == NULL || offset > sample->stack_size ||
        sample->stack_size - offset < sizeof *word)
        return false;
    memcpy(word, sample->stack + offset, sizeof *word);
    return true;
}

/* The caller of the function at the user's pc, when the callchain lacks it. */
static bool missing_caller(const struct record_sample *sample, const struct stack_program *program,
                           uint64_t pc, uint64_t *caller)
{
    const struct arch_regs *regs = &arch_host()->regs;
    const int32_t grown = gobin_stack_delta(program->bin, pc - program->bias);
    uint64_t frame, stack;

    if (grown < 0 || !record_reg(&sample->user, regs->frame, &frame) ||
        !record_reg(&sample->user, regs->stack, &stack))
        return false;
    if (regs->link < 0) /* the frame pointer is saved below the return address */
        return frame != stack + (uint32_t)grown - 8 && stack_word(sample, (uint32_t)grown, caller);
    /* The link register is saved at the bottom of the frame, the frame pointer below it. */
    if (grown == 0)
        return record_reg(&sample->user, (unsigned int)regs->link, caller);
    return frame != stack - 8 && stack_word(sample, 0, caller);
}

uint32_t stack_of(const struct record_sample *sample, const struct stack_program *program,
                  uint32_t max_chain, uint64_t *address, bool *truncated)
{
    struct record_chain chain = record_chain(sample);
    uint64_t ip, caller;
    uint32_t n = 0, added = 0;
    bool user = false;

    while (n < STACK_MAX - 1 && record_chain_next(&chain, &ip)) {
        if (ip == 0)
            continue;
        address[n++] = ip;
        if (user || stack_in_kernel(ip))
            continue;
        user = true;
        if (program != NULL && missing_caller(sample, program, ip, &caller) && caller != 0) {
            address[n++] = caller;
            added = 1;
        }
    }
    *truncated = n - added >= max_chain || n >= STACK_MAX - 1;
    if (n == 0)
        address[n++] = sample->ip;
    return n;
}
