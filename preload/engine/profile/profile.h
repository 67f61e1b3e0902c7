/* profile.h - samples with stacks, and their pprof form.
 *
 * A profile is filled and then encoded once: equal calls in equal order give equal bytes, on any
 * machine and at any time. (pprof: proto/profile.proto; github.com/google/pprof, doc/README.md)
 */
#ifndef PERFGO_PROFILE_PROFILE_H
#define PERFGO_PROFILE_PROFILE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROFILE_MAX_TYPES = 32 };

struct profile; /* opaque */

struct profile_type {
    const char *type, *unit; /* "instructions", "count" */
};

struct profile_mapping { /* an object in memory; locations in it have addresses in [start, limit) */
    const char *file, *build_id;
    uint64_t start, limit, offset;
    bool symbolized; /* its locations have functions, files, lines and inlined calls */
};

struct profile_frame {
    const char *function, *file; /* file "": not known */
    int64_t line, start_line;    /* 0: not known */
};

/* n types of values that every sample has, at most PROFILE_MAX_TYPES; the first is the default.
 * NULL: no memory. Strings are copied here and below. */
struct profile *profile_new(const struct profile_type *type, size_t n);
void profile_free(struct profile *p); /* NULL is fine */

/* Each returns false or 0 when there is no memory; encoding then fails too, so that a caller may
 * look there only. */

/* The number of a mapping for profile_location, from 1. The first one should be the program. */
uint64_t profile_add_mapping(struct profile *p, const struct profile_mapping *mapping);
bool profile_add_comment(struct profile *p, const char *text);
/* Which type of value is shown when none is asked for; the first one unless set. */
void profile_set_default(struct profile *p, size_t type);
/* How many events of that type lie between two samples. */
bool profile_set_period(struct profile *p, const struct profile_type *type, int64_t period);
/* When it began, in nanoseconds since 1970, and how long it took. */
void profile_set_time(struct profile *p, int64_t time_ns, int64_t duration_ns);

/* The number of a location for profile_add_sample, made when no earlier one has this key; 0: no
 * memory. Frames innermost first. With a mapping it lies there, at address `key`; with mapping 0
 * key is any number of the caller's. */
uint64_t profile_location(struct profile *p, uint64_t mapping, uint64_t key,
                          const struct profile_frame *frame, size_t n);

struct profile_label {
    const char *key, *value; /* value NULL: the number */
    int64_t number;
};

/* A stack, leaf first, its values, and labels. */
bool profile_add_sample(struct profile *p, const uint64_t *location, size_t n_locations,
                        const int64_t *value, const struct profile_label *label, size_t n_labels);

/* Appends the gzip-compressed pprof to *out. */
int profile_encode(const struct profile *p, struct strbuf *out, struct pg_error *err);

#endif
