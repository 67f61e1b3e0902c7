/* godebug.h - Go's run-time settings in the environment of what perfgo starts. */
#ifndef PERFGO_CLI_GODEBUG_H
#define PERFGO_CLI_GODEBUG_H

#include <stdbool.h>

/* Is this setting in GODEBUG, with whatever value? */
bool godebug_has(const char *name);

/* Appends "name=value,…": the last one of a name counts. (Go: doc of package runtime, GODEBUG) */
void godebug_add(const char *settings);

#endif
