/* sampled.h - the samples of a session's lines, repetitions of a benchmark together. */
#ifndef PERFGO_COLLECT_SAMPLED_H
#define PERFGO_COLLECT_SAMPLED_H

#include "collect/samples.h"
#include "gobin/gobin.h"
#include "profile/profile.h"

struct session_region;

struct sampled_line {
    const struct samples *samples;
    const struct pg_sampling *plan;
    const char *benchmark, *package, *tags; /* tags may be NULL */
    uint32_t procs;
    int64_t duration_ns, end_ns; /* the timed region; when the line was printed */
    uint64_t unsampled;          /* threads so far that could not be sampled */
    bool each;                   /* repetitions are not added up */
    size_t n_regions;
    const struct session_region *region; /* those that samples may be in */
};

struct sampled { /* zero-initialised: nothing yet */
    struct samples *kept;
    char *benchmark, *package;
    uint32_t procs;
    uint32_t repetition; /* of the last line, from 1 */
    int64_t time_ns, duration_ns;
    const char *region[HOT_REGIONS]; /* names, borrowed; NULL: not in any line so far */
};

/* Adds a line and makes its profile, or that of all its repetitions: testing repeats a benchmark
 * before it goes on to the next. *out is NULL when there is not one sample. The caller frees it. */
int sampled_add(struct sampled *s, const struct sampled_line *line, const struct elf_image *image,
                const struct gobin *bin, const char *file, struct profile **out,
                struct pg_error *err);
/* The profile of one line that is nobody's repetition, as pprof: *bytes is malloc'ed, NULL when
 * there is not one sample. */
int sampled_encode(const struct sampled_line *line, const struct elf_image *image,
                   const struct gobin *bin, const char *file, char **bytes, size_t *size,
                   uint64_t *taken, uint64_t *lost, struct pg_error *err);
void sampled_free(struct sampled *s);

#endif
