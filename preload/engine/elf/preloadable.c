/* preloadable.c - one more segment, so that the kernel starts the dynamic loader.
 *
 * execve starts the loader only for a program with PT_INTERP (Linux: fs/binfmt_elf.c), and the
 * loader (glibc: elf/rtld.c) needs little of the program: PT_PHDR to compute its load bias,
 * PT_DYNAMIC with a hash table, a symbol table and a string table, here all empty, and DT_DEBUG to
 * write to. So the copy gets a segment that holds
 *
 *     program headers | dynamic section | one null symbol | hash of 1 bucket | "" | interpreter
 * path
 *
 * and an ELF header that points to the new program headers. No byte of the original moves.
 *
 * Where the segment goes: below the first PT_LOAD when there is room above the first 64 KiB (amd64:
 * Go links at 4 MiB), else above the last (arm64: Go links at 64 KiB). PT_LOADs must be ascending.
 * Kernels before 5.18 tell the loader that the program headers are at e_phoff plus (p_vaddr -
 * p_offset) of the *first* PT_LOAD. Below, that is the new segment itself. Above, the segment is
 * put at the file offset for which that sum is right; the file then has a hole, which costs no
 * space.
 *
 * PT_GNU_RELRO becomes PT_NULL: in a static glibc program the loader would make pages read-only
 * that the program's own libc, which relocates itself afterwards, still has to write.
 */
#include "elf/preloadable.h"

#include "arch/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_DYNAMIC = 7, MAX_SEGMENTS = 256 };

#define LOWEST_VADDR 0x10000ull /* vm.mmap_min_addr is 64 KiB almost everywhere */
#define MIN_PAGE     0x1000ull
#define MAX_PAGE     0x200000ull
#define MAX_VADDR    (1ull << 46)
#define MAX_FILE     (1ull << 36)

/* The new segment: program headers, then this, then the interpreter's path. */
struct tail {
    Elf64_Dyn dynamic[N_DYNAMIC];
    Elf64_Sym symbol;
    uint32_t hash[4]; /* nbucket, nchain, bucket[0], chain[0] */
    char strings[8];
};

struct layout {
    const char *interpreter;
    const Elf64_Phdr *first; /* lowest PT_LOAD */
    uint64_t end;            /* of the highest PT_LOAD, in memory */
    uint64_t page;           /* strictest alignment of the PT_LOADs */
    size_t n_segments;       /* of the copy */
    bool has_phdr, below;
    uint64_t vaddr, offset, size; /* the new segment */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

int elf_link_kind(const struct elf_image *image, enum elf_link_kind *out, struct pg_error *err)
{
    const Elf64_Ehdr *header = elf_header(image);
    const char *interpreter = elf_interpreter(image);

    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return pg_error_set(err, PG_E_FORMAT, "the ELF file is not an executable");
    if (header->e_machine != arch_host()->elf_machine)
        return pg_error_set(err, PG_E_UNSUPPORTED, "the executable is not for this machine (%s)",
                            arch_host()->name);
    for (size_t i = 0; i < elf_segment_count(image); i++)
        if (elf_segment(image, i)->p_type == PT_INTERP && interpreter == NULL)
            return pg_error_set(err, PG_E_FORMAT, "the executable names no loader in PT_INTERP");
    if (interpreter != NULL) {
        *out = strcmp(base_name(interpreter), base_name(arch_host()->loader)) == 0
                   ? ELF_LINK_DYNAMIC
                   : ELF_LINK_FOREIGN_LOADER;
        return 0;
    }
    if (header->e_type == ET_DYN)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "a shared library or a static position independent executable, into "
                            "which nothing can be preloaded: link it with -extldflags=-static "
                            "instead of -static-pie");
    *out = ELF_LINK_STATIC;
    return 0;
}

static int check_load(const Elf64_Phdr *seg, struct layout *layout, struct pg_error *err)
{
    if (seg->p_vaddr > MAX_VADDR || seg->p_memsz > MAX_VADDR)
        return pg_error_set(err, PG_E_FORMAT, "a segment lies outside of the address space");
    if (seg->p_align > 1 && ((seg->p_align & (seg->p_align - 1)) != 0 || seg->p_align > MAX_PAGE ||
                             (seg->p_vaddr - seg->p_offset) % seg->p_align != 0))
        return pg_error_set(err, PG_E_FORMAT, "a segment is not aligned as it claims");
    if (layout->first != NULL && seg->p_vaddr < layout->end)
        return pg_error_set(err, PG_E_FORMAT, "the segments overlap or are not in order");
    if (layout->first == NULL)
        layout->first = seg;
    if (seg->p_align > layout->page)
        layout->page = seg->p_align;
    layout->end = seg->p_vaddr + seg->p_memsz;
    return 0;
}

static int check_segments(const struct elf_image *image, struct layout *layout,
                          struct pg_error *err)
{
    size_t n = elf_segment_count(image), size;

    elf_data(image, &size);
    if (n > MAX_SEGMENTS)
        return pg_error_set(err, PG_E_UNSUPPORTED, "the executable has %zu segments", n);
    for (size_t i = 0; i < n; i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);
        int rc = 0;

        if (seg->p_type == PT_INTERP || seg->p_type == PT_DYNAMIC)
            return pg_error_set(err, PG_E_INVALID, "the executable is not static");
        if (seg->p_type == PT_PHDR)
            layout->has_phdr = true;
        /* What is behind the end of a file is an error to touch; the copy is longer. */
        if (seg->p_type == PT_LOAD &&
            (seg->p_offset > size || seg->p_filesz > size - seg->p_offset))
            return pg_error_set(err, PG_E_FORMAT, "a segment ends behind the end of the file");
        if (seg->p_type == PT_LOAD)
            rc = check_load(seg, layout, err);
        if (rc != 0)
            return rc;
    }
    if (layout->first == NULL)
        return pg_error_set(err, PG_E_FORMAT, "the executable has no segment to load");
    layout->n_segments = n + 3 + !layout->has_phdr;
    return 0;
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static int place_segment(const struct elf_image *image, struct layout *layout, struct pg_error *err)
{
    uint64_t page = layout->page, start = layout->first->p_vaddr & ~(page - 1);
    size_t file_size;

    elf_data(image, &file_size);
    layout->size = layout->n_segments * sizeof(Elf64_Phdr) + sizeof(struct tail) +
                   strlen(layout->interpreter) + 1;
    layout->offset = align_up(file_size, page);
    layout->below = start >= LOWEST_VADDR + align_up(layout->size, page);
    if (layout->below) {
        layout->vaddr = start - align_up(layout->size, page);
        return 0;
    }
    uint64_t base = layout->first->p_vaddr - layout->first->p_offset;

    layout->vaddr = align_up(layout->end, page);
    if (layout->vaddr < base + layout->offset)
        layout->vaddr = base + layout->offset;
    layout->offset = layout->vaddr - base;
    if (base > layout->vaddr || base % page != 0 || layout->offset > MAX_FILE)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the executable leaves no room for one segment more");
    return 0;
}

static Elf64_Phdr segment_at(const struct layout *layout, uint32_t type, uint32_t flags,
                             uint64_t from, uint64_t size, uint64_t align)
{
    return (Elf64_Phdr){
        .p_type = type,
        .p_flags = flags,
        .p_offset = layout->offset + from,
        .p_vaddr = layout->vaddr + from,
        .p_paddr = layout->vaddr + from,
        .p_filesz = size,
        .p_memsz = size,
        .p_align = align,
    };
}

/* The new program headers: PT_PHDR and PT_INTERP first, because they must precede every PT_LOAD. */
static void fill_headers(const struct elf_image *image, const struct layout *layout,
                         Elf64_Phdr *out)
{
    uint64_t tail = layout->n_segments * sizeof *out, path = tail + sizeof(struct tail);
    Elf64_Phdr load = segment_at(layout, PT_LOAD, PF_R | PF_W, 0, layout->size, layout->page);

    *out++ = segment_at(layout, PT_PHDR, PF_R, 0, tail, sizeof(uint64_t));
    *out++ = segment_at(layout, PT_INTERP, PF_R, path, layout->size - path, 1);
    if (layout->below)
        *out++ = load;
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        Elf64_Phdr seg = *elf_segment(image, i);

        if (seg.p_type == PT_PHDR)
            continue;
        if (seg.p_type == PT_GNU_RELRO)
            seg.p_type = PT_NULL;
        *out++ = seg;
    }
    if (!layout->below)
        *out++ = load;
    *out++ = segment_at(layout, PT_DYNAMIC, PF_R | PF_W, tail + offsetof(struct tail, dynamic),
                        sizeof(Elf64_Dyn) * N_DYNAMIC, sizeof(uint64_t));
}

static void fill_tail(const struct layout *layout, struct tail *tail)
{
    uint64_t at = layout->vaddr + layout->n_segments * sizeof(Elf64_Phdr);
    const Elf64_Dyn dynamic[N_DYNAMIC] = {
        {DT_HASH, {at + offsetof(struct tail, hash)}},
        {DT_STRTAB, {at + offsetof(struct tail, strings)}},
        {DT_SYMTAB, {at + offsetof(struct tail, symbol)}},
        {DT_STRSZ, {1}},
        {DT_SYMENT, {sizeof(Elf64_Sym)}},
        {DT_DEBUG, {0}},
        {DT_NULL, {0}},
    };

    memset(tail, 0, sizeof *tail);
    memcpy(tail->dynamic, dynamic, sizeof dynamic);
    tail->hash[0] = tail->hash[1] = 1;
}

static int write_all(int fd, const void *data, size_t size, uint64_t offset)
{
    const uint8_t *at = data;

    while (size > 0) {
        ssize_t n = pwrite(fd, at, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* Takes the names of debugging sections away. Returns an errno value. */
static int hide_debug(int fd, const struct elf_image *image)
{
    static const Elf64_Word nameless = 0; /* "", as every string table begins */
    const Elf64_Ehdr *header = elf_header(image);
    struct elf_section section;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < elf_section_count(image); i++)
        if (elf_section(image, i, &section) &&
            (strncmp(section.name, ".debug_", 7) == 0 || strncmp(section.name, ".zdebug_", 8) == 0))
            rc =
                write_all(fd, &nameless, sizeof nameless,
                          header->e_shoff + i * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_name));
    return rc;
}

/* The new file: where its program headers are, and what stands behind the original. */
struct copy {
    uint64_t headers_at; /* 0: where they were */
    Elf64_Half n_headers;
    const void *tail;
    uint64_t tail_size, tail_at;
    bool no_debug; /* its debugging sections have no names */
};

/* Writes header, the rest of the original, and the tail. Returns an errno value. */
static int write_copy(int fd, const struct elf_image *image, const struct copy *copy)
{
    Elf64_Ehdr header = *elf_header(image);
    size_t size;
    const uint8_t *data = elf_data(image, &size);
    int rc;

    if (copy->headers_at != 0) {
        header.e_phoff = copy->headers_at;
        header.e_phnum = copy->n_headers;
        header.e_phentsize = sizeof(Elf64_Phdr);
    }
    rc = write_all(fd, &header, sizeof header, 0);
    if (rc == 0)
        rc = write_all(fd, data + sizeof header, size - sizeof header, sizeof header);
    if (rc == 0)
        rc = write_all(fd, copy->tail, copy->tail_size, copy->tail_at);
    if (rc == 0 && copy->no_debug)
        rc = hide_debug(fd, image);
    return rc;
}

static int write_file(const struct elf_image *image, const struct copy *copy, const char *path,
                      struct pg_error *err)
{
    int rc, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

    if (fd < 0)
        return pg_error_errno(err, errno == EACCES ? PG_E_PERMISSION : PG_E_IO, errno,
                              "cannot create %s", path);
    rc = fchmod(fd, 0700) != 0 ? errno : write_copy(fd, image, copy);
    if (close(fd) != 0 && rc == 0)
        rc = errno;
    if (rc == 0)
        return 0;
    unlink(path);
    return pg_error_errno(err, PG_E_IO, rc, "cannot write %s", path);
}

static int make_copy(const struct elf_image *image, const char *interpreter, bool no_debug,
                     const char *path, struct pg_error *err)
{
    struct layout layout = {.interpreter = interpreter, .page = MIN_PAGE};
    uint8_t *segment;
    struct tail tail;
    int rc;

    if (arch_by_machine(elf_header(image)->e_machine) == NULL ||
        elf_header(image)->e_type != ET_EXEC)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "not a static executable for a machine that perfgo knows");
    rc = check_segments(image, &layout, err);
    if (rc == 0)
        rc = place_segment(image, &layout, err);
    if (rc != 0)
        return rc;
    segment = calloc(1, layout.size);
    if (segment == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    fill_headers(image, &layout, (Elf64_Phdr *)segment);
    fill_tail(&layout, &tail);
    memcpy(segment + layout.n_segments * sizeof(Elf64_Phdr), &tail, sizeof tail);
    strcpy((char *)segment + layout.n_segments * sizeof(Elf64_Phdr) + sizeof tail, interpreter);
    rc = write_file(image,
                    &(struct copy){.headers_at = layout.offset,
                                   .n_headers = (Elf64_Half)layout.n_segments,
                                   .tail = segment,
                                   .tail_size = layout.size,
                                   .tail_at = layout.offset,
                                   .no_debug = no_debug},
                    path, err);
    free(segment);
    return rc;
}

/* The dynamic section's first entry with this tag; NULL: none. */
static const Elf64_Dyn *dynamic_entry(const struct elf_image *image, Elf64_Sxword tag)
{
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);
        const Elf64_Dyn *entry =
            seg->p_type == PT_DYNAMIC ? elf_at(image, seg->p_vaddr, seg->p_filesz) : NULL;

        for (size_t k = 0; entry != NULL && k < seg->p_filesz / sizeof *entry; k++)
            if (entry[k].d_tag == tag)
                return &entry[k];
    }
    return NULL;
}

/* Does it name where its libraries are by where it is itself ($ORIGIN)? What cannot be read may. */
static bool is_bound_to_place(const struct elf_image *image)
{
    static const Elf64_Sxword tags[] = {DT_RPATH, DT_RUNPATH};
    const Elf64_Dyn *strings = dynamic_entry(image, DT_STRTAB);
    const Elf64_Dyn *size = dynamic_entry(image, DT_STRSZ);

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const Elf64_Dyn *path = dynamic_entry(image, tags[i]);
        const char *text = NULL;

        if (path == NULL)
            continue;
        if (strings != NULL && size != NULL && path->d_un.d_val < size->d_un.d_val)
            text = elf_at(image, strings->d_un.d_ptr + path->d_un.d_val,
                          size->d_un.d_val - path->d_un.d_val);
        if (text == NULL || memchr(text, '\0', size->d_un.d_val - path->d_un.d_val) == NULL ||
            strchr(text, '$') != NULL)
            return true;
    }
    return false;
}

int elf_make_preloadable(const struct elf_image *image, const char *path, struct pg_error *err)
{
    const struct arch_ops *arch = arch_by_machine(elf_header(image)->e_machine);

    return make_copy(image, arch != NULL ? arch->loader : "", false, path, err);
}

int elf_make_startable(const struct elf_image *image, const char *interpreter, const char *path,
                       struct pg_error *err)
{
    return make_copy(image, interpreter, true, path, err);
}

int elf_make_light(const struct elf_image *image, const char *path, struct pg_error *err)
{
    if (is_bound_to_place(image))
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "its libraries are found from where it is ($ORIGIN)");
    return write_file(image, &(struct copy){.no_debug = true}, path, err);
}
