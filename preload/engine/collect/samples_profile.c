/* samples_profile.c - stacks to locations, sums to values, and what a reader has to know.
 *
 * The values of a sample are the number of samples, and for each event how many of it they stand
 * for: the sum of their periods. CPU time is that of a clock event. A caller's address is that of
 * its call: the return address less one, as in Go's own profiles. The kernel's part of a stack is
 * one location unless it shows its names.
 */
#include "collect/samples_profile.h"

#include "collect/stitch.h"
#include "collect/waits.h"
#include "pmu/pmu.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OBJECTS = 64, MAX_DEPTH = STACK_MAX + 1 };

struct builder {
    const struct samples *samples;
    const struct samples_subject *subject;
    struct profile *profile;
    size_t n_objects;
    struct {
        const struct profile_mapping *mapping;
        uint64_t number;
    } object[MAX_OBJECTS];
};

/* 0: the location is written without a mapping. */
static uint64_t object_number(struct builder *b, const struct profile_mapping *mapping)
{
    for (size_t i = 0; i < b->n_objects; i++)
        if (b->object[i].mapping == mapping)
            return b->object[i].number;
    if (mapping == NULL || b->n_objects == MAX_OBJECTS)
        return 0;
    b->object[b->n_objects].mapping = mapping;
    b->object[b->n_objects].number = profile_add_mapping(b->profile, mapping);
    return b->object[b->n_objects++].number;
}

static uint64_t location(struct builder *b, uint64_t pc, bool *kernel)
{
    struct place place;

    place_find(b->subject->places, pc, &place);
    *kernel = (int64_t)pc < 0;
    return profile_location(b->profile, object_number(b, place.mapping), place.key, place.frame,
                            place.n);
}

/* A frame that says what is not known. */
static uint64_t remark(struct builder *b, const char *text, uint64_t key)
{
    const struct profile_frame frame = {.function = text, .file = ""};

    return profile_location(b->profile, 0, key, &frame, 1);
}

/* Several with one key, as pprof allows: regions may be nested. */
static size_t label_regions(const struct samples_subject *subject, uint64_t regions,
                            struct profile_label *label)
{
    size_t n = 0;

    for (int i = 0; subject->region != NULL && i < HOT_REGIONS; i++)
        if (regions >> i & 1 && subject->region[i] != NULL)
            label[n++] = (struct profile_label){"region", subject->region[i], 0};
    return n;
}

static void add_stack(struct builder *b, const struct samples_stack *stack)
{
    const struct samples_subject *subject = b->subject;
    const bool waits = subject->sampling->waits;
    struct profile_label label[5 + HOT_REGIONS] = {
        {"benchmark", subject->benchmark, 0},
        {"package", subject->package, 0},
        {"thread", NULL, stack->tid},
    };
    size_t n_labels = 3;
    uint64_t at[MAX_DEPTH];
    int64_t value[1 + PG_MAX_SAMPLING] = {0};
    bool kernel = false, exact = true;
    size_t n = 0;

    for (uint32_t i = 0; i < stack->n && n < MAX_DEPTH - 1; i++) {
        uint64_t address = stack->address[i];

        if (address == STITCH_SEVERAL) {
            at[n++] = remark(b, "[several callers]", STITCH_SEVERAL);
            continue;
        }
        /* Where user code was interrupted, or entered the kernel, is not a return address. */
        at[n] = location(b, exact ? address : address - 1, &kernel);
        exact = kernel;
        /* Without names the kernel's part is one location. */
        n += !(kernel && n > 0 && at[n] == at[n - 1]);
    }
    if (stack->truncated)
        at[n++] = remark(b, "[truncated]", UINT64_MAX);
    if (subject->procs > 0)
        label[n_labels++] = (struct profile_label){"procs", NULL, subject->procs};
    if (waits)
        label[n_labels++] =
            (struct profile_label){"reason", wait_reason_name((enum wait_reason)stack->event), 0};
    n_labels += label_regions(subject, stack->regions, label + n_labels);
    value[0] = waits || stack->event == 0 ? (int64_t)stack->count : 0;
    value[waits ? 1 : 1 + stack->event] = (int64_t)stack->weight;
    profile_add_sample(b->profile, at, n, value, label, n_labels);
}

__attribute__((format(printf, 2, 3))) static void comment(struct builder *b, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    profile_add_comment(b->profile, text);
}

static void describe_event(struct builder *b, const struct pg_sampling_event *event)
{
    const struct perf_event_attr *attr = &event->attr;
    char precise[40] = "";

    if (attr->type != PERF_TYPE_SOFTWARE && attr->type != PERF_TYPE_TRACEPOINT)
        snprintf(precise, sizeof precise, ", precise level %u", (unsigned)attr->precise_ip);
    comment(b, "event: %s, %s %" PRIu64 "%s%s", event->name,
            attr->freq ? "samples per second:" : "period:", (uint64_t)attr->sample_freq, precise,
            attr->exclude_kernel ? ", user mode only" : "");
}

static void describe_waits(struct builder *b)
{
    struct samples_waits waits;

    if (!samples_waits(b->samples, &waits))
        return;
    comment(b, "off the CPU: threads of the process, while they waited in the timed region");
    if (!waits.io_known)
        comment(b, "I/O is among the voluntary waits: the kernel's names are hidden "
                   "(kernel.kptr_restrict)");
    if (waits.unseen > 0)
        comment(b,
                "run-queue latency: of %" PRIu64 " waits; the kernel did not report when %" PRIu64
                " others ended",
                waits.latencies, waits.unseen);
}

static void describe(struct builder *b)
{
    const struct samples_subject *subject = b->subject;
    const struct pg_sampling *sampling = subject->sampling;
    const struct samples_sums sums = samples_sums(b->samples);

    comment(b, "perfgo %s: the timed region only", PERFGO_VERSION);
    comment(b, "back end: %s", pmu_backend_name(sampling->backend));
    for (uint32_t i = 0; i < sampling->n_events; i++)
        describe_event(b, &sampling->event[i]);
    comment(b, "samples: %" PRIu64 " taken, %" PRIu64 " lost, %" PRIu64 " throttled", sums.taken,
            sums.lost, sums.throttled);
    describe_waits(b);
    if (sums.own > 0)
        comment(b, "left out: %" PRIu64 " samples of perfgo's own code", sums.own);
    if (subject->unsampled > 0)
        comment(b, "threads that could not be sampled: %" PRIu64, subject->unsampled);
    if (subject->runs > 1)
        comment(b, "repetitions: %" PRIu32, subject->runs);
    if (subject->tags != NULL)
        comment(b, "tags: %s", subject->tags);
}

static struct profile_type type_of(const struct pg_sampling_event *event)
{
    return event->clock ? (struct profile_type){"cpu", "nanoseconds"}
                        : (struct profile_type){event->name, "count"};
}

/* A frequency has no period of its own: what it came to is the mean. */
static int64_t period_of(const struct pg_sampling_event *event, const struct samples_stack **stack,
                         size_t n)
{
    uint64_t count = 0, weight = 0;

    if (!event->attr.freq)
        return (int64_t)event->attr.sample_period;
    for (size_t i = 0; i < n && stack[i]->event == 0; i++) {
        count += stack[i]->count;
        weight += stack[i]->weight;
    }
    return count > 0 ? (int64_t)(weight / count) : 0;
}

/* As Go's own profiles of blocking have it, but of threads, not of goroutines. */
static struct profile *new_profile_of_waits(void)
{
    static const struct profile_type type[] = {{"waits", "count"}, {"delay", "nanoseconds"}};

    return profile_new(type, 2);
}

static struct profile *new_profile(const struct pg_sampling *sampling)
{
    struct profile_type type[1 + PG_MAX_SAMPLING] = {{"samples", "count"}};

    for (uint32_t i = 0; i < sampling->n_events; i++)
        type[1 + i] = type_of(&sampling->event[i]);
    return profile_new(type, 1 + sampling->n_events);
}

int samples_profile(const struct samples *s, const struct samples_subject *subject,
                    struct profile **out, struct pg_error *err)
{
    const struct pg_sampling_event *first = &subject->sampling->event[0];
    const struct profile_type type = type_of(first);
    const bool waits = subject->sampling->waits;
    struct builder b = {.samples = s,
                        .subject = subject,
                        .profile = waits ? new_profile_of_waits() : new_profile(subject->sampling)};
    size_t n;
    const struct samples_stack **stack = samples_sorted(s, &n);

    *out = b.profile;
    if (b.profile == NULL || stack == NULL) {
        profile_free(b.profile);
        free(stack);
        *out = NULL;
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    }
    profile_set_default(b.profile, 1);
    if (!waits)
        profile_set_period(b.profile, &type, period_of(first, stack, n));
    profile_set_time(b.profile, subject->time_ns, subject->duration_ns);
    object_number(&b, places_program(subject->places)); /* the first mapping is the program */
    describe(&b);
    for (size_t i = 0; i < n; i++)
        add_stack(&b, stack[i]);
    free(stack);
    return 0;
}
