#include "cli/repeat.h"

#include "cli/say.h"
#include "pmu/passes.h"
#include "pmu/pmu.h"

#include <inttypes.h>
#include <stdlib.h>

static int once_more(repeat_once *once, void *context, int *status)
{
    int one = 0, rc = once(context, &one);

    if (*status == 0)
        *status = one;
    return rc;
}

int repeat_seeds(const struct pg_settings *s, uint64_t seeds, repeat_once *once, void *context,
                 int *status)
{
    int rc = 0;

    for (uint64_t i = 0; (i == 0 || i < seeds) && rc == 0; i++) {
        char *seed = text_format("%" PRIu64, s->seed + i);
        char *tag = text_format("%s%sseed=%s", s->tags != NULL ? s->tags : "",
                                s->tags != NULL ? "," : "", seed);

        setenv("PERFGO_SEED", seed, 1);
        if (seeds > 1)
            setenv("PERFGO_TAGS", tag, 1);
        free(seed);
        free(tag);
        rc = once_more(once, context, status);
    }
    return rc;
}

static int count_passes(const struct pg_settings *s, uint32_t *out)
{
    enum pg_backend backend;
    struct pg_plan plan;
    struct pg_error err;

    if (s->pass > 0)
        return say_error("test: --passes and --pass %" PRIu64 ": give one of them", s->pass);
    if (!pmu_backend_by_name(s->backend, &backend))
        return say_error("test: --backend %s: give auto, pmu, software or timer", s->backend);
    if (pmu_plan(s->events, backend, &plan, &err) < 0)
        return say_error("test: %s", err.text);
    *out = passes_needed(&plan);
    return 0;
}

int repeat_passes(const struct pg_settings *s, repeat_once *once, void *context, int *status)
{
    uint32_t passes = 0;
    int rc = count_passes(s, &passes);

    if (passes == 1) {
        say("one pass: all events that can be counted here fit at once");
        return once(context, status);
    }
    for (uint32_t i = 1; i <= passes && rc == 0; i++) {
        char *pass = text_format("%" PRIu32, i);

        say("pass %" PRIu32 " of %" PRIu32, i, passes);
        setenv("PERFGO_PASS", pass, 1);
        free(pass);
        rc = once_more(once, context, status);
    }
    return rc;
}
