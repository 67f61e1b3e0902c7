/* against.h - `perfgo test --against REF`: two versions, taking turns on the same machine. */
#ifndef PERFGO_CLI_AGAINST_H
#define PERFGO_CLI_AGAINST_H

#include "cli/options.h"

struct against_flags {
    const char *ref, *format;
    bool control;
    uint64_t rounds; /* 0: not given */
    struct words gates;
};

struct against_request {
    const struct against_flags *flags;
    const struct option_result *given; /* its settings and what stands behind -- */
    const char *self;                  /* the running perfgo */
    const char *mode;                  /* "stat", "simulate", … */
    bool keep, verbose;
    uint64_t seeds;
};

/* Is any of this asked for? */
bool against_wanted(const struct against_flags *flags);

/* Builds, measures, compares. Returns the exit status of the comparison, or PERFGO_EXIT_ERROR after
 * saying why there is none. Signals have been taken over (launch_begin). */
int against_run(const struct against_request *r);

#endif
