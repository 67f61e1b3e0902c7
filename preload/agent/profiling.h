/* profiling.h - a profile of what happens between two moments, taken by the program itself
 * (gohook.Profile). All of it is [any thread with libc]. */
#ifndef PERFGO_AGENT_PROFILING_H
#define PERFGO_AGENT_PROFILING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profiling; /* opaque */

/* Samples all threads of the process, those there are and those to come, from now on. events NULL:
 * CPU time. */
int profiling_start(const char *events, uint64_t freq, struct profiling **out,
                    struct pg_error *err);
/* Reads what was sampled so far, to be called more often than the threads' rings fill. */
int profiling_drain(struct profiling *p, struct pg_error *err);
/* Ends it. *bytes: a gzipped pprof of `name`, malloc'ed; NULL: there was not one sample. Frees p,
 * whatever is returned. */
struct profiling_sums {
    uint64_t taken, lost, missed; /* samples; threads that could not be sampled */
};
int profiling_finish(struct profiling *p, const char *name, char **bytes, size_t *size,
                     struct profiling_sums *sums, struct pg_error *err);

bool profilings_want_threads(void);
/* A thread begins. */
void profilings_thread_begin(void);

#endif
