/* stitch.c - C frames by libunwind, Go's callers below them by frame pointers.
 *
 * Go calls C on another stack: cgocall → asmcgocall, which goes over to the system stack of the
 * thread and calls the C function there. libunwind comes from the interrupted instruction down to
 * asmcgocall, through code that keeps no frame pointers, over registers and a copy of the system
 * stack. What it restores on the way is the frame pointer that asmcgocall had: the newest frame on
 * the goroutine's stack, from where frame pointers lead through all of Go's callers. (Go:
 * src/runtime/asm_*.s, asmcgocall) But the goroutine's stack is not part of the sample. Its frames
 * are known
 *
 *  1. when the C code had not touched the frame pointer yet, or had saved it in a frame of its own:
 *     then the kernel's callchain, walked at the time of the sample, leads there itself;
 *  2. from another sample of the same call, for which 1 holds: a goroutine that waits for C code
 *     cannot change its stack, and calls from one place in a loop look alike;
 *  3. from the stack itself, read when the sample is drained. By then the goroutine may have gone
 *     on, so that this is believed only if every return address stands behind a call of the very
 *     function that its callee is.
 *
 * On arm64 asmcgocall has another frame pointer when it calls C, that of the system stack, so 1
 * does not happen. Where the goroutine's frame is follows from what asmcgocall keeps on the system
 * stack.
 *
 * What 2 and 3 show is kept by the frame pointer and the C function that asmcgocall called. Samples
 * that have to rely on it carry a mark in place of callers, and get them when the profile is made.
 * When the same frame pointer was seen with different chains of callers it is not known which one a
 * sample belongs to: it then has what they have in common, and between that a frame that says so.
 * Nothing is guessed.
 */
#include "collect/stitch.h"

#include "arch/arch.h"
#include "base/arena.h"
#include "base/numbers.h"
#include "pmu/records.h"
#include "sym/symbols.h"
#include "unwind/native.h"
#include "unwind/skipped.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MARK (1ull << 62)

enum {
    MAX_CALLERS = 256,
    MAX_READS = 64,      /* of one stack, that showed callers: then they are believed */
    MAX_FRAME = 1 << 20, /* bytes from one frame to the next */
    MAX_REFRESHES = 16,  /* of the mappings, for code that was loaded late */
};

struct known { /* callers of one call */
    const uint64_t *caller;
    uint32_t n, reads;
    uint32_t inner, outer; /* how many at either end all chains have in common; n: there is one */
};

struct stitch {
    const struct stack_program *program;
    struct symbols *symbols;
    struct space *space;
    struct unwinder *unwinder;
    unsigned int refreshes;
    struct numbers calls; /* frame pointer, C function: index of known + 1 */
    struct known *known;
    size_t n_known, room;
    struct arena arena;
};

/* ---- the process ---- */

bool stitch_is_go(const struct stitch *s, uint64_t pc)
{
    struct gobin_function f;

    return gobin_function_at(s->program->bin, pc - s->program->bias, &f);
}

static bool is_go(void *context, uint64_t pc)
{
    return stitch_is_go(context, pc);
}

static const struct elf_image *image_at(void *context, uint64_t address, uint64_t *bias)
{
    struct stitch *s = context;
    const struct region *region = space_at(s->space, address);
    const struct object *object;
    uint64_t linked;

    if (region == NULL && (int64_t)address > 0 && s->refreshes < MAX_REFRESHES) {
        s->refreshes++;
        space_read(s->space, (int32_t)getpid(), NULL);
        region = space_at(s->space, address);
    }
    object = region != NULL ? region_object(s->symbols, region) : NULL;
    if (object == NULL || !region_address(s->symbols, region, address, &linked))
        return NULL;
    *bias = address - linked;
    return object_image(object);
}

struct stitch *stitch_new(const struct stack_program *program)
{
    struct stitch *s = calloc(1, sizeof *s);
    const struct unwind_process process = {s, image_at, is_go};

    if (s == NULL)
        return NULL;
    s->program = program;
    s->symbols = symbols_new();
    s->space = s->symbols != NULL ? space_new(s->symbols, NULL) : NULL;
    if (s->space != NULL && unwinder_new(&process, &s->unwinder, NULL) == 0)
        return s;
    stitch_free(s);
    return NULL;
}

void stitch_forget(struct stitch *s)
{
    numbers_free(&s->calls);
    arena_free(&s->arena);
    s->n_known = 0;
}

void stitch_free(struct stitch *s)
{
    if (s == NULL)
        return;
    stitch_forget(s);
    unwinder_free(s->unwinder);
    symbols_free(s->symbols);
    free(s->known);
    free(s);
}

/* ---- what is known of calls ---- */

static struct known *known_of(struct stitch *s, uint64_t frame, uint64_t call)
{
    uint64_t number = numbers_get(&s->calls, frame, call);

    if (number != 0)
        return &s->known[number - 1];
    if (s->n_known == s->room) {
        struct known *more = realloc(s->known, (2 * s->room + 16) * sizeof *more);

        if (more == NULL)
            return NULL;
        s->known = more;
        s->room = 2 * s->room + 16;
    }
    if (!numbers_put(&s->calls, frame, call, s->n_known + 1))
        return NULL;
    s->known[s->n_known] = (struct known){0};
    return &s->known[s->n_known++];
}

static bool is_certain(const struct known *k)
{
    return k->inner == k->n;
}

/* Keeps what this chain has in common with what was known. */
static void narrow(struct known *k, const uint64_t *caller, uint32_t n)
{
    const uint32_t least = n < k->n ? n : k->n;
    uint32_t inner = 0, outer = 0;

    while (inner < k->inner && inner < least && caller[inner] == k->caller[inner])
        inner++;
    if (inner == n && n == k->n)
        return;
    while (outer < k->outer && outer < least - inner &&
           caller[n - 1 - outer] == k->caller[k->n - 1 - outer])
        outer++;
    k->inner = inner;
    k->outer = outer;
}

static void learn(struct stitch *s, struct known *k, const uint64_t *caller, uint32_t n)
{
    uint64_t *copy;

    if (n > 0 && k->n > 0)
        narrow(k, caller, n);
    if (n == 0 || k->n > 0)
        return;
    copy = arena_array(&s->arena, n, sizeof *copy);
    if (copy == NULL)
        return;
    memcpy(copy, caller, n * sizeof *copy);
    *k = (struct known){copy, n, k->reads, n, n};
}

uint32_t stitch_callers(const struct stitch *s, uint64_t mark, uint64_t *caller, uint32_t max)
{
    const uint64_t i = mark & ~MARK;
    const struct known *k = i < s->n_known ? &s->known[i] : NULL;
    uint32_t n;

    if (k == NULL || k->n == 0 || k->n + 1 > max)
        return 0;
    n = k->inner;
    memcpy(caller, k->caller, n * sizeof *caller);
    if (is_certain(k))
        return n;
    caller[n++] = STITCH_SEVERAL;
    memcpy(caller + n, k->caller + k->n - k->outer, k->outer * sizeof *caller);
    return n + k->outer;
}

/* ---- the goroutine's stack, as it is now ---- */

/* Two words at an address of this process; false when it has none there. */
static bool read_frame(uint64_t frame, uint64_t word[2])
{
    struct iovec to = {word, 2 * sizeof *word}, from = {(void *)(uintptr_t)frame, to.iov_len};

    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)to.iov_len;
}

/* Whether the call that returns to `caller` can have led to the function at `callee`: certainly,
 * or through a pointer. */
static bool follows(const struct stitch *s, uint64_t callee, uint64_t caller)
{
    const struct stack_program *p = s->program;
    struct gobin_function in, called;
    uint64_t site;

    if (!gobin_function_at(p->bin, callee - 1 - p->bias, &in) ||
        !gobin_called(p->bin, caller - p->bias, &called))
        return true;
    return called.entry == in.entry || strcmp(called.name, in.name) == 0 ||
           unwind_skipped(p->bin, callee - 1 - p->bias, caller - p->bias, &site) != SKIPPED_NONE;
}

static bool is_root(const struct stitch *s, uint64_t caller)
{
    const struct stack_program *p = s->program;
    struct gobin_function f;

    return gobin_function_at(p->bin, caller - 1 - p->bias, &f) &&
           strcmp(f.name, "runtime.goexit") == 0;
}

/* Follows frame pointers to where the goroutine began; 0 when anything is not as it must be. */
static uint32_t read_callers(const struct stitch *s, uint64_t frame, uint64_t pc, uint64_t *caller)
{
    uint64_t word[2];
    uint32_t n = 0;

    while (n < MAX_CALLERS && read_frame(frame, word) && stitch_is_go(s, word[1] - 1) &&
           follows(s, pc, word[1])) {
        caller[n++] = pc = word[1];
        if (is_root(s, pc))
            return n;
        if (word[0] <= frame || word[0] - frame > MAX_FRAME)
            return 0;
        frame = word[0];
    }
    return 0;
}

/* The frame pointer that the goroutine had where it called C: asmcgocall keeps its own on the
 * goroutine's stack, below its return address. */
static bool goroutine_frame(const struct record_sample *sample, struct unwind_end *end)
{
    uint64_t sp, at, kept[2], bounds[2]; /* g, depth of its stack; g.stack.lo and hi */

    if (!record_reg(&sample->user, arch_host()->regs.stack, &sp) || sample->stack == NULL)
        return false;
    at = end->stack - sp;
    if (at > sample->stack_size || sample->stack_size - at < sizeof kept)
        return false;
    memcpy(kept, sample->stack + at, sizeof kept);
    if (kept[0] == 0 || !read_frame(kept[0], bounds) || kept[1] == 0 ||
        kept[1] > bounds[1] - bounds[0])
        return false;
    end->frame = bounds[1] - kept[1] - sizeof(uint64_t);
    return true;
}

/* ---- one sample ---- */

/* What the kernel's walk shows of Go's callers; 0 when it did not get there. */
static uint32_t kernel_callers(const struct record_sample *sample, const struct unwind_end *end,
                               const uint64_t *chain, uint32_t n_chain, uint64_t *caller)
{
    uint64_t frame;
    uint32_t n = 0;

    if (!record_reg(&sample->user, arch_host()->regs.frame, &frame) || frame != end->frame) {
        uint32_t i = 0;

        while (i < n_chain && chain[i] != end->pc)
            i++;
        if (i == n_chain)
            return 0;
        chain += i + 1;
        n_chain -= i + 1;
    }
    while (n < n_chain && n < MAX_CALLERS) {
        caller[n] = chain[n];
        n++;
    }
    return n;
}

/* Puts in front of callers the one that frame pointers lead past. */
static uint32_t with_skipped(const struct stitch *s, const struct unwind_end *end, uint64_t *caller,
                             uint32_t n)
{
    uint64_t skipped;

    if (n == 0 || stack_skipped(s->program, end->pc, caller[0], &skipped) == 0)
        return n;
    memmove(caller + 1, caller, n * sizeof *caller);
    caller[0] = skipped;
    return n + 1;
}

uint32_t stitch_native(struct stitch *s, const struct record_sample *sample, const uint64_t *chain,
                       uint32_t n_chain, uint64_t *address, uint32_t max, bool *truncated)
{
    const bool switches = arch_host()->regs.switch_frame;
    uint64_t caller[MAX_CALLERS + 1];
    struct unwind_end end;
    uint32_t n, n_callers;
    struct known *k;

    n = (uint32_t)unwind_native(s->unwinder, sample, address, max - 2, &end);
    *truncated = !end.in_go || n == 0;
    if (*truncated)
        return n;
    if (switches && !goroutine_frame(sample, &end)) {
        *truncated = true;
        address[n++] = end.pc;
        return n;
    }
    k = known_of(s, end.frame, address[n - 1]);
    address[n++] = end.pc;
    n_callers = switches ? 0 : kernel_callers(sample, &end, chain, n_chain, caller);
    n_callers = with_skipped(s, &end, caller, n_callers);
    if (n_callers > 0) {
        if (k != NULL)
            learn(s, k, caller, n_callers);
        for (uint32_t i = 0; i < n_callers && n < max; i++)
            address[n++] = caller[i];
        return n;
    }
    *truncated = k == NULL;
    if (k == NULL)
        return n;
    if (k->reads < MAX_READS) {
        n_callers = read_callers(s, end.frame, end.pc, caller);
        k->reads += n_callers > 0;
        learn(s, k, caller, with_skipped(s, &end, caller, n_callers));
    }
    address[n++] = MARK | (uint64_t)(k - s->known);
    return n;
}
