/* go_g.h (arm64) - the goroutine that made a redirected call. (Go: src/cmd/compile/abi-internal.md)
 */
#ifndef PERFGO_HOT_ARCH_GO_G_H
#define PERFGO_HOT_ARCH_GO_G_H

#include <stdint.h>

/* C code of perfgo's leaves X28 as Go had it. [go thread] */
static inline uint64_t go_g(const uint64_t saved[4])
{
    uint64_t g;

    (void)saved;
    __asm__ volatile("mov %0, x28" : "=r"(g));
    return g;
}

#endif
