/* sampling.c - the recorder's side of sampling: drains the threads' rings.
 *
 * Nothing here is waited for: a Go thread writes its ring and its ranges whether or not they are
 * read, and what does not fit is lost and counted. The recorder is woken by the kernel when a ring
 * is half full, by a thread that ends, and by a line.
 */
#include "samplers.h"

#include "agent.h"
#include "hot/self.h"
#include "stacks.h"

#include <link.h>
#include <unistd.h>

enum { PATIENCE = 100 }; /* looks, a millisecond apart, before a line goes without */

static struct samples *samples; /* [recorder] */

/* Where libperfgo.so has its code. */
static int find_own(struct dl_phdr_info *info, size_t size, void *context)
{
    struct samples_program *program = context;
    const uint64_t here = (uint64_t)(uintptr_t)find_own;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *seg = &info->dlpi_phdr[i];
        const uint64_t start = info->dlpi_addr + seg->p_vaddr;

        if (seg->p_type == PT_LOAD && here >= start && here < start + seg->p_memsz) {
            program->own_start = start;
            program->own_limit = start + seg->p_memsz;
            return 1;
        }
    }
    return 0;
}

void sampling_own(struct samples_program *program)
{
    program->stacks_start = (uint64_t)(uintptr_t)pg_stacks_base;
    program->stacks_limit = pg_stacks_base != NULL
                                ? program->stacks_start + ((uint64_t)PG_STACKS << PG_STACK_SHIFT)
                                : 0;
    dl_iterate_phdr(find_own, program);
}

/* From the clock of hooks to that of the kernel's records. */
static int64_t clock_offset(void)
{
    struct hot_self self;
    struct timespec t;

    self_find(&self);
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return self.has_clock
               ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec - (int64_t)hot_self_clock(&self)
               : 0;
}

int sampling_start(const struct gobin *bin, uint64_t bias, struct pg_error *err)
{
    struct samples_program program = {
        .bin = bin, /* borrowed until the process ends */
        .bias = bias,
        .each = agent.settings.perf_data,
    };

    program.clock_offset = clock_offset();
    sampling_own(&program);
    samples = agent.engine->samples_new(&agent.plan.sampling, program);
    return samples != NULL ? 0 : pg_error_set(err, PG_E_NOMEM, "no memory for samples");
}

/* A hook that the kernel stopped while it changed the windows keeps the recorder from looking: then
 * *again is set, and the ring stays as it is for a while. */
static int drain(struct hot_sampler *s, bool settle, bool *again, struct pg_error *err)
{
    const uint32_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
    struct hot_view view;
    int rc;

    if (state != HOT_SAMPLER_LIVE && state != HOT_SAMPLER_ENDED)
        return 0;
    if (!hot_sampler_look(s, &agent.samplers->gate, &view)) {
        *again = true;
        return 0;
    }
    rc = agent.engine->samples_drain(samples, s, &view, err);
    if (settle || state == HOT_SAMPLER_ENDED)
        agent.engine->samples_settle(samples, s);
    if (state == HOT_SAMPLER_ENDED) {
        agent.engine->samples_end(samples, s);
        hot_sampler_close(s);
    }
    return rc;
}

static int drain_all(bool settle, bool *again, struct pg_error *err)
{
    const uint32_t n = __atomic_load_n(&agent.samplers->n_used, __ATOMIC_ACQUIRE);
    int rc = 0;

    *again = false;
    for (uint32_t i = 0; i < n; i++) {
        int one = drain(&agent.samplers->sampler[i], settle, again, rc == 0 ? err : NULL);

        rc = rc == 0 ? one : rc;
    }
    return rc;
}

int sampling_drain(bool *again, struct pg_error *err)
{
    *again = false;
    return agent.samplers != NULL ? drain_all(false, again, err) : 0;
}

struct samples *sampling_take(uint32_t run, struct pg_error *err)
{
    bool again = agent.samplers != NULL;

    if (!again)
        return NULL;
    for (int i = 0; again && i < PATIENCE; i++) {
        drain_all(true, &again, err);
        if (again)
            usleep(1000);
    }
    if (agent.engine->samples_run(samples) != run)
        agent.engine->samples_begin(samples, run);
    return samples;
}
