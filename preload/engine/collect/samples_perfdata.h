/* samples_perfdata.h - the samples of a benchmark as a recording of perf. */
#ifndef PERFGO_COLLECT_SAMPLES_PERFDATA_H
#define PERFGO_COLLECT_SAMPLES_PERFDATA_H

#include "collect/samples.h"

struct samples_recording {
    const char *path;    /* of the file, whose directory is there */
    const char *program; /* path of the program, as perf shall look for it */
    const struct pg_sampling *sampling;
    char *const *argv; /* the command line; NULL-terminated */
};

/* Writes one, of samples that were kept each. Stacks are the profile's, so that perf shows native
 * code and its Go callers without unwinding anything. [recorder] */
int samples_perfdata(const struct samples *s, const struct samples_recording *recording,
                     struct pg_error *err);

#endif
