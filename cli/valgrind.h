/* valgrind.h - Valgrind as perfgo uses it: where it is, how it is called, what its log means. */
#ifndef PERFGO_CLI_VALGRIND_H
#define PERFGO_CLI_VALGRIND_H

#include "base/error.h"
#include "cli/words.h"

#include <stdbool.h>
#include <stdint.h>

/* The path of valgrind, malloc'ed. PG_E_NOTFOUND with the one command that installs it here. */
int valgrind_find(char **path, struct pg_error *err);

/* That command for a system with this /etc/os-release; "" when it is not known. */
const char *valgrind_install_command(const char *os_release);

/* Adds "valgrind --tool=callgrind …" up to, not including, the program; instrumentation is off
 * until the program asks for it. `dir` gets callgrind.out.N and valgrind.log; `cache` as in
 * PERFGO_CACHE, or NULL: a fixed model, so that counts do not depend on the machine. */
int valgrind_command(struct words *argv, const char *path, const char *dir, const char *cache,
                     struct pg_error *err);

/* Why Valgrind could not go on, from its log. */
struct valgrind_failure {
    char what[160]; /* "does not know the instruction 62 f1 7d 48 fe c0"; "" when it did not fail */
    uint64_t address; /* of the instruction; 0: not known */
};
void valgrind_read_log(const char *path, struct valgrind_failure *out);

#endif
