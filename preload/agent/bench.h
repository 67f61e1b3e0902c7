/* bench.h - the benchmark under way, as testing's own data tell it.
 *
 * testing serialises benchmarks (benchmarkLock), so plain words do; *B is kept alive by
 * processBench for as long as they are used. Everything here is [go thread].
 */
#ifndef PERFGO_AGENT_BENCH_H
#define PERFGO_AGENT_BENCH_H

#include "agent.h"

struct bench {
    uint8_t *b;           /* the testing.B whose run began last; NULL: none yet */
    uint64_t earlier;     /* iterations of its earlier runs */
    uint64_t current;     /* N of the run under way */
    uint64_t n, duration; /* of the result that is about to be printed */
    bool have_result;
    uint64_t printed_size;
    char printed_name[8192]; /* the benchmark name that was printed last */
};
extern struct bench bench;

static inline uint64_t *bench_word(uint64_t offset)
{
    return (uint64_t *)(void *)(bench.b + offset);
}

/* A call of testing.(*B).runN, whose arguments are in regs: the first run of a line or a further
 * one. Returns false when a further run is not of the benchmark whose run began last. */
void bench_first_run(const struct hook_regs *regs);
bool bench_next_run(const struct hook_regs *regs);

#endif
