/* scribe.h - what a simulated test binary has done for it outside of the simulation: finding the
 * calls to redirect, reading Valgrind's dumps, records, the text of its lines, profiles.
 *
 * A thread of its own answers the library in the binary (preload/simulator), line by line, for as
 * long as a process runs. (proto/simulation.h)
 */
#ifndef PERFGO_CLI_SCRIBE_H
#define PERFGO_CLI_SCRIBE_H

#include "cli/notes.h"
#include "cli/words.h"
#include "gobin/gobin.h"

#include <sys/types.h>

struct scribe; /* opaque */

/* Is there everything in a Go test binary that a simulation needs? */
int scribe_check(const struct gobin *bin, struct pg_error *err);

/* Prepares for `original`, which will run as `program`. Settings are those of the environment. Its
 * files are in `dir`; `label` names the binary in sentences. All of them are borrowed until
 * scribe_close. */
int scribe_open(const char *original, const char *program, const char *dir, const char *label,
                struct notes *notes, struct scribe **out, struct pg_error *err);

/* A process with these arguments is about to start; then that it has, and that it has ended: its
 * exit status, or -1. */
int scribe_begin(struct scribe *s, const struct words *args, struct pg_error *err);
void scribe_started(struct scribe *s, pid_t pid);
void scribe_end(struct scribe *s, int exit_code);

void scribe_close(struct scribe *s); /* NULL is fine */

#endif
