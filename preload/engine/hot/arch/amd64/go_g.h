/* go_g.h (amd64) - the goroutine that made a redirected call. (Go: src/cmd/compile/abi-internal.md)
 */
#ifndef PERFGO_HOT_ARCH_GO_G_H
#define PERFGO_HOT_ARCH_GO_G_H

#include <stdint.h>

/* saved: what the trampoline stored for the hook; R14 is in the third word. [go thread] */
static inline uint64_t go_g(const uint64_t saved[4])
{
    return saved[2];
}

#endif
