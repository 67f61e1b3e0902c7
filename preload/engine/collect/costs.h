/* costs.h - a callgrind dump of a Go program as a profile. */
#ifndef PERFGO_COLLECT_COSTS_H
#define PERFGO_COLLECT_COSTS_H

#include "gobin/gobin.h"
#include "pmu/callgrind.h"
#include "profile/profile.h"

struct costs_subject {
    const struct elf_image *image;
    const struct gobin *bin; /* of that image */
    const char *object;      /* how the dump calls it: the path it was run from */
    const char *file;        /* how the profile shall call it */
    const char *benchmark, *package;
    uint64_t seed;
};

/* Makes a profile of every instruction's own costs, with callers as far as they are known. The
 * caller frees with profile_free. [any thread with libc] */
int costs_profile(const struct callgrind *dump, const struct costs_subject *subject,
                  struct profile **out, struct pg_error *err);

#endif
