/* arch.h - what perfgo knows of a CPU's call instruction: pure code, no state.
 *
 * Every architecture is compiled and tested on every host; only preload/agent/arch/<cpu>/ and
 * hot/arch/<cpu>/ belong to the host alone. A new CPU is a new folder here that defines its ops
 * (struct arch_ops arch_<cpu>), and a row in ARCH_TABLE below.
 */
#ifndef PERFGO_ARCH_ARCH_H
#define PERFGO_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers as samples number them (asm/perf_regs.h). */
struct arch_regs {
    uint8_t frame, stack, pc;
    int8_t link;             /* where a call leaves its return address; -1: on the stack */
    uint64_t all;            /* by which a stack can be unwound: a mask */
    const uint8_t *of_dwarf; /* by DWARF's number of a register, its number in samples */
    uint8_t n_dwarf;
    bool switch_frame; /* Go's asmcgocall calls C with the system stack's frame pointer, and has the
                          goroutine and the depth of its stack where the stack pointer is (Go:
                          src/runtime/asm_arm64.s); else with the goroutine's frame pointer */
};

struct arch_ops {
    const char *name;     /* GOARCH: "amd64", "arm64" */
    uint16_t elf_machine; /* EM_X86_64, EM_AARCH64 */
    uint8_t call_size;    /* bytes of a direct call */
    uint8_t call_align;   /* calls start at multiples of this: 1 on amd64, 4 on arm64 */
    uint64_t reach;       /* a call reaches targets in (pc - reach, pc + reach) */
    uint8_t thunk_size;   /* bytes that emit_thunk writes, a multiple of 16 */
    struct arch_regs regs;
    uint64_t user_read;  /* perf_event_attr.config1 of a hardware event that its thread may read in
                            user mode; 0: nothing has to be asked for */
    uint8_t max_precise; /* the highest perf_event_attr.precise_ip that means anything: Linux's
                            driver for Arm opens every level and does as at 0 */
    bool walk_faults;    /* the kernel's walk of frame pointers ends at one of 0 by a page fault */
    const char *loader;  /* glibc's dynamic loader: "/lib64/ld-linux-x86-64.so.2" */

    /* True when the bytes at `code` (call_size of them, executed at address pc) are a direct call;
     * its target goes to *target. */
    bool (*decode_call)(const uint8_t *code, uint64_t pc, uint64_t *target);

    /* Of n bytes of Go's code that end where the arguments of a call have been loaded: where the
     * only call through a register among them returns to, as an offset. 0 when there is none, or
     * more than one, or when that cannot be told. */
    size_t (*after_register_call)(const uint8_t *code, size_t n);

    /* Encodes a direct call at pc to target into code; false when out of reach. */
    bool (*encode_call)(uint8_t *code, uint64_t pc, uint64_t target);

    /* Writes a thunk that may run at any address: loads `site` into the scratch register that the
     * trampoline expects (amd64 R12, arm64 X16) and jumps to the absolute address `trampoline`,
     * leaving every other register, the flags' consumers and the stack as they are. */
    void (*emit_thunk)(uint8_t *code, uint64_t site, uint64_t trampoline);
};

/* Every architecture, by GOARCH name. */
#define ARCH_TABLE(X) \
    X(amd64)          \
    X(arm64)

#define X(cpu) extern const struct arch_ops arch_##cpu;
ARCH_TABLE(X)
#undef X

/* NULL when perfgo does not know the machine. */
const struct arch_ops *arch_by_machine(uint16_t elf_machine);

/* The architecture this code was compiled for. */
const struct arch_ops *arch_host(void);

#endif
