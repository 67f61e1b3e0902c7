/* git.h - which commit is checked out, read from git's files.
 *
 * Runs inside a test process, where starting `git` would raise SIGCHLD. Whether the tree has
 * changes cannot be told this way: the CLI asks git.
 */
#ifndef PERFGO_BENCH_GIT_H
#define PERFGO_BENCH_GIT_H

#include <stdbool.h>

struct git_state {
    char commit[72];  /* hex; "" when unknown */
    char branch[256]; /* "" when detached */
};

/* Looks for .git from `dir` upward; false when there is no repository. [any thread with libc] */
bool git_read(const char *dir, struct git_state *out);

#endif
