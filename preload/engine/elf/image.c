/* image.c - a bounds-checked view of an ELF file.
 *
 * The file may be truncated, corrupt or made to hurt, so nothing in it is believed: each offset and
 * size is compared with the file's size before use, always as "size <= end - start" so that no sum
 * can wrap. Only what every executable needs is demanded at opening (the ELF header and the program
 * headers); section headers are optional, because stripping tools may remove them, and are treated
 * as absent when they do not lie within the file. Format: the System V gABI, and elf(5).
 */
#include "elf/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct elf_image {
    const uint8_t *data;
    size_t size;
    bool mapped; /* by elf_open: unmap at close */
    size_t n_segments, n_sections;
    const Elf64_Phdr *segment;
    const Elf64_Shdr *section;
    const char *section_names; /* NULL: none */
    size_t section_names_size;
};

static bool within(const struct elf_image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

/* The NUL-terminated string at `offset` of a table, or NULL. */
static const char *string_at(const char *table, size_t size, uint64_t offset)
{
    if (table == NULL || offset >= size || memchr(table + offset, 0, size - offset) == NULL)
        return NULL;
    return table + offset;
}

static int check_header(const struct elf_image *image, struct pg_error *err)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->data;

    if (image->size < SELFMAG || memcmp(image->data, ELFMAG, SELFMAG) != 0)
        return pg_error_set(err, PG_E_FORMAT, "not an ELF file");
    if (image->size < sizeof *header)
        return pg_error_set(err, PG_E_FORMAT, "the ELF file ends within its header");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return pg_error_set(err, PG_E_UNSUPPORTED, "not a 64-bit little-endian ELF file");
    if (header->e_phnum == PN_XNUM ||
        (header->e_phnum && header->e_phentsize != sizeof(Elf64_Phdr)))
        return pg_error_set(err, PG_E_UNSUPPORTED, "program headers of an unusual form");
    if (header->e_phoff % sizeof(uint64_t) != 0 ||
        !within(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr)))
        return pg_error_set(err, PG_E_FORMAT, "the program headers lie outside of the ELF file");
    return 0;
}

static void find_sections(struct elf_image *image)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->data;
    const Elf64_Shdr *section, *names;
    uint64_t count = header->e_shnum, names_index = header->e_shstrndx;

    if (header->e_shoff == 0 || header->e_shentsize != sizeof *section ||
        header->e_shoff % sizeof(uint64_t) != 0 || !within(image, header->e_shoff, sizeof *section))
        return;
    section = (const Elf64_Shdr *)(image->data + header->e_shoff);
    if (count == 0) /* 0xff00 sections or more */
        count = section->sh_size;
    if (names_index == SHN_XINDEX)
        names_index = section->sh_link;
    if (count > (image->size - header->e_shoff) / sizeof *section)
        return;
    image->section = section;
    image->n_sections = count;
    if (names_index >= count)
        return;
    names = &section[names_index];
    if (names->sh_type == SHT_STRTAB && within(image, names->sh_offset, names->sh_size)) {
        image->section_names = (const char *)image->data + names->sh_offset;
        image->section_names_size = names->sh_size;
    }
}

int elf_from_memory(const void *data, size_t size, struct elf_image **out, struct pg_error *err)
{
    struct elf_image *image;
    int rc;

    *out = NULL;
    if ((uintptr_t)data % sizeof(uint64_t) != 0)
        return pg_error_set(err, PG_E_INVALID, "ELF data must be aligned to 8 bytes");
    image = calloc(1, sizeof *image);
    if (image == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    image->data = data;
    image->size = size;
    rc = check_header(image, err);
    if (rc != 0) {
        free(image);
        return rc;
    }
    image->n_segments = elf_header(image)->e_phnum;
    image->segment = (const Elf64_Phdr *)(image->data + elf_header(image)->e_phoff);
    find_sections(image);
    *out = image;
    return 0;
}

/* Maps the whole of an open file. */
static int map_file(int fd, const char *path, void **data, size_t *size, struct pg_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pg_error_errno(err, PG_E_IO, errno, "cannot examine %s", path);
    if (!S_ISREG(st.st_mode))
        return pg_error_set(err, PG_E_FORMAT, "%s is not a regular file", path);
    if (st.st_size == 0)
        return pg_error_set(err, PG_E_FORMAT, "%s is empty", path);
    *size = (size_t)st.st_size;
    *data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*data == MAP_FAILED)
        return pg_error_errno(err, PG_E_IO, errno, "cannot map %s", path);
    return 0;
}

int elf_open(const char *path, struct elf_image **out, struct pg_error *err)
{
    struct pg_error why = {0};
    void *data = NULL;
    size_t size = 0;
    int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *out = NULL;
    if (fd < 0)
        return pg_error_errno(err,
                              errno == ENOENT   ? PG_E_NOTFOUND
                              : errno == EACCES ? PG_E_PERMISSION
                                                : PG_E_IO,
                              errno, "cannot open %s", path);
    rc = map_file(fd, path, &data, &size, err);
    close(fd);
    if (rc != 0)
        return rc;
    rc = elf_from_memory(data, size, out, &why);
    if (rc != 0) {
        munmap(data, size);
        return pg_error_set(err, (enum pg_code) - rc, "%s: %s", path, why.text);
    }
    (*out)->mapped = true;
    return 0;
}

void elf_close(struct elf_image *image)
{
    if (image == NULL)
        return;
    if (image->mapped)
        munmap((void *)(uintptr_t)image->data, image->size);
    free(image);
}

const Elf64_Ehdr *elf_header(const struct elf_image *image)
{
    return (const Elf64_Ehdr *)image->data;
}

const uint8_t *elf_data(const struct elf_image *image, size_t *size)
{
    *size = image->size;
    return image->data;
}

size_t elf_segment_count(const struct elf_image *image)
{
    return image->n_segments;
}

const Elf64_Phdr *elf_segment(const struct elf_image *image, size_t i)
{
    return i < image->n_segments ? &image->segment[i] : NULL;
}

size_t elf_section_count(const struct elf_image *image)
{
    return image->n_sections;
}

bool elf_section(const struct elf_image *image, size_t i, struct elf_section *out)
{
    const Elf64_Shdr *section;
    const char *name;

    if (i >= image->n_sections)
        return false;
    section = &image->section[i];
    if (section->sh_type != SHT_NOBITS && !within(image, section->sh_offset, section->sh_size))
        return false;
    name = string_at(image->section_names, image->section_names_size, section->sh_name);
    *out = (struct elf_section){
        .name = name != NULL ? name : "",
        .type = section->sh_type,
        .flags = section->sh_flags,
        .addr = section->sh_addr,
        .offset = section->sh_offset,
        .size = section->sh_size,
        .data = section->sh_type == SHT_NOBITS ? NULL : image->data + section->sh_offset,
    };
    return true;
}

bool elf_section_by_name(const struct elf_image *image, const char *name, struct elf_section *out)
{
    for (size_t i = 0; i < image->n_sections; i++)
        if (elf_section(image, i, out) && strcmp(out->name, name) == 0)
            return true;
    return false;
}

const void *elf_at(const struct elf_image *image, uint64_t vaddr, size_t size)
{
    for (size_t i = 0; i < image->n_segments; i++) {
        const Elf64_Phdr *seg = &image->segment[i];
        uint64_t delta = vaddr - seg->p_vaddr;

        if (seg->p_type != PT_LOAD || vaddr < seg->p_vaddr || delta > seg->p_filesz ||
            size > seg->p_filesz - delta || !within(image, seg->p_offset, seg->p_filesz))
            continue;
        return image->data + seg->p_offset + delta;
    }
    return NULL;
}

const char *elf_interpreter(const struct elf_image *image)
{
    for (size_t i = 0; i < image->n_segments; i++) {
        const Elf64_Phdr *seg = &image->segment[i];

        if (seg->p_type == PT_INTERP && within(image, seg->p_offset, seg->p_filesz))
            return string_at((const char *)image->data + seg->p_offset, seg->p_filesz, 0);
    }
    return NULL;
}

/* Looks for a note in [at, at+size): headers of three words, then name and desc, each padded to 4.
 */
static const uint8_t *note_in(const uint8_t *at, uint64_t size, const char *owner, uint32_t type,
                              size_t *desc_size)
{
    Elf64_Nhdr note;

    while (size >= sizeof note) {
        uint64_t name_size, padded;

        memcpy(&note, at, sizeof note);
        at += sizeof note;
        size -= sizeof note;
        name_size = ((uint64_t)note.n_namesz + 3) & ~UINT64_C(3);
        padded = ((uint64_t)note.n_descsz + 3) & ~UINT64_C(3);
        if (name_size > size || note.n_descsz > size - name_size)
            return NULL;
        if (note.n_type == type && note.n_namesz == strlen(owner) + 1 &&
            memcmp(at, owner, note.n_namesz) == 0) {
            *desc_size = note.n_descsz;
            return at + name_size;
        }
        if (padded > size - name_size)
            return NULL;
        at += name_size + padded;
        size -= name_size + padded;
    }
    return NULL;
}

const uint8_t *elf_note(const struct elf_image *image, const char *owner, uint32_t type,
                        size_t *size)
{
    const uint8_t *desc = NULL;
    struct elf_section section;

    for (size_t i = 0; desc == NULL && i < image->n_segments; i++) {
        const Elf64_Phdr *seg = &image->segment[i];

        if (seg->p_type == PT_NOTE && within(image, seg->p_offset, seg->p_filesz))
            desc = note_in(image->data + seg->p_offset, seg->p_filesz, owner, type, size);
    }
    for (size_t i = 0; desc == NULL && i < image->n_sections; i++)
        if (elf_section(image, i, &section) && section.type == SHT_NOTE)
            desc = note_in(section.data, section.size, owner, type, size);
    return desc;
}

void elf_build_id(const struct elf_image *image, char out[ELF_BUILD_ID_SIZE])
{
    size_t size = 0;
    const uint8_t *id = elf_note(image, "GNU", NT_GNU_BUILD_ID, &size);

    out[0] = '\0';
    for (size_t i = 0; id != NULL && i < size && i < ELF_BUILD_ID_SIZE / 2 - 1; i++)
        snprintf(out + 2 * i, 3, "%02x", id[i]);
    if (id == NULL && (id = elf_note(image, "Go", 4, &size)) != NULL)
        snprintf(out, ELF_BUILD_ID_SIZE, "%.*s", (int)size, (const char *)id);
}
