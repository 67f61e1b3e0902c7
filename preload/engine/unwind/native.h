/* native.h - the frames of code that keeps no frame pointers, from registers and a copy of the
 * stack.
 *
 * libunwind does the work, from the tables for exceptions (.eh_frame) that compilers write for C
 * too; what it reads of memory comes from the sample and from files, never from the process.
 */
#ifndef PERFGO_UNWIND_NATIVE_H
#define PERFGO_UNWIND_NATIVE_H

#include "base/error.h"
#include "elf/image.h"
#include "pmu/records.h"

struct unwind_process { /* what is known of the process; asked while unwinding */
    void *context;
    /* The file that is mapped at an address, and its run-time minus link-time addresses. */
    const struct elf_image *(*image)(void *context, uint64_t address, uint64_t *bias);
    /* Unwinding ends there: Go functions have frame pointers, and no such tables. */
    bool (*is_go)(void *context, uint64_t address);
};

struct unwinder; /* opaque; of one thread */

/* PG_E_UNSUPPORTED: this build cannot. */
int unwinder_new(const struct unwind_process *process, struct unwinder **out, struct pg_error *err);
void unwinder_free(struct unwinder *u); /* NULL is fine */

struct unwind_end {
    bool
        in_go; /* where the frames came to Go's code; false: they end for want of tables or stack */
    uint64_t pc;    /* return address there */
    uint64_t frame; /* the frame pointer of that function */
    uint64_t stack; /* its stack pointer */
};

/* Fills address with the innermost instruction and the return addresses behind it, at most max, the
 * one in Go's code not among them. Returns how many. */
size_t unwind_native(struct unwinder *u, const struct record_sample *sample, uint64_t *address,
                     size_t max, struct unwind_end *end);

#endif
