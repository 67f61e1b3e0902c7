/* sites.c - the calls that are redirected, and how they are found.
 *
 * The interesting moments of a benchmark are direct calls inside the testing package and the
 * runtime. Caller and callee are looked up by name in pclntab; a call instruction in the caller's
 * range whose target is exactly the callee's entry is the site. No match: that hook is unavailable,
 * and where perfgo cannot be right without it, nothing is changed at all.
 * (design: hooking.md, section 2; Go: src/testing/benchmark.go, src/runtime/proc.go)
 * All of it is [constructor].
 */
#include "agent.h"

#include <string.h>

enum { MAX_CALLERS = 2, MAX_CALLEES = 4 };

struct site_rule {
    const char *what;                         /* for messages */
    void (*count)(struct hook_regs *regs);    /* when threads are counted; NULL: not hooked */
    void (*simulate)(struct hook_regs *regs); /* under Valgrind; NULL: not hooked */
    bool required;
    const char *caller[MAX_CALLERS]; /* every one that exists is searched */
    const char *callee[MAX_CALLEES]; /* names that Go versions gave it; every one that exists */
};

#define PROCESS_BENCH                                                                \
    {                                                                                \
        "testing.(*benchState).processBench", "testing.(*benchContext).processBench" \
    }

/* clang-format off */
static const struct site_rule rules[] = {
    {"the first run of a benchmark", hook_run_first, hook_simulate_run_first, true,
     {"testing.(*B).run1.func1"}, {"testing.(*B).runN"}},
    {"further runs of a benchmark", hook_run_again, hook_simulate_run_again, true,
     {"testing.(*B).launch"}, {"testing.(*B).runN"}},
    {"testing's own start of the timer", hook_rehearse, NULL, false,
     {"testing.(*B).runN"}, {"testing.(*B).StartTimer"}},
    {"the target of a b.Loop loop", NULL, hook_simulate_loop, false,
     {"testing.(*B).stopOrScaleBLoop", "testing.(*B).loopSlowPath"}, {"testing.(*B).Elapsed"}},
    {"the start of the timer", hook_start_timer, hook_simulate_start, true,
     {"testing.(*B).StartTimer"}, {"time.Now", "testing.highPrecisionTimeNow"}},
    {"the stop of the timer", hook_stop_timer, hook_simulate_stop, true,
     {"testing.(*B).StopTimer"}, {"runtime.ReadMemStats"}},
    {"the reset of the timer", hook_reset_timer, hook_simulate_reset, true,
     {"testing.(*B).ResetTimer"}, {"time.Now", "testing.highPrecisionTimeNow"}},
    {"the reset of a stopped timer", hook_reset_timer, hook_simulate_reset, true,
     {"testing.(*B).ResetTimer"},
     /* The last one: up to 1.20, -race keeps the loop that empties the map. */
     {"runtime.mapclear", "runtime.makemap", "internal/runtime/maps.NewMap",
      "runtime.mapiterinit"}},
    {"the result of a benchmark", hook_result, hook_simulate_result, true,
     PROCESS_BENCH, {"testing.BenchmarkResult.String"}},
    {"the line of a benchmark", hook_text, hook_text, true,
     PROCESS_BENCH, {"runtime.convTstring"}},
    {"the beginning of a thread", hook_thread_begin, hook_turns_begin, true,
     {"runtime.mstart1"}, {"runtime.minit"}},
    {"the end of a thread", hook_thread_end, hook_turns_end, false,
     {"runtime.mexit"}, {"runtime.unminit", "runtime.unminitSignals"}},
    {"the pace of sysmon", NULL, hook_simulate_sysmon, false,
     {"runtime.sysmon"}, {"runtime.usleep", "runtime.nanotime1"}},
    {"the call of the scavenger", NULL, hook_simulate_scavenger, false,
     {"runtime.finishsweep_m"}, {"runtime.(*scavengerState).wake"}},
    {"a thread that is made", NULL, hook_turns_new, false,
     {"runtime.newm", "runtime.templateThread"}, {"runtime.newm1"}},
    {"a thread that sleeps", NULL, hook_turns_sleep, false,
     {"runtime.futexsleep"}, {"runtime.futex"}},
    {"a thread that is woken", NULL, hook_turns_wake, false,
     {"runtime.futexwakeup"}, {"runtime.futex"}},
    {"a thread that waits for files and timers", NULL, hook_turns_poll, false,
     {"runtime.findRunnable", "runtime.findrunnable"}, {"runtime.netpoll"}},
    {"the number of processors", NULL, hook_turns_processors, false,
     {"runtime.schedinit", "runtime.startTheWorldWithSema"}, {"runtime.procresize"}},
    {"os.Exit", hook_exit, hook_exit, false, {"os.Exit"}, {"os.runtime_beforeExit"}},
};
/* clang-format on */

struct builder {
    const struct gobin *bin;
    const struct arch_ops *arch;
    uint64_t bias;
    uint64_t low, high; /* run-time range of the sites */
    size_t n;
    uint64_t addr[MAX_SITES]; /* run-time address of each call */
};

/* Read by thunks for as long as the process lives. */
static struct hook_site site[MAX_SITES];

static int add_calls(struct builder *b, const struct gobin_function *caller, uint64_t callee,
                     void (*hook)(struct hook_regs *), struct pg_error *err)
{
    uint64_t found[MAX_SITES];
    int n = agent.engine->gobin_calls(b->bin, caller, callee, found, MAX_SITES - b->n, err);

    if (n < 0)
        return n;
    if ((size_t)n > MAX_SITES - b->n)
        return pg_error_set(err, PG_E_LIMIT, "more than %d calls to redirect", MAX_SITES);
    for (int i = 0; i < n; i++) {
        uint64_t addr = found[i] + b->bias;

        site[b->n].callee = callee + b->bias;
        site[b->n].hook = hook;
        b->addr[b->n++] = addr;
        b->low = addr < b->low ? addr : b->low;
        b->high = addr > b->high ? addr : b->high;
    }
    return n;
}

static void (*hook_of(const struct site_rule *rule))(struct hook_regs *)
{
    if (agent.simulate)
        return rule->simulate;
    if (agent.timer_only && rule->count != hook_start_timer && rule->count != hook_stop_timer &&
        rule->count != hook_reset_timer)
        return NULL;
    return rule->count;
}

static int add_rule(struct builder *b, const struct site_rule *rule, struct pg_error *err)
{
    void (*hook)(struct hook_regs *) = hook_of(rule);
    struct gobin_function caller, callee;
    int n = 0, rc;

    for (size_t i = 0; hook != NULL && i < MAX_CALLERS && rule->caller[i] != NULL; i++) {
        if (!agent.engine->gobin_function_by_name(b->bin, rule->caller[i], &caller))
            continue;
        for (size_t k = 0; k < MAX_CALLEES && rule->callee[k] != NULL; k++) {
            if (!agent.engine->gobin_function_by_name(b->bin, rule->callee[k], &callee))
                continue;
            rc = add_calls(b, &caller, callee.entry, hook, err);
            if (rc < 0)
                return rc;
            n += rc;
        }
    }
    say_log("%s: %d call%s", rule->what, n, n == 1 ? "" : "s");
    if (n == 0 && hook != NULL && rule->required)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "this Go version (%s) is not known to perfgo: no call found for %s",
                            agent.engine->gobin_go_version(b->bin), rule->what);
    if (n == 0 && hook != NULL)
        turns_lack(hook);
    return 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* True when f is the ABIInternal wrapper of the function at `assembly`: it calls it. */
static bool is_wrapper(const struct builder *b, const struct gobin_function *f, uint64_t assembly)
{
    uint64_t found[4];

    return f->entry != assembly &&
           agent.engine->gobin_calls(b->bin, f, assembly, found, 4, NULL) > 0;
}

/* Redirects the calls of one runtime.exit; arguments are where its kind expects them. */
static int add_exit(struct builder *b, uint64_t entry, bool wrapper, struct pg_error *err)
{
    size_t count = agent.engine->gobin_function_count(b->bin);
    struct gobin_function f;
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < count; i++)
        if (agent.engine->gobin_function(b->bin, i, &f) &&
            (has_prefix(f.name, "runtime.") || has_prefix(f.name, "syscall.")))
            rc = add_calls(b, &f, entry, wrapper ? hook_exit : hook_exit_assembly, err);
    return rc;
}

/* Go ends a process by exit_group(2), without libc's exit: every caller of runtime.exit is hooked.
 * It is assembly; where something needs an ABIInternal wrapper of it, the name stands twice in
 * pclntab. */
static int add_exits(struct builder *b, struct pg_error *err)
{
    size_t count = agent.engine->gobin_function_count(b->bin);
    struct gobin_function f, exits[2];
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; i < count && n < 2; i++)
        if (agent.engine->gobin_function(b->bin, i, &f) && strcmp(f.name, "runtime.exit") == 0)
            exits[n++] = f;
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = add_exit(b, exits[i].entry, n == 2 && is_wrapper(b, &exits[i], exits[1 - i].entry),
                      err);
    return rc < 0 ? rc : 0;
}

static int find_all(struct builder *b, struct pg_error *err)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int rc = add_rule(b, &rules[i], err);

        if (rc < 0)
            return rc;
    }
    return agent.timer_only ? 0 : add_exits(b, err);
}

int sites_install(const struct gobin *bin, uint64_t bias, struct pg_error *err)
{
    struct builder b = {
        .bin = bin, .arch = agent.engine->arch_host(), .bias = bias, .low = UINT64_MAX};
    struct patch patch[MAX_SITES];
    uint8_t *thunks;
    size_t size;
    int rc = find_all(&b, err);

    if (rc < 0)
        return rc;
    if (!agent.simulate && !agent.timer_only)
        rehearse_prepare(bin, bias);
    size = b.n * b.arch->thunk_size;
    thunks = patch_map_near(b.low, b.high + b.arch->call_size, b.arch->reach, size);
    if (thunks == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no room for %zu bytes within reach of the text",
                            size);
    for (size_t i = 0; i < b.n; i++) {
        uint64_t thunk = (uint64_t)(uintptr_t)thunks + i * b.arch->thunk_size;

        b.arch->emit_thunk(thunks + i * b.arch->thunk_size, (uint64_t)(uintptr_t)&site[i],
                           (uint64_t)(uintptr_t)pg_trampoline);
        patch[i].addr = b.addr[i];
        if (!b.arch->encode_call(patch[i].code, b.addr[i], thunk))
            return pg_error_set(err, PG_E_LIMIT, "the thunks are out of reach of the text");
    }
    say_log("%zu calls redirected", b.n);
    return patch_apply(thunks, size, patch, b.n, b.arch->call_size, err);
}
