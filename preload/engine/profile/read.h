/* read.h - a pprof that anybody wrote, checked and resolved.
 *
 * Read are Go's own profiles, perfgo's, and those of any other writer of proto/profile.proto,
 * compressed or not. What is returned holds together: every index is in range, every sample has a
 * value per type, every location at least one line, every string is UTF-8 and never NULL. Labels
 * and addresses' mappings are left out: nobody here looks at them.
 */
#ifndef PERFGO_PROFILE_READ_H
#define PERFGO_PROFILE_READ_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    PPROF_MAX_FILE = 128 << 20,     /* compressed; for who reads the file */
    PPROF_MAX_INFLATED = 256 << 20, /* larger ones are refused */
    PPROF_MAX_TYPES = 64,
};

struct pprof_type {
    const char *type, *unit; /* "cpu", "nanoseconds" */
};

struct pprof_function {
    const char *name, *file; /* file "": not known */
    int64_t start_line;      /* 0: not known */
};

struct pprof_line {
    uint32_t function; /* index */
    int64_t line;      /* 0: not known */
};

struct pprof_location {
    const struct pprof_line *line; /* innermost inlined function first */
    size_t n_lines;                /* at least 1; "[FILE]" or "[unknown]" without symbols */
};

struct pprof_sample {
    const uint32_t *location; /* indices, leaf first */
    size_t n_locations;
    const int64_t *value; /* n_types of them */
};

struct pprof {
    struct arena arena; /* owns everything below */
    struct pprof_type *type;
    struct pprof_function *function;
    struct pprof_location *location;
    struct pprof_sample *sample;
    const char **comment;
    size_t n_types, n_functions, n_locations, n_samples, n_comments;
    size_t default_type; /* index; the last type where the file names none, as pprof does */
    int64_t duration_ns; /* 0: not known */
};

/* PG_E_FORMAT for what is no pprof, PG_E_LIMIT for one that is too large. [any thread with libc] */
int pprof_read(const char *data, size_t size, struct pprof **out, struct pg_error *err);
void pprof_free(struct pprof *p); /* NULL is fine */

#endif
