/* simulate.c - deterministic counts from Valgrind's callgrind, in place of a PMU.
 *
 * A dump of callgrind's holds what was executed since its counters were last zero. So a window
 * begins by making them zero and ends with a dump. Callgrind starts with its instrumentation off,
 * and is switched on at the first window: everything before runs several times faster. It stays on,
 * because switching throws all translated code away, which costs more than a whole run of most
 * benchmarks. Only where a run opens its window again (StopTimer, StartTimer), the part between is
 * kept out by switching, and fewer iterations are counted; that is noticed when it happens, and the
 * run is repeated that way.
 *
 * Time means nothing here, so testing's own search for an iteration count is led: benchmarks run in
 * its duration mode, and at the end of each run the hook writes into testing.B a duration that
 * makes testing go on or stop. A line has four runs: the first single iteration, from whose cost
 * the next are sized; a warm-up (lazy initialisation, growth of maps and of the goroutine's stack,
 * sync.Once); N; and 2N. The counts are those of 2N. What N more iterations cost, the difference of
 * the last two, is kept beside them: where the two disagree the benchmark is not linear, or was not
 * warm. Where one iteration costs more than all that should, the first is the warm-up and the
 * second is counted; where it costs more than several such, it is counted at once. These have no N
 * and 2N to compare. A b.Loop loop does all that within one run: there the call by which it
 * predicts its next target is led instead. (Go: src/testing/benchmark.go, launch,
 * stopOrScaleBLoop, predictN)
 *
 * What would differ between runs is fixed or held: the 16 bytes at AT_RANDOM, from which Go seeds
 * its hashes and its scheduler, are overwritten before Go reads them; the order of Go's threads
 * (turns.c) and the time they see (clock.c) do not depend on the machine.
 */
#include "simulator.h"

#include "hot/sys.h"
#include "preload/agent/bench.h"

#include <elf.h>
#include <string.h>

#include <valgrind/callgrind.h>

enum {
    WARM_UP_COST = 250000, /* instructions that the warm-up should cost … */
    WARM_UP_MOST = 1000,   /* … in at most so many iterations */
    COST = 1000000,        /* instructions that N iterations should cost … */
    MOST = 500000,         /* … in at most so many */
    WINDOW_COST = 100000,  /* a window that is switched takes as long as so many */
    DEAR = 4000000,        /* an iteration that is counted alone … */
    DEAREST = 10000000,    /* … and one that runs only once */
    TAIL = 512,            /* bytes of a dump that have its last line */
    GO_ON = 1,             /* a duration that makes testing go on */
};
#define FINISHED ((uint64_t)1 << 40) /* the one that it is told to reach */

enum phase { FIRST, WARM_UP, HALF, FULL, AFTER };

static struct {
    bool ready; /* the first benchmark has begun */
    enum phase phase;
    uint64_t part;       /* dumps asked for so far */
    uint64_t iterations; /* of the run under way */
    uint64_t windows;    /* closed in it */
    uint64_t target;     /* b.Loop: iterations of all runs of the line */
    bool instrumented;
    bool switching;    /* the line opens windows again: only they are instrumented */
    bool torn;         /* … which came as a surprise: this run's first window is lost */
    bool enough;       /* the first run is the last one */
    unsigned long end; /* what ends a window: a request of callgrind's */
    bool have_half, have_full;
    struct simulation_run half, full;
    uint64_t empty_part; /* the dump of an empty window; 0: none, or it has been read */
} sim = {.end = VG_USERREQ__DUMP_STATS_AT};

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
    if (sim.switching)
        CALLGRIND_ZERO_STATS;
}

/* A request of callgrind's as data: whichever it is, the instructions around it are the same. */
static void ask(unsigned long request)
{
    VALGRIND_DO_CLIENT_REQUEST_STMT(request, "perfgo", 0, 0, 0, 0);
}

/* Where only windows are instrumented, what was counted stays for the next one to add to. */
static unsigned long start_request(void)
{
    if (sim.instrumented)
        return VG_USERREQ__ZERO_STATS;
    sim.instrumented = true;
    return VG_USERREQ__START_INSTRUMENTATION;
}

static void end_window(void)
{
    ask(sim.end);
    sim.windows++;
    sim.instrumented = !sim.switching;
    sim.part += !sim.switching;
}

/* The run that just ended. */
static struct simulation_run collect(void)
{
    struct simulation_run run = {.iterations = sim.iterations, .windows = sim.windows};

    if (sim.switching) {
        CALLGRIND_DUMP_STATS_AT("perfgo");
        sim.part++;
    }
    run.part = sim.windows > 0 ? sim.part : 0;
    return run;
}

static const char *name_of(uint64_t part)
{
    static char name[48] = "callgrind.out.";
    char digits[24], *end = name + sizeof "callgrind.out." - 1;
    int n = 0;

    do
        digits[n++] = (char)('0' + part % 10);
    while ((part /= 10) > 0);
    while (n > 0)
        *end++ = digits[--n];
    *end = '\0';
    return name;
}

/* The first number behind "totals:", instructions in any case; 0: there is none. */
static uint64_t parse_total(const char *text, long size)
{
    static const char key[] = "\ntotals: ";
    uint64_t total = 0;
    long at = 0, n = 0;

    while (at < size && n < (long)sizeof key - 1) {
        n = text[at] == key[n] ? n + 1 : text[at] == key[0];
        at++;
    }
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
        total = total * 10 + (uint64_t)(text[at] - '0');
    return total;
}

/* Instructions per iteration of a run, whose dump is needed for nothing else. What the recorder
 * would do for that would leave its traces in the caches that the next run finds. */
static uint64_t cost_of(const struct simulation_run *run, bool keep)
{
    char text[TAIL];
    const int fd = run->part > 0 ? simulator_open(name_of(run->part), O_RDONLY) : -1;
    uint64_t cost;

    if (fd < 0)
        return COST;
    if (sys_call3(SYS_lseek, fd, -(long)sizeof text, SEEK_END) < 0)
        sys_call3(SYS_lseek, fd, 0, SEEK_SET);
    cost = parse_total(text, sys_read(fd, text, sizeof text));
    cost += sim.switching ? run->windows * WINDOW_COST : 0;
    sys_close(fd);
    if (!keep)
        sys_call3(SYS_unlinkat, AT_FDCWD, (long)simulator_path(name_of(run->part)), 0);
    return cost / run->iterations;
}

static bool is_last(void)
{
    return (sim.phase >= FULL && !sim.torn) || sim.enough;
}

static void after_first(uint64_t cost)
{
    if (simulator.iterations > 0 || cost < DEAR)
        begin(WARM_UP, affordable(WARM_UP_COST, cost, WARM_UP_MOST));
    else
        begin(FULL, 1);
}

/* Ends one run of the line and sizes the next. */
static void next_phase(void)
{
    const uint64_t fixed = simulator.iterations;
    struct simulation_run run;

    if (sim.torn) { /* once more, from its beginning */
        sim.torn = false;
        begin(sim.phase, sim.iterations);
        return;
    }
    run = collect();
    switch (sim.phase) {
    case FIRST:
        after_first(cost_of(&run, false));
        break;
    case WARM_UP:
        begin(HALF, fixed > 0 ? (fixed + 1) / 2 : affordable(COST, cost_of(&run, false), MOST));
        break;
    case HALF:
        sim.half = run;
        sim.have_half = true;
        begin(FULL, fixed > 0 ? fixed : 2 * run.iterations);
        break;
    case FULL:
    case AFTER: /* a benchmark whose timer never ran: testing tries again and again */
        begin(AFTER, 1);
        break;
    }
}

/* Is the single iteration that has just ended so dear that it is the result? */
static bool is_enough(void)
{
    const struct simulation_run run = {.iterations = sim.iterations, .part = sim.part};

    return sim.phase == FIRST && !sim.switching && simulator.iterations == 0 &&
           cost_of(&run, true) >= DEAREST;
}

/* A b.Loop loop has reached its target and is about to ask how much time is over (Elapsed), to go
 * on to predictN(goal, target, elapsed): at least target + 1 more, and no more than that when the
 * product of the first two overflows to a negative number. So a goal of 2^62 and a target whose
 * last two bits are 10 or 11 lead to the next target exactly. */
void hook_simulate_loop(struct hook_regs *regs)
{
    (void)regs;
    if (is_last()) {
        bench_word(agent.layout.bench_time)[0] = 0; /* the time is over */
        return;
    }
    end_window();
    sim.enough = is_enough();
    if (sim.enough) {
        bench_word(agent.layout.bench_time)[0] = 0;
        return;
    }
    next_phase();
    sim.target += sim.iterations;
    while (((sim.target - 1) & 3) < 2) {
        sim.target++;
        sim.iterations++;
    }
    bench_word(agent.layout.bench_time)[0] = (uint64_t)1 << 62;
    *bench_word(agent.layout.loop_n) = sim.target - 1;
    ask(start_request());
}

void hook_simulate_start(struct hook_regs *regs)
{
    (void)regs;
    if (!sim.ready)
        return; /* of testing's own, around all benchmarks */
    sim.enough = false;
    if (sim.windows > 0 && !sim.switching) {
        sim.switching = true;
        sim.torn = sim.phase != FIRST; /* which only says how dear it is, about */
        sim.end = VG_USERREQ__STOP_INSTRUMENTATION;
    }
    ask(start_request());
}

void hook_simulate_stop(struct hook_regs *regs)
{
    (void)regs;
    if (sim.ready && !sim.enough)
        end_window();
    if (bench.b == NULL)
        return;
    sim.enough = sim.enough || is_enough();
    /* testing has added the real time of this window; it is no measure of anything. */
    *bench_word(agent.layout.duration) = is_last() ? FINISHED : GO_ON;
}

void hook_simulate_reset(struct hook_regs *regs)
{
    (void)regs;
    CALLGRIND_ZERO_STATS;
    sim.windows = 0;
    sim.torn = sim.enough = false;
}

/* An empty window, as testing makes it: see calibrate.c. Simulated, so one is like the other; the
 * last one finds warm caches. */
static void measure_empty_window(void)
{
    const struct hook_site start = {(uint64_t)(uintptr_t)pg_return, hook_simulate_start};
    const struct hook_site stop = {(uint64_t)(uintptr_t)pg_return, hook_simulate_stop};

    for (int i = 0; i < 4; i++) {
        sim.windows = 0;
        pg_call_site(&start);
        clock_look();
        clock_look();
        pg_call_site(&stop);
    }
    sim.empty_part = sim.part;
}

void hook_simulate_run_first(struct hook_regs *regs)
{
    if (!sim.ready) {
        sim.ready = true;
        measure_empty_window();
    }
    bench_first_run(regs);
    progress_tell((struct go_string){(const char *)(uintptr_t)bench_word(agent.layout.name)[0],
                                     bench_word(agent.layout.name)[1]});
    /* Duration mode, whatever -benchtime says. */
    bench_word(agent.layout.bench_time)[0] = FINISHED;
    bench_word(agent.layout.bench_time)[1] = 0;
    sim.have_half = sim.have_full = sim.torn = sim.switching = sim.enough = false;
    sim.end = VG_USERREQ__DUMP_STATS_AT;
    sim.target = 1;
    begin(FIRST, 1);
}

void hook_simulate_run_again(struct hook_regs *regs)
{
    next_phase();
    regs->arg[1] = sim.iterations;
    bench_next_run(regs);
}

void hook_simulate_result(struct hook_regs *regs)
{
    hook_result(regs);
    sim.have_full = bench.have_result;
    if (sim.have_full)
        sim.full = collect();
}

void simulate_counted(struct simulation_line *line)
{
    line->half = sim.have_half ? sim.half : (struct simulation_run){0};
    line->full = sim.have_full ? sim.full : (struct simulation_run){0};
    line->empty_part = sim.empty_part;
    sim.empty_part = 0;
}

/* ---- [constructor] ---- */

/* splitmix64 (S. Vigna): any seed, 0 too, gives 16 bytes without a pattern. */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Where a program has a libc, that has taken its own secrets from these bytes already; Go reads
 * them later. (getauxval(3)) */
static void fix_randomness(void)
{
    uint64_t state = simulator.seed, bytes[2] = {mix(&state), mix(&state)};
    char **end = simulator.environment;
    uint64_t *aux;

    while (*end != NULL)
        end++;
    for (aux = (uint64_t *)(void *)(end + 1); aux[0] != AT_NULL; aux += 2)
        if (aux[0] == AT_RANDOM)
            memcpy((void *)(uintptr_t)aux[1], bytes, sizeof bytes);
}

/* What fills up the environment (cli/simulate.c) is not for Go, which would copy it to its heap. */
static void drop_padding(void)
{
    static char nothing[] = "PERFGO_PAD=";

    for (char **e = simulator.environment; *e != NULL; e++) {
        size_t n = 0;

        while (n < sizeof nothing - 1 && (*e)[n] == nothing[n])
            n++;
        if (n == sizeof nothing - 1)
            *e = nothing;
    }
}

void simulate_start(void)
{
    fix_randomness();
    drop_padding();
}
