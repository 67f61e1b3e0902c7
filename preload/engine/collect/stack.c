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
#include "collect/stitch.h"
#include "pmu/records.h"
#include "unwind/skipped.h"

#include <string.h>

/* ---- the program ---- */

/* A name may stand for two functions: the one in assembly, and the compiler's wrapper of it. */
static void add_span(struct stack_program *program, const struct gobin_function *f)
{
    static const struct {
        const char *name;
        enum stack_function what;
    } known[] = {
        {"runtime.systemstack", STACK_CHANGES},     {"runtime.mcall", STACK_CHANGES},
        {"runtime.asmcgocall", STACK_CHANGES},      {"runtime.morestack", STACK_MORESTACK},
        {"runtime.asyncPreempt", STACK_PREEMPTION},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct stack_span span = {f->entry + program->bias, f->end + program->bias,
                                        known[i].what};

        if (program->n_spans == STACK_SPANS || strcmp(f->name, known[i].name) != 0)
            continue;
        program->span[program->n_spans++] = span;
        program->lowest = span.entry < program->lowest ? span.entry : program->lowest;
        program->highest = span.end > program->highest ? span.end : program->highest;
    }
}

struct stack_program stack_program(const struct gobin *bin, uint64_t bias)
{
    struct stack_program program = {.bin = bin, .bias = bias, .lowest = UINT64_MAX};
    const size_t n = gobin_function_count(bin);
    struct gobin_function f;

    for (size_t i = 0; i < n; i++)
        if (gobin_function(bin, i, &f) && strncmp(f.name, "runtime.", 8) == 0)
            add_span(&program, &f);
    return program;
}

/* The span that has the address; NULL: none. */
static const struct stack_span *span_at(const struct stack_program *program, uint64_t address)
{
    if (address < program->lowest || address >= program->highest)
        return NULL;
    for (uint32_t i = 0; i < program->n_spans; i++)
        if (address - program->span[i].entry < program->span[i].end - program->span[i].entry)
            return &program->span[i];
    return NULL;
}

static bool returns_to(const struct stack_program *program, uint64_t address,
                       enum stack_function what)
{
    const struct stack_span *span = span_at(program, address - 1);

    return span != NULL && span->what == what;
}

/* ---- the top of a stack ---- */

static bool stack_word(const struct record_sample *sample, uint64_t offset, uint64_t *word)
{
    if (sample->stack == NULL || offset > sample->stack_size ||
        sample->stack_size - offset < sizeof *word)
        return false;
    memcpy(word, sample->stack + offset, sizeof *word);
    return true;
}

/* The innermost function: where it is, and what its registers are. */
struct top {
    uint64_t pc, frame, stack, link;
    uint64_t offset; /* of `stack` in the sampled piece */
};

static bool read_top(const struct record_sample *sample, uint64_t pc, struct top *top)
{
    const struct arch_regs *regs = &arch_host()->regs;

    *top = (struct top){.pc = pc};
    return record_reg(&sample->user, regs->frame, &top->frame) &&
           record_reg(&sample->user, regs->stack, &top->stack) &&
           (regs->link < 0 || record_reg(&sample->user, (unsigned int)regs->link, &top->link));
}

/* Go preempts by a signal whose handler makes the thread go on as if asyncPreempt had been called
 * from where it was. A timer's signal that came at the same time finds it there, about to begin.
 * (Go: src/runtime/signal_amd64.go, signal_arm64.go, pushCall) */
static void undo_preemption(const struct record_sample *sample, const struct stack_program *program,
                            struct top *top)
{
    const bool links = arch_host()->regs.link >= 0;
    const struct stack_span *span = span_at(program, top->pc);
    uint64_t word;

    if (span == NULL || span->what != STACK_PREEMPTION || span->entry != top->pc ||
        !stack_word(sample, 0, &word))
        return;
    top->pc = links ? top->link : word;
    top->link = word;
    top->offset = links ? 16 : 8;
    top->stack += top->offset;
}

/* The caller of the innermost function, when the callchain lacks it. */
static bool missing_caller(const struct record_sample *sample, const struct stack_program *program,
                           const struct top *top, uint64_t *caller)
{
    const int32_t grown = gobin_stack_delta(program->bin, top->pc - program->bias);

    if (grown < 0)
        return false;
    if (arch_host()->regs.link < 0) /* the frame pointer is saved below the return address */
        return top->frame != top->stack + (uint32_t)grown - 8 &&
               stack_word(sample, top->offset + (uint32_t)grown, caller);
    /* The link register is saved at the bottom of the frame, the frame pointer below it. */
    *caller = top->link;
    return grown == 0 || (top->frame != top->stack - 8 && stack_word(sample, top->offset, caller));
}

/* Puts the user's innermost addresses; how many. */
static uint32_t put_top(const struct record_sample *sample, const struct stack_program *program,
                        uint64_t pc, uint64_t *address)
{
    struct top top;
    uint64_t caller;

    address[0] = pc;
    if (program == NULL || !read_top(sample, pc, &top))
        return 1;
    undo_preemption(sample, program, &top);
    address[0] = top.pc;
    if (!missing_caller(sample, program, &top, &caller) || caller == 0)
        return 1;
    address[1] = caller;
    return 2;
}

/* Code of Go's without a frame that C called, as it calls _cgo_topofstack behind every call: the
 * sample as it would be in its caller. */
static bool in_caller(const struct record_sample *sample, const struct stack_program *program,
                      uint64_t pc, struct record_sample *out, uint64_t value[64])
{
    const struct arch_regs *regs = &arch_host()->regs;
    size_t n = (size_t)__builtin_popcountll(sample->user.mask);
    uint64_t caller;
    struct top top;

    if (program == NULL || regs->link >= 0 || !read_top(sample, pc, &top) ||
        gobin_stack_delta(program->bin, pc - program->bias) != 0 || !stack_word(sample, 0, &caller))
        return false;
    *out = *sample;
    for (size_t i = 0, reg = 0; i < n; reg++)
        if (sample->user.mask >> reg & 1) {
            value[i] = reg == regs->pc      ? caller
                       : reg == regs->stack ? top.stack + 8
                                            : sample->user.value[i];
            i++;
        }
    out->user.value = (const record_word *)value;
    out->stack += 8;
    out->stack_size -= 8;
    return true;
}

/* Native code, also below a leaf of Go's: the kernel's walk from there is of use to the stitching
 * only. 0: it is none. */
static uint32_t put_native(const struct record_sample *sample, const struct stack_program *program,
                           struct stitch *stitch, uint64_t pc, struct record_chain chain,
                           uint64_t *address, uint32_t room, bool *truncated)
{
    uint64_t rest[STACK_MAX], value[64], ip;
    struct record_sample caller;
    uint32_t n = 0, put = 0;

    if (stitch_is_go(stitch, pc)) {
        if (!in_caller(sample, program, pc, &caller, value) ||
            !record_reg(&caller.user, arch_host()->regs.pc, &ip) || stitch_is_go(stitch, ip - 1))
            return 0;
        sample = &caller;
        address[put++] = pc;
    }
    while (n < STACK_MAX && record_chain_next(&chain, &ip))
        rest[n++] = ip;
    n = stitch_native(stitch, sample, rest, n, address + put, room - put, truncated);
    return n > 0 ? put + n : 0;
}

/* ---- where Go changes stacks ---- */

uint32_t stack_skipped(const struct stack_program *program, uint64_t inner, uint64_t outer,
                       uint64_t *address)
{
    uint64_t at;

    if (!returns_to(program, inner, STACK_CHANGES) ||
        unwind_skipped(program->bin, inner - 1 - program->bias, outer - program->bias, &at) ==
            SKIPPED_NONE)
        return 0;
    *address = at + program->bias + 1;
    return 1;
}

uint32_t stack_of(const struct record_sample *sample, const struct stack_program *program,
                  struct stitch *stitch, uint32_t max_chain, uint64_t *address, bool *truncated)
{
    struct record_chain chain = record_chain(sample);
    uint32_t n = 0, found = 0;
    bool user = false, caller, cut = false;
    uint64_t ip;

    while (n < STACK_MAX - 2 && !cut && record_chain_next(&chain, &ip)) {
        if (ip == 0)
            continue;
        found++;
        if (!user && !stack_in_kernel(ip) && stitch != NULL) {
            uint32_t native = put_native(sample, program, stitch, ip, chain, address + n,
                                         STACK_MAX - n, truncated);

            if (native > 0)
                return n + native;
        }
        if (user && program != NULL)
            n += stack_skipped(program, address[n - 1], ip, address + n);
        caller = user;
        if (user || stack_in_kernel(ip)) {
            address[n++] = ip;
        } else {
            uint32_t put = put_top(sample, program, ip, address + n);

            caller = put > 1;
            n += put;
        }
        /* A goroutine whose stack is being moved cannot be walked: what follows is the thread's. */
        cut = caller && program != NULL && returns_to(program, address[n - 1], STACK_MORESTACK);
        user = !stack_in_kernel(ip);
    }
    *truncated = cut || found >= max_chain || n >= STACK_MAX - 2;
    if (n == 0)
        address[n++] = sample->ip;
    return n;
}
