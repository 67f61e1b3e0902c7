/* preloadable.h - makes a static Go executable load a shared object.
 *
 * The kernel starts the dynamic loader only for an executable with PT_INTERP; without one
 * LD_PRELOAD does nothing, silently. The rewritten copy has one segment more, which holds a new
 * program header table, an interpreter path and a minimal dynamic section. No byte of the original
 * moves, so addresses, build id and pclntab stay valid. (design: hooking.md, section 3)
 */
#ifndef PERFGO_ELF_PRELOADABLE_H
#define PERFGO_ELF_PRELOADABLE_H

#include "base/error.h"
#include "elf/image.h"

enum elf_link_kind {
    ELF_LINK_DYNAMIC,        /* has PT_INTERP: preloadable as it is */
    ELF_LINK_STATIC,         /* static: preloadable after elf_make_preloadable */
    ELF_LINK_FOREIGN_LOADER, /* dynamic, but its interpreter is not glibc's (musl): not preloadable
                              */
};

/* How LD_PRELOAD reaches an executable. Fails (PG_E_FORMAT, PG_E_UNSUPPORTED) when it is not an
 * executable of the host's architecture. [any thread] */
int elf_link_kind(const struct elf_image *image, enum elf_link_kind *out, struct pg_error *err);

/* Writes the preloadable copy of a static executable to `path` (mode 0700, O_EXCL) and removes what
 * it wrote if it fails. [any thread] */
int elf_make_preloadable(const struct elf_image *image, const char *path, struct pg_error *err);

/* The same with another interpreter, and without the names of its debugging sections, which then
 * nobody finds and reads: under Valgrind that takes longer than starting the program. [any thread]
 */
int elf_make_startable(const struct elf_image *image, const char *interpreter, const char *path,
                       struct pg_error *err);

/* A copy of a dynamic executable that differs in that only, for the same reason. Fails
 * (PG_E_UNSUPPORTED) where the executable finds its libraries from where it is itself, which a copy
 * would not. [any thread] */
int elf_make_light(const struct elf_image *image, const char *path, struct pg_error *err);

#endif
