/* convert.c - samples of a recording, added up by stack.
 *
 * Types of values: "samples" counts every sample; each event has one more, the sum of its periods.
 * The events that are time by a clock are "cpu" in nanoseconds, as in Go's own profiles, which is
 * what the compiler looks for (-pgo); the first such is shown when nothing else is asked for.
 * Stacks are kept apart by the name of their thread.
 */
#include "collect/convert_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_clock(const char *event)
{
    static const char *const clocks[] = {"cpu-clock", "task-clock"};

    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(clocks[i]);

        if (strncmp(event, clocks[i], n) == 0 && (event[n] == '\0' || event[n] == ':'))
            return true;
    }
    return false;
}

int convert_begin(struct convert *c, const char *const *event, size_t n, struct pg_error *err)
{
    struct profile_type type[PROFILE_MAX_TYPES] = {{"samples", "count"}};
    size_t shown = 1;
    bool cpu = false;

    if (n >= PROFILE_MAX_TYPES)
        return pg_error_set(err, PG_E_LIMIT, "%zu events are too many for one profile, at most %d",
                            n, PROFILE_MAX_TYPES - 1);
    for (size_t i = 0; i < n; i++) {
        bool clock = is_clock(event[i]);

        type[i + 1].type = clock && !cpu ? "cpu" : event[i];
        type[i + 1].unit = clock ? "nanoseconds" : "count";
        if (clock && !cpu)
            shown = i + 1;
        cpu |= clock;
    }
    c->profile = profile_new(type, n + 1);
    c->stacks = stacks_new(n + 1);
    if (c->profile == NULL || c->stacks == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    profile_set_default(c->profile, shown);
    profile_add_comment(c->profile, "perfgo " PERFGO_VERSION);
    return 0;
}

const char *convert_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static uint64_t comm_number(struct convert *c, const char *comm, size_t size)
{
    const char *copy;

    for (size_t i = 0; i < c->n_comms; i++)
        if (strncmp(c->comm[i], comm, size) == 0 && c->comm[i][size] == '\0')
            return i + 1;
    if (c->n_comms == c->comm_room) {
        const char **more = realloc(c->comm, (2 * c->comm_room + 8) * sizeof *more);

        if (more == NULL)
            return 0;
        c->comm = more;
        c->comm_room = 2 * c->comm_room + 8;
    }
    copy = arena_copy(&c->arena, comm, size);
    if (copy == NULL)
        return 0;
    c->comm[c->n_comms] = copy;
    return ++c->n_comms;
}

int convert_sample(struct convert *c, size_t event, uint64_t weight, uint64_t time_ns,
                   const char *comm, size_t comm_size, struct pg_error *err)
{
    uint64_t label = comm_size > 0 ? comm_number(c, comm, comm_size) : 0;
    int64_t *value = stacks_values(c->stacks, c->stack, c->depth, label);

    if (value == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    value[0]++;
    if (weight > INT64_MAX ||
        __builtin_add_overflow(value[event + 1], (int64_t)weight, &value[event + 1]))
        value[event + 1] = INT64_MAX;
    c->sums->samples++;
    if (time_ns != 0 && (c->first_ns == 0 || time_ns < c->first_ns))
        c->first_ns = time_ns;
    if (time_ns > c->last_ns)
        c->last_ns = time_ns;
    return 0;
}

uint64_t convert_named(struct convert *c, const char *name, const char *file)
{
    struct profile_frame frame = {.function = name, .file = file};
    uint64_t a = 14695981039346656037u, b = 0, location;

    for (const char *s = name; *s != '\0'; s++)
        a = (a ^ (uint8_t)*s) * 1099511628211u;
    for (const char *s = file; *s != '\0'; s++)
        b = (b ^ (uint8_t)*s) * 1099511628211u + 1;
    location = profile_location(c->profile, 0, a ^ b << 1, &frame, 1);
    return location;
}

static size_t labels_of(void *arg, uint64_t label, struct profile_label out[8])
{
    const struct convert *c = arg;

    if (label == 0)
        return 0;
    out[0] = (struct profile_label){"comm", c->comm[label - 1], 0};
    return 1;
}

int convert_end(struct convert *c, int rc, struct profile **out, struct pg_error *err)
{
    char text[96];

    if (rc == 0 && c->sums->samples == 0)
        rc = pg_error_set(err, PG_E_FORMAT, "there is no sample in it");
    if (rc == 0 && c->sums->lost > 0) {
        snprintf(text, sizeof text, "lost: %" PRIu64 " samples", c->sums->lost);
        profile_add_comment(c->profile, text);
    }
    if (rc == 0) {
        profile_set_time(c->profile, 0, (int64_t)(c->last_ns - c->first_ns));
        if (!stacks_flush(c->stacks, c->profile, labels_of, c))
            rc = pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    }
    *out = rc == 0 ? c->profile : NULL;
    if (rc != 0)
        profile_free(c->profile);
    stacks_free(c->stacks);
    numbers_free(&c->locations);
    arena_free(&c->arena);
    free(c->comm);
    return rc;
}
