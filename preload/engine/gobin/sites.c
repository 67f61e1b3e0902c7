#include "gobin/sites.h"

#include <string.h>

enum { MAX_NAMES = 4 };

struct site_rule {
    const char *what; /* for messages */
    bool required;
    const char *caller[MAX_NAMES]; /* every one that exists is searched */
    const char *callee[MAX_NAMES]; /* names that Go versions gave it; every one that exists */
};

#define PROCESS_BENCH                                                                \
    {                                                                                \
        "testing.(*benchState).processBench", "testing.(*benchContext).processBench" \
    }

/* clang-format off */
static const struct site_rule rules[N_SITE_KINDS] = {
    [SITE_RUN_FIRST] = {"the first run of a benchmark", true,
     {"testing.(*B).run1.func1"}, {"testing.(*B).runN"}},
    [SITE_RUN_AGAIN] = {"further runs of a benchmark", true,
     {"testing.(*B).launch"}, {"testing.(*B).runN"}},
    [SITE_REHEARSE] = {"testing's own start of the timer", false,
     {"testing.(*B).runN"}, {"testing.(*B).StartTimer"}},
    [SITE_LOOP] = {"the target of a b.Loop loop", false,
     {"testing.(*B).stopOrScaleBLoop", "testing.(*B).loopSlowPath"}, {"testing.(*B).Elapsed"}},
    [SITE_START] = {"the start of the timer", true,
     {"testing.(*B).StartTimer"}, {"time.Now", "testing.highPrecisionTimeNow"}},
    [SITE_STOP] = {"the stop of the timer", true,
     {"testing.(*B).StopTimer"}, {"runtime.ReadMemStats"}},
    [SITE_RESET] = {"the reset of the timer", true,
     {"testing.(*B).ResetTimer"}, {"time.Now", "testing.highPrecisionTimeNow"}},
    [SITE_RESET_STOPPED] = {"the reset of a stopped timer", true,
     {"testing.(*B).ResetTimer"},
     /* The last one: up to 1.20, -race keeps the loop that empties the map. */
     {"runtime.mapclear", "runtime.makemap", "internal/runtime/maps.NewMap",
      "runtime.mapiterinit"}},
    [SITE_RESULT] = {"the result of a benchmark", true,
     PROCESS_BENCH, {"testing.BenchmarkResult.String"}},
    [SITE_TEXT] = {"the line of a benchmark", true,
     PROCESS_BENCH, {"runtime.convTstring"}},
    [SITE_THREAD_BEGIN] = {"the beginning of a thread", true,
     {"runtime.mstart1"}, {"runtime.minit"}},
    [SITE_THREAD_END] = {"the end of a thread", false,
     {"runtime.mexit"}, {"runtime.unminit", "runtime.unminitSignals"}},
    [SITE_SYSMON] = {"the pace of sysmon", false,
     {"runtime.sysmon"}, {"runtime.usleep", "runtime.nanotime1"}},
    [SITE_SCAVENGER] = {"the call of the scavenger", false,
     {"runtime.finishsweep_m"}, {"runtime.(*scavengerState).wake"}},
    [SITE_THREAD_NEW] = {"a thread that is made", false,
     {"runtime.newm", "runtime.templateThread"}, {"runtime.newm1"}},
    [SITE_SLEEP] = {"a thread that sleeps", false,
     {"runtime.futexsleep"}, {"runtime.futex"}},
    [SITE_WAKE] = {"a thread that is woken", false,
     {"runtime.futexwakeup"}, {"runtime.futex"}},
    [SITE_POLL] = {"a thread that waits for files and timers", false,
     {"runtime.findRunnable", "runtime.findrunnable"}, {"runtime.netpoll"}},
    [SITE_PROCESSORS] = {"the number of processors", false,
     {"runtime.schedinit", "runtime.startTheWorldWithSema"}, {"runtime.procresize"}},
    [SITE_COLLECT] = {"the collection before a run", false,
     {"testing.(*B).runN"}, {"runtime.GC"}},
    [SITE_EXIT] = {"os.Exit", false, {"os.Exit"}, {"os.runtime_beforeExit"}},
};
/* clang-format on */

struct search {
    const struct gobin *bin;
    struct site_found *out;
    size_t n, max;
};

static int add_calls(struct search *s, const struct gobin_function *caller, uint64_t callee,
                     uint32_t kind, struct pg_error *err)
{
    uint64_t found[MAX_SITES];
    const size_t room = s->max - s->n < MAX_SITES ? s->max - s->n : MAX_SITES;
    int n = gobin_calls(s->bin, caller, callee, found, room, err);

    if (n < 0)
        return n;
    if ((size_t)n > room)
        return pg_error_set(err, PG_E_LIMIT, "more than %zu calls to redirect", s->max);
    for (int i = 0; i < n; i++)
        s->out[s->n++] = (struct site_found){found[i], callee, kind};
    return n;
}

static int add_rule(struct search *s, uint32_t kind, struct pg_error *err)
{
    const struct site_rule *rule = &rules[kind];
    struct gobin_function caller, callee;
    int n = 0, rc;

    for (size_t i = 0; i < MAX_NAMES && rule->caller[i] != NULL; i++) {
        if (!gobin_function_by_name(s->bin, rule->caller[i], &caller))
            continue;
        for (size_t k = 0; k < MAX_NAMES && rule->callee[k] != NULL; k++) {
            if (!gobin_function_by_name(s->bin, rule->callee[k], &callee))
                continue;
            rc = add_calls(s, &caller, callee.entry, kind, err);
            if (rc < 0)
                return rc;
            n += rc;
        }
    }
    if (n == 0 && rule->required)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "this Go version (%s) is not known to perfgo: no call found for %s",
                            gobin_go_version(s->bin), rule->what);
    return 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* True when f is the ABIInternal wrapper of the function at `assembly`: it calls it. */
static bool is_wrapper(const struct search *s, const struct gobin_function *f, uint64_t assembly)
{
    uint64_t found[4];

    return f->entry != assembly && gobin_calls(s->bin, f, assembly, found, 4, NULL) > 0;
}

/* The calls of one runtime.exit; arguments are where its kind expects them. */
static int add_exit(struct search *s, uint64_t entry, bool wrapper, struct pg_error *err)
{
    const size_t count = gobin_function_count(s->bin);
    struct gobin_function f;
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < count; i++)
        if (gobin_function(s->bin, i, &f) &&
            (has_prefix(f.name, "runtime.") || has_prefix(f.name, "syscall.")))
            rc = add_calls(s, &f, entry, wrapper ? SITE_EXIT : SITE_EXIT_ASSEMBLY, err);
    return rc;
}

/* Go ends a process by exit_group(2), without libc's exit: every call of runtime.exit is a site.
 * It is assembly; where something needs an ABIInternal wrapper of it, the name stands twice in
 * pclntab. */
static int add_exits(struct search *s, struct pg_error *err)
{
    const size_t count = gobin_function_count(s->bin);
    struct gobin_function f, exits[2];
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; i < count && n < 2; i++)
        if (gobin_function(s->bin, i, &f) && strcmp(f.name, "runtime.exit") == 0)
            exits[n++] = f;
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = add_exit(s, exits[i].entry, n == 2 && is_wrapper(s, &exits[i], exits[1 - i].entry),
                      err);
    return rc < 0 ? rc : 0;
}

int gobin_sites(const struct gobin *bin, uint32_t wanted, struct site_found *out, size_t max,
                struct pg_error *err)
{
    struct search s = {.bin = bin, .out = out, .max = max};
    int rc = 0;

    for (uint32_t kind = 0; rc == 0 && kind < N_SITE_KINDS; kind++)
        if ((wanted & (1u << kind)) != 0 && kind != SITE_EXIT_ASSEMBLY)
            rc = add_rule(&s, kind, err);
    if (rc == 0 && (wanted & (1u << SITE_EXIT_ASSEMBLY)) != 0)
        rc = add_exits(&s, err);
    return rc < 0 ? rc : (int)s.n;
}

int gobin_layout(const struct gobin *bin, struct b_layout *layout, struct pg_error *err)
{
    const struct {
        const char *field;
        uint64_t size, *offset;
    } fields[] = {
        {"name", 16, &layout->name},
        {"importPath", 16, &layout->import_path},
        {"duration", 8, &layout->duration},
        {"N", 8, &layout->n},
        {"benchTime", 24, &layout->bench_time},
        {"startBytes", 8, &layout->start_bytes},
        {"netBytes", 8, &layout->net_bytes},
    };
    struct gobin_field f;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int rc = gobin_field(bin, "testing.B", fields[i].field, &f, err);

        if (rc < 0)
            return rc;
        if (f.size != fields[i].size)
            return pg_error_set(err, PG_E_UNSUPPORTED, "field %s of testing.B is not as expected",
                                fields[i].field);
        *fields[i].offset = f.offset;
    }
    layout->loop_n =
        gobin_field(bin, "testing.B", "loop.n", &f, NULL) == 0 && f.size == 8 ? f.offset : 0;
    return 0;
}
