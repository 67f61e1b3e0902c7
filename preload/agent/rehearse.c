/* rehearse.c - what a window contains besides the benchmark, told by testing's own code.
 *
 * calibrate.c measures the hooks, but not what testing executes between them: the end of StartTimer
 * behind its reading of the clock, and StopTimer up to the end of its own. A time says so little of
 * these that it is in ns/op too; an instruction count is off by them, hundreds per window. So
 * before the first benchmark function runs, testing itself goes through some windows without it.
 * testing.(*B).runN is, in every version,
 *
 *         b.ResetTimer()
 *      1: b.StartTimer()
 *      2: b.benchFunc(b)
 *      3: b.StopTimer()
 *      4:
 *
 * where 1 to 4 are what these calls return to. Between two calls Go keeps nothing in registers, so
 * in one and the same frame a call may return behind another one. Here StartTimer returns to 3
 * instead of 2, and StopTimer to 1 instead of 4, as often as wanted; in the end the call of
 * StartTimer is made one of ResetTimer, which forgets the duration and the allocations and returns
 * to 1. All of these are addresses at which Go itself returns into this function, so whoever walks
 * the stack meanwhile sees nothing else than ever, on either side.
 *
 * A window has the code between 2 and 3 less than a benchmark's: the load and the call of the
 * function. It is the benchmark's in its first window; the calls of StopTimer and StartTimer in the
 * others are the same as here. (Go: src/testing/benchmark.go, runN)
 */
#include "agent.h"

enum {
    WINDOWS = 33,
    LONGEST = 512,      /* bytes of code between StartTimer and StopTimer in runN */
    LARGEST_FRAME = 64, /* words of StopTimer's */
};

static struct {
    uint32_t left;          /* windows to go */
    bool running;           /* one has been opened */
    uint64_t behind_reset;  /* 1 */
    uint64_t behind_func;   /* 3 */
    uint64_t behind_stop;   /* 4 */
    struct hook_site reset; /* a call of ResetTimer that the trampoline may make */
    uint64_t seen[PG_MAX_COUNTERS][WINDOWS];
} own;

/* The run-time address behind the only call of `callee` in runN; 0: there is not exactly one. */
static uint64_t behind_call(const struct gobin *bin, const char *callee, uint64_t bias,
                            uint64_t *entry)
{
    struct gobin_function run, f;
    uint64_t found[2];

    if (!agent.engine->gobin_function_by_name(bin, "testing.(*B).runN", &run) ||
        !agent.engine->gobin_function_by_name(bin, callee, &f) ||
        agent.engine->gobin_calls(bin, &run, f.entry, found, 2, NULL) != 1)
        return 0;
    *entry = f.entry + bias;
    return found[0] + bias + agent.engine->arch_host()->call_size;
}

static bool counts_on_hardware(void)
{
    for (uint32_t i = 0; i < agent.plan.n_counters; i++)
        if (agent.plan.counter[i].backend == PG_BACKEND_PMU)
            return true;
    return false;
}

void rehearse_prepare(const struct gobin *bin, uint64_t bias)
{
    const struct arch_ops *arch = agent.engine->arch_host();
    uint64_t entry, reset = 0;
    uint64_t behind_start = behind_call(bin, "testing.(*B).StartTimer", bias, &entry);
    uint64_t behind_stop = behind_call(bin, "testing.(*B).StopTimer", bias, &entry);
    uint64_t behind_reset = behind_call(bin, "testing.(*B).ResetTimer", bias, &reset);
    uint64_t size = behind_stop - arch->call_size - behind_start;
    size_t after;

    if (!counts_on_hardware())
        return;
    if (behind_start == 0 || behind_stop == 0 || behind_reset == 0 ||
        behind_reset >= behind_start || behind_stop <= behind_start || size > LONGEST)
        return;
    after = arch->after_register_call((const uint8_t *)(uintptr_t)behind_start, (size_t)size);
    if (after == 0)
        return;
    own.behind_reset = behind_reset;
    own.behind_func = behind_start + after;
    own.behind_stop = behind_stop;
    own.reset.callee = reset;
    own.left = WINDOWS;
    say_log("windows are rehearsed by testing itself");
}

static void keep_counts(uint32_t window)
{
    struct windows_total total;

    windows_total(agent.windows, &total, NULL, 0);
    for (uint32_t c = 0; c < agent.plan.n_counters; c++)
        own.seen[c][window] = total.total.value[c];
}

static void sort(uint64_t *value, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && value[k] < value[k - 1]; k--) {
            uint64_t higher = value[k - 1];

            value[k - 1] = value[k];
            value[k] = higher;
        }
}

/* Times and the kernel's software events keep what calibrate found. */
static void settle(void)
{
    for (uint32_t c = 0; c < agent.plan.n_counters; c++) {
        struct pg_counter *counter = &agent.plan.counter[c];
        uint64_t *seen = own.seen[c];

        if (counter->backend != PG_BACKEND_PMU)
            continue;
        sort(seen, WINDOWS);
        counter->own_cost = seen[WINDOWS / 2];
        counter->own_residual = seen[WINDOWS * 9 / 10] - seen[WINDOWS / 10];
    }
}

void hook_rehearse(struct hook_regs *regs)
{
    if (own.left == 0 && !own.running)
        return;
    if (own.running)
        keep_counts(own.left);
    windows_begin_run(agent.windows);
    if (own.left > 0) {
        own.running = true;
        *hook_callee_returns(regs) = own.behind_func;
        return;
    }
    own.running = false;
    settle();
    regs->site = &own.reset;
    *hook_callee_returns(regs) = own.behind_reset;
}

/* Where StopTimer will return to runN: as its frame says, or else wherever the address is. That it
 * is found matters: without it the benchmark function would not run at all. NULL: somebody else
 * calls StopTimer. */
static uint64_t *return_of_stop(struct hook_regs *regs)
{
    uint64_t *at = hook_caller_returns(regs);

    if (*at == own.behind_stop)
        return at;
    for (at = regs->stack; at < regs->stack + LARGEST_FRAME; at++)
        if (*at == own.behind_stop)
            return at;
    return NULL;
}

void rehearse_closed(struct hook_regs *regs)
{
    uint64_t *at = own.running ? return_of_stop(regs) : NULL;

    if (at == NULL)
        return;
    own.left--;
    *at = own.behind_reset;
}
