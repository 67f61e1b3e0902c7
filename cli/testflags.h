/* testflags.h - the flags of a Go test binary, read and changed in an argument vector.
 *
 * A vector is the binary's arguments without argv[0]. Flags are named without "-test."; they may be
 * written with one dash or two, and with their value behind "=" or in the next word. They end, as
 * for Go's package flag, at "--" or at the first word that is none; a word behind a flag that is
 * not one of testing's may be its value.
 */
#ifndef PERFGO_CLI_TESTFLAGS_H
#define PERFGO_CLI_TESTFLAGS_H

#include "cli/words.h"

/* The value that counts (the last one), borrowed; NULL when the flag is not there. */
const char *testflags_value(const struct words *args, const char *name);

/* Takes every occurrence out. */
void testflags_remove(struct words *args, const char *name);

/* Makes -test.NAME=VALUE the only occurrence, at the front. */
void testflags_set(struct words *args, const char *name, const char *value);

/* The pattern that matches the top-level names which `pattern` (a -test.bench) lets through: what
 * stands before the first slash of each alternative. malloc'ed. */
char *testflags_top_pattern(const char *pattern);

/* A benchmark's full name as a pattern: each element anchored and quoted. malloc'ed. */
char *testflags_exact_pattern(const char *name);

#endif
