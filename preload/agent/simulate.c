/* simulate.c - deterministic counts from Valgrind's callgrind, in place of a PMU.
 *
 * Callgrind starts with its instrumentation off; the hooks switch it on at the start of a window
 * and off at its end, so a dump holds the timed region and nothing else, and everything around it
 * runs several times faster.
 *
 * Time means nothing here, so testing's own search for an iteration count is led: benchmarks run in
 * its duration mode, and at the end of each run the hook writes into testing.B a duration that
 * makes testing go on or stop. A line has four runs: the first single iteration, from whose cost
 * the next is sized; unless that was long, a warm-up (lazy initialisation, growth of maps and of
 * the goroutine's stack, sync.Once); N; and 2N. The counts are those of 2N. What N more iterations
 * cost, the difference of the last two, is kept beside them: where the two disagree the benchmark
 * is not linear, or was not warm. A b.Loop loop does all that within one run: there the call by
 * which it predicts its next target is led instead. (Go: src/testing/benchmark.go, launch,
 * stopOrScaleBLoop, predictN)
 *
 * What would differ between runs is fixed or held: the 16 bytes at AT_RANDOM, from which Go seeds
 * its hashes and its scheduler, are overwritten before Go reads them; sysmon, which looks around by
 * real time, makes goroutines yield and moves them between threads, is kept asleep.
 */
#include "bench.h"
#include "progress.h"

#include "hot/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <valgrind/callgrind.h>

enum {
    WARM_UP_COST = 500000, /* instructions that the warm-up should cost … */
    WARM_UP_MOST = 1000,   /* … in at most so many iterations */
    COST = 2000000,        /* instructions that N iterations should cost … */
    MOST = 1000000,        /* … in at most so many */
    HOLD_SECONDS = 60,     /* sysmon runs at least so often */
    GO_ON = 1,             /* a duration that makes testing go on */
};
#define FINISHED ((uint64_t)1 << 40) /* the one that it is told to reach */

enum phase { FIRST, WARM_UP, HALF, FULL, AFTER };

struct counted {
    struct pg_counts counts;
    uint64_t iterations, windows;
};

static struct {
    enum phase phase;
    uint64_t part;       /* dumps asked for so far */
    uint64_t iterations; /* of the run under way */
    uint64_t windows;    /* closed in it */
    uint64_t target;     /* b.Loop: iterations of all runs of the line */
    uint32_t *wake;      /* shared with perfgo exec: changed when sysmon is to run */
    bool have_half, have_full;
    struct counted half, full;
    char dump[4200]; /* the one read last, and still there; whoever reads the next one writes it */
} sim;

/* ---- [go thread] ---- */

/* The largest of 1, 2, 5, 10, 20, 50, … that is not above n: the same for costs that differ little,
 * so that two versions of a benchmark run equally often. */
static uint64_t round_down(uint64_t n)
{
    uint64_t power = 1;

    while (n / power >= 10)
        power *= 10;
    return n / power >= 5 ? 5 * power : n / power >= 2 ? 2 * power : power;
}

static uint64_t affordable(uint64_t budget, uint64_t cost, uint64_t most)
{
    uint64_t n = cost > 0 ? budget / cost : most;

    return round_down(n < 1 ? 1 : n > most ? most : n);
}

static void begin(enum phase phase, uint64_t iterations)
{
    sim.phase = phase;
    sim.iterations = iterations;
    sim.windows = 0;
    CALLGRIND_ZERO_STATS;
}

/* The counts of the run that just ended; false when Valgrind's dump cannot be read. */
static bool collect(struct counted *out)
{
    out->iterations = sim.iterations;
    out->windows = sim.windows;
    CALLGRIND_DUMP_STATS_AT("perfgo");
    return recorder_dump(++sim.part, &out->counts);
}

/* instructions per iteration; the plan's first counter stands for them when it has them not. */
static uint64_t cost_of(const struct counted *run)
{
    return run->iterations > 0 ? run->counts.value[0] / run->iterations : 0;
}

/* Ends one run of the line and sizes the next. */
static void next_phase(void)
{
    struct counted run;
    bool have = collect(&run);
    uint64_t cost = have ? cost_of(&run) : COST;
    uint64_t fixed = agent.settings.iterations;

    switch (sim.phase) {
    case FIRST:
        /* A single iteration that costs as much as N should has warmed up enough. */
        if (fixed == 0 && cost >= COST)
            begin(HALF, 1);
        else
            begin(WARM_UP, affordable(WARM_UP_COST, cost, WARM_UP_MOST));
        break;
    case WARM_UP:
        begin(HALF, fixed > 0 ? (fixed + 1) / 2 : affordable(COST, cost, MOST));
        break;
    case HALF:
        sim.half = run;
        sim.have_half = have;
        begin(FULL, fixed > 0 ? fixed : 2 * run.iterations);
        break;
    case FULL:
    case AFTER: /* a benchmark whose timer never ran: testing tries again and again */
        begin(AFTER, 1);
        break;
    }
}

void hook_simulate_run_first(struct hook_regs *regs)
{
    bench_first_run(regs);
    progress_tell((struct go_string){(const char *)(uintptr_t)bench_word(agent.layout.name)[0],
                                     bench_word(agent.layout.name)[1]});
    /* Duration mode, whatever -benchtime says. */
    bench_word(agent.layout.bench_time)[0] = FINISHED;
    bench_word(agent.layout.bench_time)[1] = 0;
    sim.have_half = sim.have_full = false;
    sim.target = 1;
    begin(FIRST, 1);
}

void hook_simulate_run_again(struct hook_regs *regs)
{
    next_phase();
    regs->arg[1] = sim.iterations;
    bench_next_run(regs);
}

/* A b.Loop loop has reached its target and is about to ask how much time is over (Elapsed), to go
 * on to predictN(goal, target, elapsed): at least target + 1 more, and no more than that when the
 * product of the first two overflows to a negative number. So a goal of 2^62 and a target whose
 * last two bits are 10 or 11 lead to the next target exactly. */
void hook_simulate_loop(struct hook_regs *regs)
{
    CALLGRIND_STOP_INSTRUMENTATION;
    (void)regs;
    if (sim.phase >= FULL) {
        bench_word(agent.layout.bench_time)[0] = 0; /* the time is over */
    } else {
        sim.windows++;
        next_phase();
        sim.target += sim.iterations;
        while (((sim.target - 1) & 3) < 2) {
            sim.target++;
            sim.iterations++;
        }
        bench_word(agent.layout.bench_time)[0] = (uint64_t)1 << 62;
        *bench_word(agent.layout.loop_n) = sim.target - 1;
    }
    CALLGRIND_START_INSTRUMENTATION;
}

void hook_simulate_start(struct hook_regs *regs)
{
    (void)regs;
    CALLGRIND_START_INSTRUMENTATION;
}

void hook_simulate_stop(struct hook_regs *regs)
{
    CALLGRIND_STOP_INSTRUMENTATION;
    (void)regs;
    sim.windows++;
    /* testing has added the real time of this window; it is no measure of anything. */
    if (bench.b != NULL)
        *bench_word(agent.layout.duration) = sim.phase >= FULL ? FINISHED : GO_ON;
}

void hook_simulate_reset(struct hook_regs *regs)
{
    (void)regs;
    CALLGRIND_ZERO_STATS;
    sim.windows = 0;
}

void hook_simulate_result(struct hook_regs *regs)
{
    hook_result(regs);
    if (bench.have_result)
        sim.have_full = collect(&sim.full);
}

/* Before and after sysmon's sleep: it sleeps here instead. Somebody may wait for what only sysmon
 * does, such as taking the processor from a goroutine that sits in a system call; whether anything
 * makes progress is for perfgo exec to see, from outside, where looking costs no instruction. */
void hook_simulate_sysmon(struct hook_regs *regs)
{
    static uint32_t never;
    static const struct timespec patience = {HOLD_SECONDS, 0};
    uint32_t *word = sim.wake != NULL ? sim.wake : &never;
    int private = sim.wake != NULL ? 0 : FUTEX_PRIVATE_FLAG;

    (void)regs;
    sys_call6(SYS_futex, (long)word, FUTEX_WAIT | private, __atomic_load_n(word, __ATOMIC_RELAXED),
              (long)&patience, 0, 0);
}

void simulate_total(struct session_line *line)
{
    line->n_threads = 0;
    line->threads_missed = 0;
    line->simulated = true;
    line->counted = sim.have_full ? sim.full.iterations : 0;
    line->windows = sim.full.windows;
    line->total = sim.full.counts;
    line->half_counted = sim.have_half ? sim.half.iterations : 0;
    line->half_windows = sim.half.windows;
    line->half = sim.half.counts;
    line->dump = sim.have_full ? sim.dump : NULL;
}

/* ---- [constructor] ---- */

int simulate_read_dump(uint64_t part, struct pg_counts *out, struct pg_error *err)
{
    if (sim.dump[0] != '\0')
        unlink(sim.dump);
    snprintf(sim.dump, sizeof sim.dump, "%s/callgrind.out.%llu", agent.settings.simulate_dir,
             (unsigned long long)part);
    return agent.engine->simulate_read(sim.dump, &agent.plan, out, err);
}

/* splitmix64 (S. Vigna): any seed, 0 too, gives 16 bytes without a pattern. */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* libc has taken its own secrets from these bytes already; Go reads them later. (getauxval(3)) */
static void fix_randomness(void)
{
    uint64_t state = agent.settings.seed;
    void *at = (void *)getauxval(AT_RANDOM);
    uint64_t bytes[2] = {mix(&state), mix(&state)};

    if (at != NULL)
        memcpy(at, bytes, sizeof bytes);
}

/* The kernel's clock code in the process does its divisions in loops whose length depends on the
 * time. Where Go does not find it, it makes system calls, which cost the same each time.
 * (getauxval(3) AT_SYSINFO_EHDR; Go: src/runtime/vdso_linux.go, os_linux.go, sysauxv) */
static void hide_vdso(void)
{
    char **end = environ;
    uint64_t *aux;

    while (*end != NULL)
        end++;
    for (aux = (uint64_t *)(void *)(end + 1); aux[0] != AT_NULL; aux += 2)
        if (aux[0] == AT_SYSINFO_EHDR)
            aux[0] = AT_IGNORE;
}

/* An empty window, as testing makes it: see calibrate.c. Simulated, so one is like the other. */
static int measure_empty_window(struct pg_error *err)
{
    const struct hook_site start = {(uint64_t)(uintptr_t)pg_return, hook_simulate_start};
    const struct hook_site stop = {(uint64_t)(uintptr_t)pg_return, hook_simulate_stop};
    struct pg_counts counts;
    struct timespec t;
    int rc;

    for (int i = 0; i < 2; i++) { /* the second one with warm caches */
        CALLGRIND_ZERO_STATS;
        pg_call_site(&start);
        sys_clock_gettime(CLOCK_REALTIME, &t);
        sys_clock_gettime(CLOCK_MONOTONIC, &t);
        pg_call_site(&stop);
    }
    CALLGRIND_DUMP_STATS_AT("perfgo");
    rc = simulate_read_dump(++sim.part, &counts, err);
    for (uint32_t i = 0; rc == 0 && i < agent.plan.n_counters; i++)
        agent.plan.counter[i].own_cost = counts.value[i];
    return rc;
}

static void map_wake(void)
{
    char path[4200];
    void *page;
    int fd;

    snprintf(path, sizeof path, "%s/wake", agent.settings.simulate_dir);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    page = mmap(NULL, sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        sim.wake = page;
}

int simulate_start(struct pg_error *err)
{
    int rc;

    if (!RUNNING_ON_VALGRIND || agent.settings.simulate_dir == NULL)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the simulate back end runs under Valgrind: use perfgo test simulate, "
                            "or perfgo exec --backend=simulate");
    rc = agent.engine->simulate_plan(agent.settings.events, &agent.plan, err);
    if (rc < 0)
        return rc;
    fix_randomness();
    hide_vdso();
    map_wake();
    progress_open();
    return measure_empty_window(err);
}
