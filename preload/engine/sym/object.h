/* object.h - one ELF file that processes had mapped, and what its addresses mean.
 *
 * Go's own tables come first: they are there in stripped binaries too, and know every inlined call.
 * Everything else is libdw's: symbol tables, DWARF, separate debug files by build id or debug link,
 * and, where DEBUGINFOD_URLS is set and libdebuginfod installed, files from those servers.
 */
#ifndef PERFGO_SYM_OBJECT_H
#define PERFGO_SYM_OBJECT_H

#include "base/error.h"
#include "gobin/gobin.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object; /* opaque */

/* Opens a regular file. PG_E_NOTFOUND, PG_E_PERMISSION, PG_E_FORMAT: no ELF file. [any thread with
 * libc] */
int object_open(const char *path, struct object **out, struct pg_error *err);
/* The same of an image in memory, which is copied (the vdso). */
int object_from_memory(const char *name, const void *data, size_t size, struct object **out,
                       struct pg_error *err);
/* The running program, whose Go data were read already: both are borrowed. */
int object_of_program(const char *path, const struct elf_image *image, const struct gobin *go,
                      struct object **out, struct pg_error *err);
void object_close(struct object *o); /* NULL is fine */

const struct elf_image *object_image(const struct object *o);
const struct gobin *object_go(const struct object *o); /* NULL: no Go program */

/* As elf_build_id. */
const char *object_build_id(const struct object *o);

/* The link-time address of a place in the file; false where nothing executable is loaded. */
bool object_address(const struct object *o, uint64_t file_offset, uint64_t *address);

/* The frames at an instruction, innermost first; 0 when nothing is known about it. Strings live as
 * long as the object. */
size_t object_frames(struct object *o, uint64_t address, struct profile_frame *out, size_t max);

#endif
