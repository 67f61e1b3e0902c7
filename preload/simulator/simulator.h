/* simulator.h - the library in a test binary that runs under Valgrind: libperfgo-simulate.so.
 *
 * It needs no libc and starts none: everything that runs in a simulation costs translation, and
 * what comes with libc (the loader, its symbols) costs more than most benchmarks. In a static
 * executable it takes the place of the dynamic loader (start.c); a dynamic one loads it by
 * LD_PRELOAD. What it has to know of the Go binary, perfgo exec has found out (proto/simulation.h).
 *
 *   start.c        the way in; redirects the calls                               [constructor]
 *   environment.c  what Go finds when it starts                                  [constructor]
 *   simulate.c     leads testing, and counts what the timer's windows contain    [go thread]
 *   dumps.c        what a run cost                                               [go thread]
 *   talk.c         hands lines to perfgo exec                                    [go thread]
 *   turns.c        the order in which Go's threads run                           [go thread]
 *   pace.c         holds what Go does in the background                          [go thread]
 *   clock.c        the time that the program sees                                [go thread]
 *   progress.c     says which benchmark begins                                   [go thread]
 * Of the agent's it has bench.c, the stacks of hooks and the trampoline.
 */
#ifndef PERFGO_SIMULATOR_SIMULATOR_H
#define PERFGO_SIMULATOR_SIMULATOR_H

#include "preload/agent/agent.h"

enum { SIMULATOR_PATH = 4200 };

/* --- start.c [constructor] */
struct simulator {
    uint64_t seed, iterations;
    char dir[SIMULATOR_PATH - 64]; /* PERFGO_SIMULATE_DIR */
    char **environment;
};
extern struct simulator simulator;
/* DIR/name, in memory that the next call uses again. */
const char *simulator_path(const char *name);
/* A descriptor of DIR/name above those that programs count on; negative: an error. */
int simulator_open(const char *name, int flags);

/* --- simulate.c */
void hook_simulate_run_first(struct hook_regs *regs);
void hook_simulate_run_again(struct hook_regs *regs);
void hook_simulate_loop(struct hook_regs *regs);
void hook_simulate_start(struct hook_regs *regs);
void hook_simulate_stop(struct hook_regs *regs);
void hook_simulate_reset_any(struct hook_regs *regs);
void hook_simulate_reset(struct hook_regs *regs);
void hook_simulate_collect(struct hook_regs *regs);
void hook_simulate_result(struct hook_regs *regs);
/* What the line that is being handed over was counted with. [go thread] */
void simulate_counted(struct simulation_line *line);

/* --- dumps.c [go thread] */
/* Instructions in callgrind's dump of that number; 0: there is none. */
uint64_t dumps_cost(uint64_t part);
/* It is needed no more; 0: nothing is done. */
void dumps_drop(uint64_t part);

/* --- environment.c [constructor] */
/* Makes the start-up of Go repeatable. */
void environment_fix(void);

/* --- talk.c */
/* Opens the way to perfgo exec, and says that the library is in place; negative: there is none.
 * [constructor] */
int talk_start(void);

/* --- clock.c */
/* Go will see this clock. [constructor] */
void clock_start(void);
/* Reads it, as Go does. [go thread] */
void clock_look(void);
/* So much more time has passed. [go thread] */
void clock_advance(uint64_t ns);
/* The caller is about to wait, at most ns: the next look at the clock tells how long it was.
 * [go thread] */
void clock_wait_begins(uint64_t ns);

/* --- pace.c */
void hook_simulate_sysmon(struct hook_regs *regs);
void hook_simulate_scavenger(struct hook_regs *regs);
/* Lets perfgo exec wake the monitor thread. [constructor] */
void pace_start(void);

/* --- progress.c */
/* Makes DIR/progress. [constructor] */
void progress_open(void);
/* Adds the name of a benchmark, as a line. [go thread] */
void progress_tell(struct go_string name);

/* --- turns.c */
void hook_turns_new(struct hook_regs *regs);
void hook_turns_begin(struct hook_regs *regs);
void hook_turns_end(struct hook_regs *regs);
void hook_turns_sleep(struct hook_regs *regs);
void hook_turns_wake(struct hook_regs *regs);
void hook_turns_poll(struct hook_regs *regs);
void hook_turns_processors(struct hook_regs *regs);
/* The caller has the turn; the hooks keep the order from here on. `kinds`: sites that were found (1
 * << kind); without some of them there are no turns. [constructor] */
void turns_start(uint32_t kinds);
/* The caller is about to wait and then acts on its own. [go thread] */
void turns_leave(void);
/* Whoever has the turn waits for somebody who has not: the next one gets it. [go thread] */
void turns_take_away(void);

#endif
