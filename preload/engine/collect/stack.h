/* stack.h - from one sample to the addresses of its stack. */
#ifndef PERFGO_COLLECT_STACK_H
#define PERFGO_COLLECT_STACK_H

#include "gobin/gobin.h"

#include <stdbool.h>
#include <stdint.h>

enum { STACK_MAX = 1024 };

struct record_sample; /* pmu/records.h */
struct stitch;        /* stitch.h */

/* What is looked for in every frame of every sample. */
enum stack_function {
    STACK_CHANGES, /* systemstack, mcall, asmcgocall: goes on with another stack */
    STACK_MORESTACK,
    STACK_PREEMPTION, /* asyncPreempt */
};

enum { STACK_SPANS = 16 };

struct stack_program {
    const struct gobin *bin;
    uint64_t bias; /* run-time address minus link-time address */
    struct stack_span {
        uint64_t entry, end; /* run-time addresses */
        enum stack_function what;
    } span[STACK_SPANS];
    uint32_t n_spans;
    uint64_t lowest, highest; /* between which they all lie */
};

/* Finds these functions. The binary is borrowed. [recorder] */
struct stack_program stack_program(const struct gobin *bin, uint64_t bias);

/* Fills address[STACK_MAX], leaf first: the kernel's part, the user's innermost instruction, then
 * return addresses. Returns how many. *truncated: a callchain of max_chain addresses may have gone
 * on. `program` NULL: the callchain as it is. With `stitch` stacks of native code are unwound and
 * go on in Go's; the last address may be a mark of its. [recorder] */
uint32_t stack_of(const struct record_sample *sample, const struct stack_program *program,
                  struct stitch *stitch, uint32_t max_chain, uint64_t *address, bool *truncated);

/* Until Go 1.20 what changes stacks (systemstack, mcall, asmcgocall) has no frame: the frame
 * pointer that it leaves is its caller's, and leads to that one's caller. Of two return addresses
 * that follow each other, the inner one in such a function, puts the one between them; 1 or 0. */
uint32_t stack_skipped(const struct stack_program *program, uint64_t inner, uint64_t outer,
                       uint64_t *address);

/* The kernel has the upper half of the addresses. */
static inline bool stack_in_kernel(uint64_t address)
{
    return (int64_t)address < 0;
}

#endif
