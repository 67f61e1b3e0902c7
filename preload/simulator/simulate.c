/* simulate.c - deterministic counts from Valgrind's callgrind, in place of a PMU.
 *
 * A dump of callgrind's holds what was executed since its counters were last zero. So a window
 * begins by making them zero and ends with a dump. What is not instrumented runs ten times faster,
 * but switching throws all translated code and the simulated caches away, which costs more than a
 * whole run of most benchmarks. So instrumentation is off while a top-level benchmark makes what it
 * needs, in its first iteration, and then stays on, through its sub-benchmarks too. Two kinds of
 * runs are switched all the same: those that open their window again (StopTimer, StartTimer), so
 * that the part between is not simulated; the sizing run, which has a dump for each window as long
 * as they are few, tells that, and a run that does it unexpectedly is repeated that way. And those
 * that reset their timer behind a part that costs much: there the window opens at the reset.
 *
 * Time means nothing here, so testing's own search for an iteration count is led: benchmarks run in
 * its duration mode, and at the end of each run the hook writes into testing.B a duration that
 * makes testing go on or stop. A line has up to five runs: a first iteration, not instrumented,
 * which does what is done only once (sync.Once, first growth of maps and stacks); one more, whose
 * cost says how many the next may have; a few, which warm up and, by what they cost more than one,
 * tell the price of an iteration without that of what surrounds the loop; N; and 2N, which are
 * counted. What N more iterations cost, the difference of the last two, is kept beside them: where
 * the two disagree the benchmark is not linear, or was not warm. Where instrumentation is on
 * already the first run is left out. Where the few cost enough, and as much each as the one before
 * them, these two are the N and 2N. An iteration that costs more than all that should, or behind a
 * dear set-up more than N should, is counted alone, and has no N and 2N to compare. A b.Loop loop
 * does all that within one run: there the call by which it predicts its next target is led instead.
 * (Go: src/testing/benchmark.go, launch, stopOrScaleBLoop, predictN)
 *
 * What would differ between runs is fixed or held: what Go finds at its start (environment.c), the
 * order of its threads (turns.c) and the time they see (clock.c) do not depend on the machine.
 */
#include "simulator.h"

#include "preload/agent/bench.h"

#include <valgrind/callgrind.h>

enum {
    TRY_COST = 100000,    /* instructions that a few iterations should cost … */
    TRY_MOST = 1000,      /* … at most so many, and two at least */
    COST = 500000,        /* instructions that N iterations should cost … */
    MOST = 500000,        /* … in at most so many */
    WINDOW_COST = 100000, /* a window that is switched takes as long as so many */
    DEAREST = 10000000,   /* an iteration that is counted when it sizes the others … */
    FEW_WINDOWS = 8,      /* … in at most so many windows */
    GARBAGE = 1 << 20,    /* bytes that are collected before a run; Go itself begins at 4 MiB */
    SETUP_DEAR = 2000000, /* what precedes a reset is not instrumented from here on */
};
/* The duration that testing is told to reach, and one with which it goes on. It ends by itself when
 * its own prediction reaches 1e9 iterations; so near to the goal that hardly grows. */
#define FINISHED ((uint64_t)1 << 40)
#define GO_ON    (FINISHED - 1)

enum phase { FIRST, SIZE, TRY, HALF, FULL, AFTER };

static struct {
    bool ready; /* a benchmark has begun that may have a line */
    enum phase phase;
    uint64_t part;       /* dumps asked for so far */
    uint64_t iterations; /* of the run under way */
    uint64_t windows;    /* closed in it */
    uint64_t target;     /* b.Loop: iterations of all runs of the line */
    uint64_t allocated,
        collected;  /* bytes, about: by the timer's last stop; by the last collection */
    uint64_t setup; /* what the sizing run did before it reset its timer */
    bool instrumented;
    bool measured;     /* an empty window was; or is being */
    bool switching;    /* only the line's windows are instrumented */
    bool late;         /* … and those of a run open when its timer is reset */
    bool started;      /* the timer, in this run */
    bool was_reset;    /* … and then reset */
    bool top_level;    /* the benchmark is no sub-benchmark */
    bool looping;      /* the line is a b.Loop loop */
    bool torn;         /* windows opened again, a surprise: this run's first window is lost */
    bool enough;       /* the run under way is the last one, though it sizes others */
    unsigned long end; /* what ends a window: a request of callgrind's */
    bool have_half, have_full;
    struct simulation_run one, half, full; /* one: the sizing run */
    uint64_t one_cost;
    uint64_t empty_part; /* the dump of an empty window; 0: none, or it has been told */
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
    sim.started = sim.was_reset = false;
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
    if (sim.phase == FIRST)
        return;
    ask(sim.end);
    sim.windows++;
    sim.instrumented = !sim.switching;
    sim.part += !sim.switching;
}

/* From here on windows are switched. */
static void switch_windows(void)
{
    sim.switching = true;
    sim.end = VG_USERREQ__STOP_INSTRUMENTATION;
}

static void stop_instrumenting(void)
{
    if (sim.instrumented)
        CALLGRIND_STOP_INSTRUMENTATION;
    sim.instrumented = false;
}

/* The run that just ended. */
static struct simulation_run collect(void)
{
    struct simulation_run run = {
        .iterations = sim.iterations, .windows = sim.windows, .dumps = sim.windows};

    if (sim.switching) {
        CALLGRIND_DUMP_STATS_AT("perfgo");
        sim.part++;
        run.dumps = sim.windows > 0;
    }
    run.part = sim.windows > 0 ? sim.part : 0;
    return run;
}

static void drop(const struct simulation_run *run)
{
    for (uint64_t i = 0; i < run->dumps; i++)
        dumps_drop(run->part - i);
}

/* Instructions of a run. */
static uint64_t cost_of(const struct simulation_run *run)
{
    uint64_t cost = 0;

    for (uint64_t i = 0; i < run->dumps; i++)
        cost += dumps_cost(run->part - i);
    return cost == 0 ? COST : cost + (sim.switching ? run->windows * WINDOW_COST : 0);
}

static bool is_last(void)
{
    return (sim.phase >= FULL && !sim.torn) || sim.enough;
}

static uint64_t wanted_half(uint64_t cost)
{
    return simulator.iterations > 0 ? (simulator.iterations + 1) / 2 : affordable(COST, cost, MOST);
}

/* One that has a window after another, or a dear set-up, is counted without a half before. */
static void after_size(const struct simulation_run *run)
{
    const bool again = run->windows > 1;
    uint64_t cost, few;

    sim.late = sim.setup >= SETUP_DEAR && !sim.looping && !again;
    if (!sim.switching && (again || sim.late)) {
        switch_windows();
        stop_instrumenting();
    }
    cost = cost_of(run) / run->iterations;
    few = affordable(TRY_COST, cost, TRY_MOST);
    sim.one = *run;
    sim.one_cost = cost;
    if (!sim.switching || (cost < COST && !sim.late)) {
        begin(TRY, few > 2 ? few : 2);
        return;
    }
    drop(run);
    begin(FULL, simulator.iterations > 0 ? simulator.iterations
                                         : affordable(2 * (uint64_t)COST, cost, MOST));
}

/* Once more with more, if these few were too few: what they cost is also what surrounds the loop.
 */
static void after_few(const struct simulation_run *run)
{
    const uint64_t all = cost_of(run), mean = all / run->iterations;
    const uint64_t more = affordable(TRY_COST, mean, TRY_MOST);
    uint64_t price = mean;

    if (run->iterations > sim.one.iterations && all > sim.one_cost)
        price = (all - sim.one_cost) / (run->iterations - sim.one.iterations);
    drop(&sim.one);
    sim.one = *run;
    sim.one_cost = all;
    if (more >= 2 * run->iterations) {
        begin(TRY, more);
        return;
    }
    drop(run);
    begin(HALF, wanted_half(price > mean / 16 ? price : mean / 16));
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
    if (sim.phase == FIRST) {
        begin(SIZE, 1);
        return;
    }
    run = collect();
    switch (sim.phase) {
    case FIRST:
        break;
    case SIZE:
        after_size(&run);
        break;
    case TRY:
        after_few(&run);
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

static bool is_linear(uint64_t cost, uint64_t wanted)
{
    return cost * 100 <= wanted * 101 && wanted * 100 <= cost * 101;
}

/* Is the run that has just ended the result, because it is so dear? */
static bool is_enough(void)
{
    const struct simulation_run run = {
        .iterations = sim.iterations, .part = sim.part, .dumps = sim.windows};
    uint64_t cost;

    if (sim.switching || simulator.iterations > 0 || (sim.phase != SIZE && sim.phase != TRY))
        return false;
    cost = cost_of(&run);
    if (sim.phase ==
        SIZE) /* behind a dear set-up, the only one with instrumentation on before it */
        return cost >= DEAREST || (cost >= COST && sim.setup >= SETUP_DEAR && !sim.looping);
    if (cost < 2 * (uint64_t)COST ||
        !is_linear(cost * sim.one.iterations, run.iterations * sim.one_cost))
        return false;
    sim.half = sim.one;
    sim.have_half = true;
    return true;
}

static void nothing_stops(struct hook_regs *regs)
{
    (void)regs;
    end_window();
}

static void nothing_starts(struct hook_regs *regs)
{
    (void)regs;
    ask(start_request());
}

/* An empty window, as testing makes it: see calibrate.c. Simulated, so one is like the other; the
 * last one finds warm caches. */
static void measure_empty_window(void)
{
    const struct hook_site start = {(uint64_t)(uintptr_t)pg_return, nothing_starts};
    const struct hook_site stop = {(uint64_t)(uintptr_t)pg_return, nothing_stops};
    const unsigned long end = sim.end;
    const bool switching = sim.switching;

    sim.end = VG_USERREQ__DUMP_STATS_AT;
    sim.measured = true;
    sim.switching = false;
    for (int i = 0; i < 4; i++) {
        pg_call_site(&start);
        clock_look();
        clock_look();
        pg_call_site(&stop);
    }
    sim.empty_part = sim.part;
    sim.end = end;
    sim.switching = switching;
    sim.windows = 0;
}

static void open_window(void)
{
    if (!sim.measured)
        measure_empty_window();
    ask(start_request());
}

/* testing looks at the heap at either end of a window; what is known here is one window old. */
static void note_allocated(void)
{
    const uint64_t now =
        *bench_word(agent.layout.start_bytes) + *bench_word(agent.layout.net_bytes);

    sim.allocated = now > sim.allocated ? now : sim.allocated;
}

static bool is_top_level(struct go_string name)
{
    for (uint64_t i = 0; i < name.size; i++)
        if (name.data[i] == '/')
            return false;
    return true;
}

/* A b.Loop loop has reached its target and is about to ask how much time is over (Elapsed), to go
 * on to predictN(goal, target, elapsed): at least target + 1 more, and no more than that when the
 * product of the first two overflows to a negative number. So a goal of 2^62 and a target whose
 * last two bits are 10 or 11 lead to the next target exactly. */
void hook_simulate_loop(struct hook_regs *regs)
{
    (void)regs;
    sim.looping = true;
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
    open_window();
}

void hook_simulate_start(struct hook_regs *regs)
{
    (void)regs;
    if (!sim.ready)
        return; /* of testing's own, around all benchmarks */
    sim.enough = false;
    sim.started = true;
    if (sim.phase == FIRST || (sim.late && !sim.was_reset))
        return;
    if (sim.windows >= (sim.phase == SIZE ? FEW_WINDOWS : 1) && !sim.switching) {
        switch_windows();
        sim.torn = sim.phase != SIZE; /* which only says how dear it is, about */
    }
    open_window();
}

void hook_simulate_stop(struct hook_regs *regs)
{
    (void)regs;
    if (sim.ready && !sim.enough && !(sim.late && !sim.was_reset))
        end_window();
    if (bench.b == NULL)
        return;
    note_allocated();
    sim.enough = sim.enough || is_enough();
    /* testing has added the real time of this window; it is no measure of anything. */
    *bench_word(agent.layout.duration) = is_last() ? FINISHED : GO_ON;
}

/* testing.(*B).runN → runtime.GC(): every run is to begin with a heap like the others'. Where
 * hardly anything was allocated since the last time it does, and to collect costs more than to
 * count. */
void hook_simulate_collect(struct hook_regs *regs)
{
    static const struct hook_site nowhere = {(uint64_t)(uintptr_t)pg_return, NULL};

    if (sim.allocated - sim.collected < GARBAGE)
        regs->site = &nowhere;
    else
        sim.collected = sim.allocated;
}

/* Comes first, and also where the timer does not run. */
void hook_simulate_reset_any(struct hook_regs *regs)
{
    (void)regs;
    sim.torn = sim.enough = false;
    sim.was_reset = sim.started;
    if (sim.phase == SIZE && sim.instrumented && sim.started) {
        const struct simulation_run setup = {.iterations = 1, .part = ++sim.part, .dumps = 1};

        CALLGRIND_DUMP_STATS_AT("perfgo");
        sim.setup += cost_of(&setup);
        drop(&setup);
    } else if (sim.phase != FIRST) {
        CALLGRIND_ZERO_STATS;
    }
    sim.windows = 0;
}

void hook_simulate_reset(struct hook_regs *regs)
{
    (void)regs;
    if (sim.phase != FIRST && sim.late)
        open_window();
    else if (sim.phase != FIRST)
        CALLGRIND_ZERO_STATS;
}

void hook_simulate_run_first(struct hook_regs *regs)
{
    struct go_string name;

    bench_first_run(regs);
    name = (struct go_string){(const char *)(uintptr_t)bench_word(agent.layout.name)[0],
                              bench_word(agent.layout.name)[1]};
    progress_tell(name);
    /* Duration mode, whatever -benchtime says. */
    bench_word(agent.layout.bench_time)[0] = FINISHED;
    bench_word(agent.layout.bench_time)[1] = 0;
    sim.ready = true;
    sim.have_half = sim.have_full = sim.torn = sim.switching = sim.late = sim.looping = sim.enough =
        false;
    sim.end = VG_USERREQ__DUMP_STATS_AT;
    sim.target = 1;
    sim.setup = 0;
    sim.top_level = is_top_level(name);
    if (sim.top_level)
        stop_instrumenting();
    begin(sim.instrumented ? SIZE : FIRST, 1);
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
    sim.ready = false; /* what stops next is the benchmark around this one, which has no line */
    if (sim.top_level)
        stop_instrumenting(); /* what comes next would: then it is not printed at full cost either
                               */
}

void simulate_counted(struct simulation_line *line)
{
    line->half = sim.have_half ? sim.half : (struct simulation_run){0};
    line->full = sim.have_full ? sim.full : (struct simulation_run){0};
    line->empty_part = sim.empty_part;
    sim.empty_part = 0;
}
