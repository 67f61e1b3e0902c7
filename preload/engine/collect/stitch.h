/* stitch.h - stacks that go from native code into Go's. */
#ifndef PERFGO_COLLECT_STITCH_H
#define PERFGO_COLLECT_STITCH_H

#include "collect/stack.h"

struct stitch; /* opaque: what one process's samples have shown so far */

/* The program is borrowed. NULL: no memory, or this build cannot unwind. */
struct stitch *stitch_new(const struct stack_program *program);
void stitch_free(struct stitch *s); /* NULL is fine */
/* Forgets the callers that it knows: another run begins. */
void stitch_forget(struct stitch *s);

/* Whether an address is Go's, who unwinds for itself. */
bool stitch_is_go(const struct stitch *s, uint64_t pc);

/* Fills address[max] for a sample in native code, the leaf first; `chain` is the rest of the
 * kernel's callchain in user mode. Returns how many; the last one may be a mark for callers that
 * are not known yet. *truncated: it does not go on to Go. [recorder] */
uint32_t stitch_native(struct stitch *s, const struct record_sample *sample, const uint64_t *chain,
                       uint32_t n_chain, uint64_t *address, uint32_t max, bool *truncated);

static inline bool stitch_is_mark(uint64_t address)
{
    return address >> 62 == 1; /* no address of a program, none of the kernel */
}

/* In place of callers of which it is not known which ones a sample had. */
#define STITCH_SEVERAL ((1ull << 62) - 1 + (1ull << 62))

/* Fills caller[max] with what a mark stands for, as far as it is certain now: where samples of the
 * same call had different callers, what they have in common at both ends, with STITCH_SEVERAL in
 * between. Returns how many; 0: nothing is known, or there is no room. */
uint32_t stitch_callers(const struct stitch *s, uint64_t mark, uint64_t *caller, uint32_t max);

#endif
