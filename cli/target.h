/* target.h - the program that `perfgo exec` is to run, and how libperfgo.so gets into it. */
#ifndef PERFGO_CLI_TARGET_H
#define PERFGO_CLI_TARGET_H

#include "base/error.h"
#include "cli/tempdir.h"

#include <stdbool.h>

struct target {
    char *path;            /* the program as found: has a slash; NULL: not found */
    char *copy;            /* the copy of it that is to be run, or NULL: run `path` */
    struct tempdir beside; /* where the copy is when the temporary directory cannot run programs */
    bool preloadable;      /* LD_PRELOAD will reach it */
    bool carries_library;  /* … and is not needed: the copy names the wished interpreter */
    struct pg_error why;   /* when not, though it should be: what follows the program's name */
};

/* The path that execvp would take for `name`; malloc'ed, NULL when there is none. */
char *target_find(const char *name);

/* Finds `name` (in PATH when it has no slash) and, when it is static, writes a preloadable copy of
 * the same base name into `dir`, or into a new directory beside the program when `dir` cannot run
 * programs or is full; not when `measure` is false, then there is nothing to preload for. Never
 * fails: what cannot be preloaded is run as it is. */
struct target_wish {
    const char *name;
    const struct tempdir *dir; /* NULL: there is none */
    const char *interpreter;   /* that a static program's copy is to have in place of the dynamic
                                  loader, or NULL. With one the program is to run under Valgrind: then
                                  a dynamic one has a copy as well, without debugging sections. */
    bool measure, keep;
};
void target_prepare(struct target *t, const struct target_wish *wish);

/* Removes the copy unless it is to be kept; frees. */
void target_release(struct target *t, bool keep);

#endif
