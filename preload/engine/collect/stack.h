/* stack.h - from one sample to the addresses of its stack. */
#ifndef PERFGO_COLLECT_STACK_H
#define PERFGO_COLLECT_STACK_H

#include "gobin/gobin.h"

#include <stdbool.h>
#include <stdint.h>

enum { STACK_MAX = 1024 };

struct record_sample; /* pmu/records.h */

struct stack_program {
    const struct gobin *bin;
    uint64_t bias; /* run-time address minus link-time address */
};

/* Fills address[STACK_MAX], leaf first: the kernel's part, the user's innermost instruction, then
 * return addresses. Returns how many. *truncated: a callchain of max_chain addresses may have gone
 * on. `program` NULL: the callchain as it is. [recorder] */
uint32_t stack_of(const struct record_sample *sample, const struct stack_program *program,
                  uint32_t max_chain, uint64_t *address, bool *truncated);

/* The kernel has the upper half of the addresses. */
static inline bool stack_in_kernel(uint64_t address)
{
    return (int64_t)address < 0;
}

#endif
