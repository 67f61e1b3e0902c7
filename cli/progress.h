/* progress.h - which benchmark is running, on standard error, while go test holds its output back.
 *
 * perfgo exec, which knows, has go test's pipe as standard error; so it adds its lines to a file
 * that perfgo test reads out.
 */
#ifndef PERFGO_CLI_PROGRESS_H
#define PERFGO_CLI_PROGRESS_H

#include "cli/launch.h"

struct progress {
    char *path; /* NULL: nobody looks */
    long offset;
};

/* Creates `dir`/progress and names it in PERFGO_PROGRESS. */
void progress_begin(struct progress *p, const char *dir);

/* A tick for launch_wait_ticking: context is the progress. */
void progress_tick(void *context, pid_t pid);

void progress_end(struct progress *p);

#endif
