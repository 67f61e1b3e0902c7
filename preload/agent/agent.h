/* agent.h - the agent's one piece of state, and what its files offer each other.
 *
 * Life of the agent in a Go test binary that runs benchmarks:
 *   ctor.c       recognises the binary, loads the engine, makes the plan          [constructor]
 *   sites.c      finds the call sites, patch.c redirects them to thunks           [constructor]
 *   hooks.c      runs at those sites, on Go threads; bench.c knows the benchmark  [go thread]
 *   windows.c    counts what the timer's windows contain                          [go thread]
 *   pthread.c    lets threads of native code count too                            [any]
 *   samplers.c   opens and ends the samplers of threads                           [go thread]
 *   ticks.c      the signal of their timers, where there are no perf events        [signal]
 *   sampling.c   reads what they sampled                                           [recorder]
 *   recorder.c   a thread of ours with a working libc: formats and writes         [recorder]
 * A program that imports the Go package gohook also calls:
 *   gohook.c     what the package may ask for; counters of its own in groups.c    [any]
 * In any other program the constructor returns at once.
 *
 * Everything in this folder is compiled without libc thread-local storage and vector registers
 * (Makefile, HOTFLAGS). Functions marked [go thread] must not call libc at all.
 */
#ifndef PERFGO_AGENT_AGENT_H
#define PERFGO_AGENT_AGENT_H

#include "collect/engine.h"
#include "proto/settings.h"
#include "proto/simulation.h"
#include "samplers.h"
#include "windows.h"

#include <pthread.h>

struct hook_regs;

/* One redirected call. The thunk passes its address to the trampoline, which calls `hook` and then
 * jumps to `callee`; the two fields are known to trampoline.S. */
struct hook_site {
    uint64_t callee;
    void (*hook)(struct hook_regs *regs);
};

/* Registers at a hooked call: the integer arguments of Go's ABIInternal, in order (amd64 AX BX CX
 * DI SI R8 R9 R10 R11; arm64 R0 … R8). A hook may change them, and the callee with `site`. (Go:
 * src/cmd/compile/abi-internal.md) */
struct hook_regs {
    uint64_t arg[9];
    const struct hook_site *site;
    uint64_t saved[4]; /* the trampoline's */
    uint64_t *stack;   /* the stack pointer as the callee will find it: behind one word begin the
                          arguments of a callee in assembly (ABI0) */
#if defined(__aarch64__)
    uint64_t more[3]; /* the trampoline's */
    uint64_t link;
#endif
};

/* The frame pointer of who made the call, on amd64; else 0: it is not kept. */
static inline uint64_t hook_frame(const struct hook_regs *regs)
{
#if defined(__aarch64__)
    (void)regs;
    return 0;
#else
    return regs->saved[1];
#endif
}

/* Where the callee will return to, and where the caller will: words that a hook may change to
 * another address that the function there returns into. (Go: src/runtime/stack.go, "Stack frame
 * layout") */
static inline uint64_t *hook_callee_returns(struct hook_regs *regs)
{
#if defined(__aarch64__)
    return &regs->link;
#else
    return &regs->stack[0];
#endif
}

static inline uint64_t *hook_caller_returns(struct hook_regs *regs)
{
#if defined(__aarch64__)
    return &regs->stack[0];
#else
    return (uint64_t *)(uintptr_t)hook_frame(regs) + 1;
#endif
}

struct agent {
    struct pg_settings settings;
    const struct perfgo_engine *engine;
    struct pg_plan plan;
    struct b_layout layout;
    bool armed;             /* calls are redirected */
    bool simulate;          /* in a simulation, which counts: nothing is done here */
    bool timer_only;        /* only the timer's calls are redirected, for agent.follower */
    struct group *follower; /* its window follows the benchmark's timer (gohook.c), or NULL */
    struct windows *windows;
    struct samplers *samplers; /* NULL unless threads are sampled */
    struct session *session;   /* recorder thread only, once it runs */
};
extern struct agent agent;

/* The program uses the Go package gohook. It and what else an idle program with the import writes
 * to lies on the page that the loader has written to already, not in the midst of unused ones. */
#define PG_WITH_LOADER __attribute__((section(".data")))
extern bool agent_imported;

/* --- sites.c [constructor] */
/* Finds every call site in bin and redirects it. 0; negative when one that perfgo cannot do without
 * is missing, and then nothing was changed. */
int sites_install(const struct gobin *bin, uint64_t bias, struct pg_error *err);

/* With agent.timer_only that goes for the calls of testing's timer alone. */

/* --- ctor.c */
/* The engine, loaded once; NULL: err says why. [any thread with libc] */
const struct perfgo_engine *agent_engine(struct pg_error *err);
/* Run-time address minus file address of the executable. */
uint64_t program_bias(void);
/* Makes agent.follower be served: in a process that was not asked to run benchmarks and now runs
 * one, by redirecting the calls of testing's timer, once. The caller is the benchmark itself, so
 * nobody else is about to make these calls. [any thread with libc] */
int agent_follow_timer(struct pg_error *err);

/* --- patch.c [constructor] */
struct patch {
    uint64_t addr; /* run-time address of the call instruction */
    uint8_t code[8];
};
/* Maps size bytes, readable and writable, within reach of [text, text_end). NULL when there is no
 * room. */
void *patch_map_near(uint64_t text, uint64_t text_end, uint64_t reach, size_t size);
/* Makes that memory executable and no longer writable, then writes the patches into the text. */
int patch_apply(void *thunks, size_t thunks_size, const struct patch *patch, size_t n, size_t size,
                struct pg_error *err);

/* --- hooks.c [go thread] */
void hook_run_first(struct hook_regs *regs);
void hook_run_again(struct hook_regs *regs);
void hook_start_timer(struct hook_regs *regs);
void hook_stop_timer(struct hook_regs *regs);
void hook_reset_timer(struct hook_regs *regs);
void hook_thread_begin(struct hook_regs *regs);
void hook_thread_end(struct hook_regs *regs);
void hook_exit(struct hook_regs *regs);
void hook_exit_assembly(struct hook_regs *regs);

/* --- bench.c [go thread] */
void hook_result(struct hook_regs *regs);
void hook_text(struct hook_regs *regs);

/* --- sampling.c */
/* What of the process is perfgo's own, whose samples are nobody's. */
void sampling_own(struct samples_program *program);
/* Makes room for what is sampled. The program's Go data is borrowed until the process ends.
 * [constructor] */
int sampling_start(const struct gobin *bin, uint64_t bias, struct pg_error *err);
/* Reads what has come since; *again: not all, come back soon. An error is for the note at the end.
 * [recorder] */
int sampling_drain(bool *again, struct pg_error *err);
/* What the run with that number has sampled, until the next call; NULL: threads are not sampled.
 * [recorder] */
struct samples *sampling_take(uint32_t run, struct pg_error *err);

/* --- ticks.c */
/* Installs the handler of the samplers' timers; fails when the signal is in use. [constructor] */
int ticks_install(struct pg_error *err);

/* --- recorder.c */
/* Starts the recorder thread; [constructor]. */
int recorder_start(struct pg_error *err);
/* A finished benchmark, as the hooks saw it. The strings are Go's; they are copied. */
struct go_string {
    const char *data; /* not terminated */
    uint64_t size;
};
struct go_line {
    struct go_string pkg, name, printed_name, text;
    uint64_t n, duration_ns, iterations_run;
};
/* Hands a line and what its windows counted to the recorder and waits for the text to print, which
 * stays valid until the next call. NULL: let Go print its own (the recorder is busy, late, or could
 * not tell). [go thread] */
const char *recorder_line(const struct go_line *line, size_t *size);
/* The process ends: waits until everything is written, a second or two at most. [go thread] */
void recorder_finish(int32_t exit_code);

/* --- pthread.c [any thread with libc] */
/* libc's own pthread_create, for a thread that is not to be counted. */
int pthread_create_real(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                        void *arg);

/* --- say.c [constructor] [recorder] */
/* Leaves a note: kind is "armed", "note" or "error". Under perfgo exec it goes into the file the
 * command gave; else errors and notes are one line on standard error. */
void say(const char *kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of PERFGO_LOG; nothing unless asked for. */
void say_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- calibrate.c [constructor] */
/* Measures what a window contains besides the benchmark, per counter, into agent.plan's own_cost
 * and own_residual. Needs agent.windows and the stacks. */
void calibrate(void);

/* --- rehearse.c: what a window contains, told by testing's own code */
/* Finds what it takes in bin; where that is not as expected, there will be no rehearsal.
 * [constructor] */
void rehearse_prepare(const struct gobin *bin, uint64_t bias);
/* testing's call of StartTimer before a benchmark function. [go thread] */
void hook_rehearse(struct hook_regs *regs);
/* A window was closed in StopTimer, whose call of something is at hand. [go thread] */
void rehearse_closed(struct hook_regs *regs);

/* --- stacks.c [constructor] */
/* Allocates the private stacks that hooks run on; false: no memory. */
bool stacks_create(void);

/* --- arch/<cpu>/trampoline.S */
extern char pg_trampoline[];
void pg_call_site(const struct hook_site *s); /* makes a redirected call; the hook runs */
void pg_return(void);                         /* a callee that does nothing */

#endif
