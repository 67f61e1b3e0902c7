/* simulate.h - a test binary under Valgrind: `perfgo exec --backend=simulate`.
 *
 * The library in the binary (preload/simulator) switches callgrind on and off; here is what has to
 * be right from outside. Nothing that may differ between two runs may reach the program: addresses
 * are fixed, there is one processor unless somebody asks for more, and the environment is padded so
 * that the stack begins at the same place however long its variables are.
 *
 * What Valgrind cannot run ends the whole process; then the benchmark that was running is named,
 * and the binary runs again without it and without those that are done.
 */
#ifndef PERFGO_CLI_SIMULATE_H
#define PERFGO_CLI_SIMULATE_H

#include "cli/notes.h"
#include "cli/words.h"
#include "proto/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct simulate_spec {
    const struct pg_settings *settings;
    const char *original;      /* the binary as built */
    const char *program;       /* what to run: it, or its preloadable copy */
    const char *dir;           /* private directory: dumps and logs */
    const struct words *inner; /* PROG ARG... to run Valgrind in; may be empty */
    char *const *args;         /* of the binary, without argv[0] */
    size_t n_args;
    bool verbose;
    struct notes *notes;
};

/* Does the back end of these settings simulate? */
bool simulate_wanted(const struct pg_settings *s);

/* Says why `original` cannot be simulated at all (a race build) in *why: what follows its name. */
bool simulate_possible(const char *original, struct pg_error *why);

/* Checks what a simulation needs before anything is started: Valgrind, the cache model, the time
 * limit, which becomes *deadline_ns on the monotonic clock (0: none). */
int simulate_check(const struct pg_settings *s, uint64_t *deadline_ns, struct pg_error *err);

/* Runs the binary to its end: 0 and its wait status, or an exit status of perfgo's. LD_PRELOAD and
 * the PERFGO_* variables are in place. */
int simulate_run(const struct simulate_spec *spec, int *status);

#endif
