/* profiling.c - samplers of the program's own: one per thread, with one window that is always open.
 *
 * The same samplers, rings and stacks as those of a benchmark's profile (hot/sampler.h), without
 * its recorder: the program drains them. How threads are found is as in group_threads.c.
 */
#include "profiling.h"

#include "agent.h"

#include "hot/lock.h"
#include "hot/sampler.h"
#include "hot/sys.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 4096 };

struct profiling {
    struct hot_lock lock; /* guards n and sampler[] */
    struct pg_sampling sampling;
    struct hot_gate gate;
    struct elf_image *image;
    struct gobin *bin;
    struct samples *samples;
    uint32_t n;
    uint64_t missed;
    struct timespec start;
    struct hot_sampler *sampler[MAX_THREADS];
    struct profiling *next;
};

static struct {
    struct hot_lock lock;
    struct profiling *first;
    uint32_t n;
} profilings;

bool profilings_want_threads(void)
{
    return __atomic_load_n(&profilings.n, __ATOMIC_ACQUIRE) > 0;
}

static void list_add(struct profiling *p)
{
    hot_lock(&profilings.lock);
    p->next = profilings.first;
    profilings.first = p;
    __atomic_add_fetch(&profilings.n, 1, __ATOMIC_RELEASE);
    hot_unlock(&profilings.lock);
}

static void list_remove(struct profiling *p)
{
    hot_lock(&profilings.lock);
    for (struct profiling **at = &profilings.first; *at != NULL; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            __atomic_sub_fetch(&profilings.n, 1, __ATOMIC_RELEASE);
            break;
        }
    hot_unlock(&profilings.lock);
}

static bool has(const struct profiling *p, int32_t tid)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->sampler[i]->tid == tid)
            return true;
    return false;
}

/* Opening is done without the lock; the second of two that open the same thread closes its own. */
static int thread_add(struct profiling *p, int32_t tid)
{
    struct hot_sampler *s = calloc(1, sizeof *s);
    bool known, full;
    int rc;

    if (s == NULL)
        return -ENOMEM;
    rc = hot_sampler_open(s, &p->sampling, tid);
    if (rc < 0) {
        free(s);
        return rc;
    }
    hot_lock(&p->lock);
    known = has(p, tid);
    full = !known && p->n == MAX_THREADS;
    if (!known && !full) {
        hot_gate_begin(&p->gate);
        hot_sampler_go(s);
        hot_gate_end(&p->gate);
        p->sampler[p->n++] = s;
    }
    hot_unlock(&p->lock);
    if (known || full) {
        hot_sampler_close(s);
        free(s);
    }
    return full ? -EMFILE : 0;
}

void profilings_thread_begin(void)
{
    hot_lock(&profilings.lock);
    for (struct profiling *p = profilings.first; p != NULL; p = p->next)
        if (thread_add(p, sys_gettid()) < 0)
            __atomic_add_fetch(&p->missed, 1, __ATOMIC_RELAXED);
    hot_unlock(&profilings.lock);
}

/* Threads that end meanwhile are no failure. */
static int add_process(struct profiling *p, struct pg_error *err)
{
    DIR *dir = opendir("/proc/self/task");
    int rc = 0;

    if (dir == NULL)
        return pg_error_errno(err, PG_E_IO, errno, "cannot list the threads");
    for (struct dirent *e; (e = readdir(dir)) != NULL && rc == 0;) {
        rc = atoi(e->d_name) > 0 ? thread_add(p, atoi(e->d_name)) : 0;
        if (rc == -ESRCH || rc == -ENODEV)
            rc = 0;
    }
    closedir(dir);
    if (rc < 0)
        return pg_error_errno(err, rc == -EMFILE ? PG_E_LIMIT : PG_E_PERMISSION, -rc,
                              "cannot sample a thread");
    return 0;
}

static void profiling_free(struct profiling *p)
{
    list_remove(p);
    for (uint32_t i = 0; i < p->n; i++) {
        hot_sampler_close(p->sampler[i]);
        free(p->sampler[i]);
    }
    if (p->samples != NULL)
        agent.engine->samples_free(p->samples);
    agent.engine->gobin_close(p->bin);
    agent.engine->elf_close(p->image);
    free(p);
}

static int prepare(struct profiling *p, const char *events, uint64_t freq, struct pg_error *err)
{
    const struct sampling_request request = {
        .events = events, .backend = PG_BACKEND_AUTO, .freq = freq};
    struct samples_program program = {.bias = program_bias()};
    int rc = agent.engine->pmu_sampling(&request, &p->sampling, err);

    if (rc < 0)
        return rc;
    if (p->sampling.n_events == 0 || p->sampling.backend == PG_BACKEND_TIMER)
        return pg_error_set(err, PG_E_UNSUPPORTED, "cannot sample: %s",
                            p->sampling.note[0] != '\0' ? p->sampling.note
                                                        : "perf events are forbidden");
    rc = agent.engine->elf_open("/proc/self/exe", &p->image, err);
    if (rc == 0)
        rc = agent.engine->gobin_open_live(p->image, program.bias, &p->bin, err);
    if (rc < 0)
        return rc;
    program.bin = p->bin;
    sampling_own(&program);
    p->samples = agent.engine->samples_new(&p->sampling, program);
    if (p->samples == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for samples");
    agent.engine->samples_begin(p->samples, 1);
    p->gate.open = p->gate.run = 1;
    return 0;
}

int profiling_start(const char *events, uint64_t freq, struct profiling **out, struct pg_error *err)
{
    struct profiling *p;
    int rc;

    *out = NULL;
    if (agent_engine(err) == NULL)
        return -PG_E_NOTFOUND;
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    rc = prepare(p, events, freq, err);
    if (rc == 0) {
        clock_gettime(CLOCK_REALTIME, &p->start);
        list_add(p);
        rc = add_process(p, err);
    }
    if (rc < 0) {
        profiling_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

static int drain(struct profiling *p, bool settle, struct pg_error *err)
{
    struct hot_view view;
    int rc = 0;

    hot_lock(&p->lock);
    for (uint32_t i = 0; i < p->n && rc == 0; i++) {
        if (!hot_sampler_look(p->sampler[i], &p->gate, &view))
            continue;
        rc = agent.engine->samples_drain(p->samples, p->sampler[i], &view, err);
        if (settle)
            agent.engine->samples_settle(p->samples, p->sampler[i]);
    }
    hot_unlock(&p->lock);
    return rc;
}

int profiling_drain(struct profiling *p, struct pg_error *err)
{
    return drain(p, false, err);
}

static int64_t ns_of(const struct timespec *t)
{
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

int profiling_finish(struct profiling *p, const char *name, char **bytes, size_t *size,
                     struct profiling_sums *sums, struct pg_error *err)
{
    struct timespec end;
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct sampled_line line = {.plan = &p->sampling, .benchmark = name, .package = ""};
    int rc;

    *bytes = NULL;
    *size = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    list_remove(p); /* no thread comes to it any more */
    rc = drain(p, true, err);
    exe[n > 0 ? n : 0] = '\0';
    line.samples = p->samples;
    line.end_ns = ns_of(&end);
    line.duration_ns = ns_of(&end) - ns_of(&p->start);
    line.unsampled = p->missed;
    if (rc == 0)
        rc = agent.engine->sampled_encode(&line, p->image, p->bin, exe, bytes, size, &sums->taken,
                                          &sums->lost, err);
    sums->missed = p->missed;
    profiling_free(p);
    return rc;
}
