/* convert_priv.h - what the conversions of recordings and of text share. */
#ifndef PERFGO_COLLECT_CONVERT_PRIV_H
#define PERFGO_COLLECT_CONVERT_PRIV_H

#include "base/arena.h"
#include "base/numbers.h"
#include "collect/convert.h"
#include "profile/stacks.h"

enum { CONVERT_MAX_DEPTH = 4096, CONVERT_MAX_INLINED = 32 };

struct convert {
    struct profile *profile;
    struct stacks *stacks;
    struct convert_sums *sums;
    struct numbers locations; /* what a location is made from: its number */
    struct arena arena;
    const char **comm; /* labels of stacks: 1 + index */
    size_t n_comms, comm_room;
    uint64_t first_ns, last_ns; /* of the samples */
    uint64_t stack[CONVERT_MAX_DEPTH];
    size_t depth;
};

/* Begins with the names of the events: the first type of values counts samples, then one for each
 * event. */
int convert_begin(struct convert *c, const char *const *event, size_t n, struct pg_error *err);

/* Adds a sample of c->stack. */
int convert_sample(struct convert *c, size_t event, uint64_t weight, uint64_t time_ns,
                   const char *comm, size_t comm_size, struct pg_error *err);

/* A location of nothing but a name, which is in brackets: "[unknown]". */
uint64_t convert_named(struct convert *c, const char *name, const char *file);

/* Writes everything into the profile, which goes to *out when rc is 0; frees the rest. */
int convert_end(struct convert *c, int rc, struct profile **out, struct pg_error *err);

/* The part of a path behind its last slash. */
const char *convert_base(const char *path);

#endif
