#include "arch/arch.h"

#include <elf.h>

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#else
#error "perfgo has no arch/ folder for this CPU"
#endif

const struct arch_ops *arch_by_machine(uint16_t elf_machine)
{
#define X(cpu)                                 \
    if (arch_##cpu.elf_machine == elf_machine) \
        return &arch_##cpu;
    ARCH_TABLE(X)
#undef X
    return NULL;
}

const struct arch_ops *arch_host(void)
{
    return arch_by_machine(HOST_MACHINE);
}
