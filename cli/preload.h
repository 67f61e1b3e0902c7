/* preload.h - where perfgo and its shared object are, and LD_PRELOAD. */
#ifndef PERFGO_CLI_PRELOAD_H
#define PERFGO_CLI_PRELOAD_H

#include "base/error.h"

#include <stdbool.h>

/* Absolute path of the running perfgo; malloc'ed, NULL when the kernel does not say. */
char *preload_self(void);

/* Absolute path of libperfgo.so: PERFGO_LIB, else ../lib beside the running perfgo's bin. The
 * caller frees *path. PG_E_NOTFOUND when it is not there. */
int preload_library(char **path, struct pg_error *err);

/* The same of libperfgo-simulate.so, which lies beside it. */
int preload_simulator(char **path, struct pg_error *err);

/* True when LD_PRELOAD can name the path: the loader splits at blanks and colons and expands $. */
bool preload_path_usable(const char *path);

/* What LD_PRELOAD has to be so that `library` comes first and what `before` names (may be NULL)
 * stays; malloc'ed. A library already named is not named twice. */
char *preload_value(const char *library, const char *before);

#endif
