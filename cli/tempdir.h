/* tempdir.h - a private directory for the life of one command.
 *
 * It is named perfgo-<pid>-XXXXXX and stays flock(2)ed by its owner. A perfgo that was killed
 * leaves its directory behind; the next one removes those whose process is gone and whose lock is
 * free (the lock, because a process of another container may have that pid in a /tmp that both
 * share).
 */
#ifndef PERFGO_CLI_TEMPDIR_H
#define PERFGO_CLI_TEMPDIR_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

struct tempdir {
    char path[PATH_MAX];
    int fd; /* the directory, locked; -1: none */
};

/* Where temporary files go: $TMPDIR, else /tmp. */
const char *tempdir_base(void);

/* True when programs can be run from there (not mounted noexec) and it can be written. */
bool tempdir_base_runs(const char *base);

/* Creates a directory in `base`, mode 0700. `keep`: named so that no sweep removes it. */
int tempdir_create(struct tempdir *t, const char *base, bool keep, struct pg_error *err);

/* Removes the directory with the files in it; a t that was never created is fine. */
void tempdir_remove(struct tempdir *t);

/* Removes what dead perfgo processes of this user left in `base`. */
void tempdir_sweep(const char *base);

#endif
