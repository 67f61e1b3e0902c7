/* jobs.h - profiles of simulated benchmarks, made outside of the simulation.
 *
 * Making a profile from Valgrind's dump takes longer under Valgrind than most benchmarks do. So the
 * session inside leaves a note beside the dump, and perfgo exec makes the profile at full speed,
 * while the next benchmark runs.
 */
#ifndef PERFGO_COLLECT_JOBS_H
#define PERFGO_COLLECT_JOBS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct job {
    const char *run;        /* directory of the run */
    const char *pkg, *name; /* of the profile: see run_put_profile */
    const char *benchmark;
};

/* Leaves DUMP.job, and renames the dump to DUMP.kept. [recorder] */
int job_leave(const char *dump, const struct job *job, struct pg_error *err);

struct jobs; /* opaque: the test binary that the dumps are of */

/* `object` is the path that the binary runs from, as it stands in the dumps. [any thread with libc]
 */
int jobs_open(const char *object, uint64_t seed, struct jobs **out, struct pg_error *err);
/* Makes the profile of every job in `dir`, oldest first, and removes the job and its dump, done or
 * not. The first error is reported; the others are tried. */
int jobs_do(struct jobs *jobs, const char *dir, struct pg_error *err);
void jobs_close(struct jobs *jobs);

#endif
