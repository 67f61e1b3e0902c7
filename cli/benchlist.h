/* benchlist.h - which benchmarks a test binary has begun, and which it has.
 *
 * The agent adds the name of each benchmark it begins to a file, one per line, parents before their
 * sub-benchmarks. From that follow the progress that people see, the benchmark that was running
 * when the process ended, and what has not been run.
 */
#ifndef PERFGO_CLI_BENCHLIST_H
#define PERFGO_CLI_BENCHLIST_H

#include "cli/words.h"

#include <stddef.h>

/* Adds the names in the file behind *offset, which moves on; a line still being written is left for
 * the next call. */
void benchlist_read(const char *path, long *offset, struct words *names);

/* How many of the names are top-level benchmarks. */
size_t benchlist_top(const struct words *names);

/* A -test.skip that leaves out everything begun: what is done, and the last one, which failed; not
 * the parents of the last one, whose other sub-benchmarks are still to come. malloc'ed; NULL when
 * there are no names. */
char *benchlist_skip(const struct words *names);

/* The top-level benchmarks that the binary would run for these arguments, asked of the binary
 * itself. Empty when it does not say. */
void benchlist_ask(const char *program, const struct words *args, struct words *out);

#endif
