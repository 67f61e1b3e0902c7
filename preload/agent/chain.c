/* chain.c - ends a goroutine's chain of frame pointers where the kernel stops.
 *
 * For every sample the kernel walks frame pointers. On amd64 it takes any address of the user's for
 * a frame, also zero, which is how Go ends a chain: each walk ends in a page fault, which costs as
 * much as half of all else that a sample takes. An address of the kernel's ends it at once. So the
 * goroutine of a benchmark gets one, in the frame that it began with, before each run. (Linux:
 * arch/x86/events/core.c, perf_callchain_user; Go: src/runtime/asm_amd64.s, gogo)
 *
 * Go follows these pointers too, for its execution tracer and its profiles of blocking, unless
 * GODEBUG=tracefpunwindoff=1 tells it to unwind there as it does everywhere else, which perfgo exec
 * sets. Without that, and in Go versions that nobody has looked at, nothing is changed. Else it
 * only adds to those that point into a stack which it moves, and restores them. (Go: tracestack.go,
 * mprof.go; stack.go, adjustframe)
 */
#include "chain.h"

#include "go_g.h" /* hot/arch/<cpu>/ */

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_LOOKED_AT = 18, /* of Go 1.x */
    LAST_LOOKED_AT = 27,
    MOST_FRAMES = 64 /* from testing's call to where the goroutine began */
};

static bool may_end; /* written before Go's first instruction */

/* ---- [constructor] ---- */

static bool is_looked_at(const char *version)
{
    int minor = strncmp(version, "go1.", 4) == 0 ? atoi(version + 4) : 0;

    return minor >= FIRST_LOOKED_AT && minor <= LAST_LOOKED_AT;
}

/* "a=1,name=1": the last one of a name counts. (Go: src/runtime/runtime1.go, parsegodebug) */
static bool is_on(const char *godebug, const char *name)
{
    const size_t size = strlen(name);
    bool on = false;

    for (const char *s = godebug; s != NULL; s = strchr(s, ',')) {
        s += *s == ',';
        if (strncmp(s, name, size) == 0 && s[size] == '=')
            on = s[size + 1] == '1' && (s[size + 2] == ',' || s[size + 2] == '\0');
    }
    return on;
}

void chain_start(const char *go_version, const char *godebug)
{
    may_end = agent.engine->arch_host()->walk_faults && is_looked_at(go_version) &&
              is_on(godebug, "tracefpunwindoff");
}

/* ---- [go thread] ---- */

void chain_end(const struct hook_regs *regs)
{
    const uint64_t *bounds; /* a goroutine begins with those of its stack (Go: runtime2.go, g) */
    uint64_t at = hook_frame(regs);

    if (!may_end)
        return;
    bounds = (const uint64_t *)(uintptr_t)go_g(regs->saved);
    for (int i = 0; i < MOST_FRAMES && at >= bounds[0] && at <= bounds[1] - 16; i++) {
        uint64_t *frame = (uint64_t *)(uintptr_t)at;

        if (*frame == 0) {
            *frame = UINT64_MAX;
            return;
        }
        if (*frame <= at)
            return; /* no chain that is known */
        at = *frame;
    }
}
