/* bench.c - what is common to all ways of measuring: which benchmark runs, and the line it ends in.
 *
 * Registers are those of Go's ABIInternal at the call, so a hook sees the callee's arguments. No
 * libc here: on most Go threads the thread pointer is not libc's. [go thread]
 */
#include "bench.h"

struct bench bench;

static struct go_string string_at(uint64_t offset)
{
    return (struct go_string){(const char *)(uintptr_t)*bench_word(offset),
                              *bench_word(offset + 8)};
}

static void begin(const struct hook_regs *regs, uint64_t earlier)
{
    bench.b = (uint8_t *)(uintptr_t)regs->arg[0];
    bench.earlier = earlier;
    bench.current = regs->arg[1];
    bench.have_result = false;
}

void bench_first_run(const struct hook_regs *regs)
{
    begin(regs, 0);
}

bool bench_next_run(const struct hook_regs *regs)
{
    /* Another benchmark may have run since this one's first run: then it is not a continuation. */
    bool same = bench.b == (uint8_t *)(uintptr_t)regs->arg[0];

    begin(regs, same ? bench.earlier + bench.current : 0);
    return same;
}

/* BenchmarkResult.String(N, T, …): the line of the last run is about to be printed. The duration of
 * the result must be the one in *B, else this result belongs to something that was not followed. */
void hook_result(struct hook_regs *regs)
{
    bench.have_result = bench.b != NULL && regs->arg[1] == *bench_word(agent.layout.duration);
    bench.n = regs->arg[0];
    bench.duration = regs->arg[1];
}

static bool is_name(const char *text, uint64_t size)
{
    static const char prefix[] = "Benchmark";

    for (uint64_t i = 0; i < sizeof prefix - 1; i++)
        if (i >= size || text[i] != prefix[i])
            return false;
    return true;
}

/* "%8d\t…" as BenchmarkResult.String writes it, with the N of the result. Nothing follows the
 * number when the benchmark has set ns/op to zero. */
static bool is_result(const char *text, uint64_t size)
{
    uint64_t i = 0, n = 0;

    while (i < size && text[i] == ' ')
        i++;
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(text[i] - '0');
    return i > 0 && (i == size || text[i] == '\t') && n == bench.n;
}

/* One that is too long is not known at all, rather than taken for the one before. */
static void remember_name(const char *text, uint64_t size)
{
    if (size > sizeof bench.printed_name)
        size = 0;
    for (uint64_t i = 0; i < size; i++)
        bench.printed_name[i] = text[i];
    bench.printed_size = size;
}

/* runtime.convTstring(string): Go is about to print a text. A name is remembered; a result gets our
 * metrics behind it, by pointing the string at ours. */
void hook_text(struct hook_regs *regs)
{
    const char *text = (const char *)(uintptr_t)regs->arg[0];
    struct go_line line;
    const char *longer;
    size_t size;

    if (is_name(text, regs->arg[1])) {
        remember_name(text, regs->arg[1]);
        return;
    }
    if (!bench.have_result || !is_result(text, regs->arg[1]))
        return;
    bench.have_result = false;
    line.pkg = string_at(agent.layout.import_path);
    line.name = string_at(agent.layout.name);
    line.printed_name = (struct go_string){bench.printed_name, bench.printed_size};
    line.text = (struct go_string){text, regs->arg[1]};
    line.n = bench.n;
    line.duration_ns = bench.duration;
    line.iterations_run = bench.earlier + bench.n;
    longer = recorder_line(&line, &size);
    if (longer == NULL)
        return;
    regs->arg[0] = (uint64_t)(uintptr_t)longer;
    regs->arg[1] = size;
}
