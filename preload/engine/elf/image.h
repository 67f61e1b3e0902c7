/* image.h - a read-only, bounds-checked view of one ELF64 little-endian file.
 *
 * Every accessor checks against the size of the file: a truncated or hostile file gives an error or
 * "absent", never a read outside. Names and data point into the mapping and live until elf_close().
 */
#ifndef PERFGO_ELF_IMAGE_H
#define PERFGO_ELF_IMAGE_H

#include "base/error.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image; /* opaque */

struct elf_section {
    const char *name;
    uint32_t type;
    uint64_t flags, addr, offset, size;
    const uint8_t *data; /* NULL for SHT_NOBITS */
};

/* Maps a file / borrows memory (not copied; must outlive the image). The caller closes. [any
 * thread] */
int elf_open(const char *path, struct elf_image **out, struct pg_error *err);
int elf_from_memory(const void *data, size_t size, struct elf_image **out, struct pg_error *err);
void elf_close(struct elf_image *image); /* NULL is fine */

const Elf64_Ehdr *elf_header(const struct elf_image *image);
const uint8_t *elf_data(const struct elf_image *image, size_t *size);
size_t elf_segment_count(const struct elf_image *image);
const Elf64_Phdr *elf_segment(const struct elf_image *image, size_t i);
size_t elf_section_count(const struct elf_image *image);
bool elf_section(const struct elf_image *image, size_t i, struct elf_section *out);
bool elf_section_by_name(const struct elf_image *image, const char *name, struct elf_section *out);

/* File bytes that are loaded at [vaddr, vaddr+size), or NULL when not wholly backed by the file. */
const void *elf_at(const struct elf_image *image, uint64_t vaddr, size_t size);

/* PT_INTERP's path, or NULL: a static executable. */
const char *elf_interpreter(const struct elf_image *image);

/* Desc of a note by owner name and type (Go: "Go", 4; GNU build id: "GNU", 3); NULL when absent. */
const uint8_t *elf_note(const struct elf_image *image, const char *owner, uint32_t type,
                        size_t *size);

/* The GNU build id in hexadecimal, which pprof looks for; Go's own where there is none; else "". */
enum { ELF_BUILD_ID_SIZE = 160 };
void elf_build_id(const struct elf_image *image, char out[ELF_BUILD_ID_SIZE]);

#endif
