/* symbols.h - what an address meant in a process: its mapping, and the frames there.
 *
 * A struct symbols holds files, opened once, and the kernel's names. A struct space holds the
 * mappings of one process as they are now; records of a recording are applied to it in order of
 * time. Nothing is opened before an address in it is asked for. All of one symbols is for one
 * thread; frames, regions and their strings live as long as it, also when a space changes.
 */
#ifndef PERFGO_SYM_SYMBOLS_H
#define PERFGO_SYM_SYMBOLS_H

#include "pmu/records.h"
#include "profile/profile.h"
#include "sym/object.h"

struct symbols; /* opaque */
struct space;   /* opaque */

/* Of a region that was cut by a later mapping, the parts keep their number and true bounds. */
struct region {
    uint64_t number; /* its own among all spaces, from 1 */
    uint64_t start, end, offset;
    const char *file;     /* as mapped: a path, "[vdso]", "//anon", "" */
    const char *build_id; /* hexadecimal, as recorded; "" when it was not */
};

/* NULL: no memory. Spaces are freed with it. */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *s); /* NULL is fine */

/* A build id, hexadecimal, of the file that a recording calls `file`; other files of that name are
 * then not believed. False: no memory. */
bool symbols_expect(struct symbols *s, const char *file, const char *build_id);

/* Uses an object for the file that is mapped as `file`; it is freed with s. */
bool symbols_give(struct symbols *s, const char *file, struct object *object);

/* Where a recording had a symbol of its kernel, such as "_text". When the running kernel has it
 * elsewhere, it is another one, or booted anew, and its names are not used. Before the first
 * kernel_frames. */
void symbols_expect_kernel(struct symbols *s, const char *name, uint64_t address);

/* A new process, with the mappings of `parent` when that is not NULL. NULL: no memory. */
struct space *space_new(struct symbols *s, const struct space *parent);
void space_clear(struct space *space); /* exec */
/* Regions that it covers are cut. False: no memory. */
bool space_map(struct space *space, const struct record_mmap *mapping);
/* The mappings of a process that can run code. PG_E_NOTFOUND, PG_E_PERMISSION. */
int space_read(struct space *space, int32_t pid, struct pg_error *err);

/* The region at an address; NULL: none. */
const struct region *space_at(const struct space *space, uint64_t address);
/* The regions by address; NULL behind the last one. */
const struct region *space_region(const struct space *space, size_t i);
/* The region of the program itself: the file mapped lowest; NULL: none. */
const struct region *space_program(const struct space *space);

/* The file of a region; NULL when it cannot be opened, or is another one than was mapped. */
struct object *region_object(struct symbols *s, const struct region *region);
/* The link-time address in that file. */
bool region_address(struct symbols *s, const struct region *region, uint64_t address,
                    uint64_t *out);

/* The frames at an address of a region, or of the kernel; 0 when nothing is known. */
size_t region_frames(struct symbols *s, const struct region *region, uint64_t address,
                     struct profile_frame *out, size_t max);
size_t kernel_frames(struct symbols *s, uint64_t address, struct profile_frame *out, size_t max);

#endif
