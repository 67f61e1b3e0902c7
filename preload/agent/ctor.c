/* ctor.c - the way in: decides whether this process is one to measure, and sets everything up.
 *
 * The loader runs the constructor before the program's first instruction, on its only thread, with
 * a working libc even where Go will not keep one. LD_PRELOAD puts it into everything a build runs
 * (compilers, linkers, shells), so the first question costs nothing: was a test binary asked to run
 * benchmarks? Only then are the engine loaded and the binary looked at.
 *
 * Whatever fails here, the program runs as if perfgo were not there; where somebody waits for
 * counters, one sentence says why there will be none.
 */
#include "agent.h"
#include "chain.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <valgrind/valgrind.h>

struct agent agent;

/* -test.bench=X, --test.bench=X or -test.bench X with a pattern that is not empty, as Go's flag
 * package reads it; the flags end at "--" or at the first word that is none. Which flags take the
 * next word as their value is not known of all, so a word behind a flag is taken for its value. */
static bool runs_benchmarks(int argc, char *const *argv)
{
    static const char flag[] = "test.bench";
    bool runs = false;

    for (int i = 1; i < argc && argv[i][0] == '-'; i++) {
        const char *name = argv[i] + 1;

        if (*name == '-')
            name++;
        if (*name == '\0')
            break;
        if (strncmp(name, flag, sizeof flag - 1) != 0) {
            i += strchr(name, '=') == NULL && i + 1 < argc && argv[i + 1][0] != '-';
            continue;
        }
        name += sizeof flag - 1;
        if (*name == '=')
            runs = name[1] != '\0';
        else if (*name == '\0' && i + 1 < argc)
            runs = argv[++i][0] != '\0';
    }
    return runs;
}

/* The engine lies beside this object. RTLD_LOCAL: its libraries stay out of the program's scope. */
static const struct perfgo_engine *load_engine(struct pg_error *err)
{
    const struct perfgo_engine *engine;
    char path[4096];
    const char *slash;
    Dl_info self;
    void *so;

    if (dladdr(&agent, &self) == 0 || (slash = strrchr(self.dli_fname, '/')) == NULL ||
        (size_t)(slash - self.dli_fname) > sizeof path - 64) {
        snprintf(err->text, sizeof err->text, "cannot tell where libperfgo.so lies");
        return NULL;
    }
    snprintf(path, sizeof path, "%.*s/libperfgo-engine.so", (int)(slash - self.dli_fname),
             self.dli_fname);
    so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    engine = so != NULL ? dlsym(so, PERFGO_ENGINE_SYMBOL) : NULL;
    if (engine == NULL) {
        snprintf(err->text, sizeof err->text, "cannot load the engine: %s", dlerror());
        return NULL;
    }
    if (engine->version != PERFGO_ENGINE_VERSION || engine->size != sizeof *engine) {
        snprintf(err->text, sizeof err->text, "%s is of another perfgo version", path);
        return NULL;
    }
    return engine;
}

const struct perfgo_engine *agent_engine(struct pg_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const struct perfgo_engine *engine;

    pthread_mutex_lock(&lock);
    if (agent.engine == NULL)
        agent.engine = load_engine(err);
    engine = agent.engine;
    pthread_mutex_unlock(&lock);
    return engine;
}

/* Run-time address minus file address of the executable. */
uint64_t program_bias(void)
{
    const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t n = getauxval(AT_PHNUM);

    for (size_t i = 0; phdr != NULL && i < n; i++)
        if (phdr[i].p_type == PT_PHDR)
            return (uint64_t)(uintptr_t)phdr - phdr[i].p_vaddr;
    return 0;
}

static int create_stacks(struct pg_error *err)
{
    return stacks_create() ? 0 : pg_error_set(err, PG_E_NOMEM, "no memory for the hooks' stacks");
}

static int read_backend(enum pg_backend *out, struct pg_error *err)
{
    const char *name = agent.settings.backend;

    if (agent.engine->pmu_backend_by_name(name, out))
        return 0;
    return pg_error_set(err, PG_E_INVALID,
                        "PERFGO_BACKEND=%s is not valid: give auto, pmu, software, timer or "
                        "simulate",
                        name);
}

/* In the profile mode the event list is what is sampled; counted is the usual. */
static bool profiles(void)
{
    return strcmp(agent.settings.mode, "profile") == 0;
}

/* A program calls C through functions that cgo makes, "pkg._Cfunc_name". */
static bool has_native(const struct gobin *bin)
{
    const size_t n = agent.engine->gobin_function_count(bin);
    struct gobin_function f;

    for (size_t i = 0; i < n; i++)
        if (agent.engine->gobin_function(bin, i, &f) && strstr(f.name, "._Cfunc_") != NULL)
            return true;
    return false;
}

static bool finds_waits(void)
{
    return strcmp(agent.settings.mode, "off-cpu") == 0;
}

/* That nothing can be sampled is no reason not to count; it is said in the note. */
static int plan_sampling(const struct gobin *bin, uint64_t bias, enum pg_backend backend,
                         struct pg_error *err)
{
    struct pg_sampling *sampling = &agent.plan.sampling;
    const struct sampling_request request = {
        .events = agent.settings.events,
        .backend = backend,
        .freq = agent.settings.freq,
        .period = agent.settings.period,
        .native = has_native(bin),
        .waits = finds_waits(),
    };
    struct pg_error why;
    int rc = agent.engine->pmu_sampling(&request, sampling, err);

    if (rc < 0 || sampling->n_events == 0)
        return rc;
    agent.samplers = samplers_create(sampling);
    if (agent.samplers == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for samplers");
    if (sampling->backend == PG_BACKEND_TIMER && ticks_install(&why) < 0) {
        snprintf(sampling->note, sizeof sampling->note, "no profiles: %s", why.text);
        sampling->n_events = 0;
        agent.samplers = NULL;
        return 0;
    }
    if (sampling->backend != PG_BACKEND_TIMER) /* whose walk is perfgo's own */
        chain_start(agent.engine->gobin_go_version(bin), getenv("GODEBUG"));
    return sampling_start(bin, bias, err);
}

static int start_counting(const struct gobin *bin, uint64_t bias, enum pg_backend backend,
                          struct pg_error *err)
{
    int rc = agent.engine->pmu_plan(profiles() ? NULL : agent.settings.events, backend, &agent.plan,
                                    err);

    if (rc == 0 && agent.settings.pass > 0)
        agent.engine->passes_keep(&agent.plan, (uint32_t)agent.settings.pass);
    if (rc == 0 && (profiles() || finds_waits()))
        rc = plan_sampling(bin, bias, backend, err);
    if (rc < 0)
        return rc;
    agent.windows = windows_create(&agent.plan, agent.samplers);
    if (agent.windows == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for the threads' counters");
    rc = windows_thread_begin(agent.windows);
    if (rc < 0)
        return pg_error_errno(err, PG_E_PERMISSION, -rc, "cannot open the counters");
    calibrate();
    return 0;
}

static int start_session(const struct gobin *bin, int argc, char *const *argv, struct pg_error *err)
{
    /* Borrowed by the session until the process ends. */
    static struct session_target target;

    target = (struct session_target){
        .executable = argv[0],
        .go_version = strdup(agent.engine->gobin_go_version(bin)),
        .module = strdup(agent.engine->gobin_module_path(bin)),
        .goarch = agent.engine->arch_host()->name,
        .argc = argc,
        .argv = argv,
    };
    return agent.engine->session_open(&agent.settings, &agent.plan, &target, &agent.session, err);
}

/* A mode that does not exist is not taken for another one. */
static int check_mode(struct pg_error *err)
{
    if (strcmp(agent.settings.mode, "stat") == 0 || profiles() || finds_waits())
        return 0;
    return pg_error_set(err, PG_E_INVALID,
                        "PERFGO_MODE=%s is not valid: give stat, profile, off-cpu or off",
                        agent.settings.mode);
}

/* Everything that can fail comes before the text is changed. */
static int arm(const struct gobin *bin, uint64_t bias, int argc, char *const *argv,
               struct pg_error *err)
{
    enum pg_backend backend = PG_BACKEND_AUTO;
    int rc = check_mode(err);

    if (rc == 0)
        rc = agent.engine->gobin_layout(bin, &agent.layout, err);
    if (rc == 0)
        rc = read_backend(&backend, err);
    if (rc == 0)
        rc = create_stacks(err);
    if (rc == 0 && backend == PG_BACKEND_SIMULATE)
        rc = pg_error_set(err, PG_E_UNSUPPORTED,
                          "the simulate back end runs under Valgrind: use perfgo test simulate, or "
                          "perfgo exec --backend=simulate");
    if (rc == 0)
        rc = start_counting(bin, bias, backend, err);
    if (rc == 0)
        rc = start_session(bin, argc, argv, err);
    if (rc == 0)
        rc = recorder_start(err);
    if (rc == 0)
        rc = sites_install(bin, bias, err);
    return rc;
}

static int redirect_timer(struct pg_error *err)
{
    struct elf_image *image = NULL;
    struct gobin *bin = NULL;
    uint64_t bias = program_bias();
    int rc = agent_engine(err) != NULL ? 0 : -PG_E_NOTFOUND;

    if (rc < 0)
        return rc;
    rc = agent.engine->elf_open("/proc/self/exe", &image, err);
    if (rc == 0)
        rc = agent.engine->gobin_open_live(image, bias, &bin, err);
    if (rc == 0)
        rc = create_stacks(err);
    if (rc == 0) {
        agent.timer_only = true;
        rc = sites_install(bin, bias, err);
    }
    agent.engine->gobin_close(bin);
    agent.engine->elf_close(image);
    return rc;
}

int agent_follow_timer(struct pg_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct pg_error first;
    static bool tried;

    if (agent.armed)
        return 0;
    pthread_mutex_lock(&lock);
    if (!tried && !agent.simulate)
        agent.armed = redirect_timer(&first) == 0;
    tried = true;
    if (!agent.armed)
        *err = first;
    pthread_mutex_unlock(&lock);
    return agent.armed ? 0 : -PG_E_UNSUPPORTED;
}

static int enter(int argc, char *const *argv, struct pg_error *err)
{
    struct elf_image *image = NULL;
    struct gobin_function f;
    struct gobin *bin = NULL;
    uint64_t bias = program_bias();
    int rc;

    rc = agent.engine->elf_open("/proc/self/exe", &image, err);
    if (rc == 0)
        rc = agent.engine->gobin_open_live(image, bias, &bin, err);
    if (rc == -PG_E_NOTFOUND)
        rc = 0; /* not a Go program: nothing to say */
    else if (rc == 0 && agent.engine->gobin_function_by_name(bin, "testing.(*B).StartTimer", &f)) {
        rc = arm(bin, bias, argc, argv, err);
        if (rc < 0)
            agent.windows = NULL; /* no hook is in place: nothing is counted */
        if (rc < 0 && agent.samplers != NULL)
            samplers_abandon(agent.samplers); /* no timer goes on sending signals */
        agent.armed = rc == 0;
        if (rc == 0)
            say("armed", "%s, back end %s", agent.engine->gobin_go_version(bin),
                agent.engine->pmu_backend_name(agent.plan.backend));
    } else if (rc == 0 && bin != NULL &&
               agent.engine->gobin_function_by_name(bin, "testing.(*M).Run", &f)) {
        rc = pg_error_set(err, PG_E_UNSUPPORTED,
                          "this Go version (%s) is not known to perfgo: no testing.(*B).StartTimer",
                          agent.engine->gobin_go_version(bin));
    }
    if (agent.samplers == NULL || agent.windows == NULL) {
        agent.engine->gobin_close(bin);
        agent.engine->elf_close(image);
    }
    return rc;
}

__attribute__((constructor)) static void perfgo_constructor(int argc, char **argv, char **envp)
{
    struct pg_error err = {0};

    if (!runs_benchmarks(argc, argv))
        return;
    if (pg_settings_from_env(&agent.settings, envp, err.text, sizeof err.text) < 0)
        say("error", "%s", err.text);
    if (strcmp(agent.settings.mode, "off") == 0)
        return;
    /* A program that is linked to this library runs in a simulation, which has its own. */
    agent.simulate = RUNNING_ON_VALGRIND && agent.settings.simulate_dir != NULL;
    if (agent.simulate)
        return;
    if (agent_engine(&err) == NULL || enter(argc, argv, &err) < 0)
        say("error", "not measuring: %s", err.text);
}
