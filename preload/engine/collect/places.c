#include "collect/places.h"

#include "base/arena.h"
#include "base/files.h"
#include "sym/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_MAPPINGS = 256 };

struct places {
    const struct gobin *bin;
    uint64_t bias; /* run-time address minus link-time address of the program */
    char build_id[ELF_BUILD_ID_SIZE];
    struct symbols *symbols; /* of everything but the program's Go code */
    struct space *space;
    struct arena arena;
    size_t n, program; /* program: index, or n when it was not found */
    struct profile_mapping
        *mapping; /* MAX_MAPPINGS; a library's is completed when it is asked for */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The link-time address of what the program's file has at `offset`. */
static uint64_t link_address(const struct elf_image *image, uint64_t offset)
{
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);
        uint64_t first = seg->p_offset & ~(uint64_t)4095;

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_X) != 0 && offset >= first &&
            offset < seg->p_offset + seg->p_filesz)
            return seg->p_vaddr - seg->p_offset + offset;
    }
    return 0;
}

/* One line of /proc/self/maps; only code is of interest. (proc_pid_maps(5)) */
static void add_line(struct places *p, const struct elf_image *image, const char *file,
                     const char *line, const char *program)
{
    struct profile_mapping m = {.build_id = ""};
    char mode[8];
    int at = 0;

    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %n", &m.start, &m.limit, mode,
               &m.offset, &at) < 4 ||
        mode[2] != 'x' || p->n == MAX_MAPPINGS)
        return;
    if (strcmp(line + at, program) == 0 && p->program == MAX_MAPPINGS) {
        p->program = p->n;
        p->bias = m.start - link_address(image, m.offset);
        m.file = file;
        m.build_id = p->build_id;
        m.symbolized = true;
    } else {
        m.file = arena_string(&p->arena, line[at] != '\0' ? line + at : "[anonymous code]");
    }
    if (m.file != NULL)
        p->mapping[p->n++] = m;
}

int places_open(const struct elf_image *image, const struct gobin *bin, const char *file,
                struct places **out, struct pg_error *err)
{
    struct places *p = calloc(1, sizeof *p);
    struct strbuf maps = {0};
    char *save = NULL, program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    int rc;

    *out = NULL;
    if (p == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    program[n > 0 ? n : 0] = '\0';
    p->mapping = calloc(MAX_MAPPINGS, sizeof *p->mapping);
    if (p->mapping == NULL) {
        places_close(p);
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    }
    p->bin = bin;
    p->program = MAX_MAPPINGS;
    elf_build_id(image, p->build_id);
    rc = file_read("/proc/self/maps", 16 << 20, &maps, err);
    for (char *line = rc == 0 && maps.text != NULL ? strtok_r(maps.text, "\n", &save) : NULL;
         line != NULL; line = strtok_r(NULL, "\n", &save))
        add_line(p, image, file, line, program);
    strbuf_free(&maps);
    p->symbols = symbols_new();
    p->space = p->symbols != NULL ? space_new(p->symbols, NULL) : NULL;
    if (rc == 0 && (p->space == NULL || space_read(p->space, (int32_t)getpid(), NULL) != 0))
        rc = pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    if (rc == 0 && p->program == MAX_MAPPINGS)
        rc = pg_error_set(err, PG_E_NOTFOUND, "the program is not in /proc/self/maps");
    if (rc == 0)
        *out = p;
    else
        places_close(p);
    return rc;
}

void places_close(struct places *p)
{
    if (p == NULL)
        return;
    symbols_free(p->symbols);
    arena_free(&p->arena);
    free(p->mapping);
    free(p);
}

const struct profile_mapping *places_program(const struct places *p)
{
    return &p->mapping[p->program];
}

static struct profile_mapping *mapping_of(const struct places *p, uint64_t pc)
{
    for (size_t i = 0; i < p->n; i++)
        if (pc >= p->mapping[i].start && pc < p->mapping[i].limit)
            return &p->mapping[i];
    return NULL;
}

/* A library's file is opened when the first address in it is asked for. */
static void complete(const struct places *p, struct profile_mapping *m)
{
    const struct region *region = space_at(p->space, m->start);
    const struct object *object = region != NULL ? region_object(p->symbols, region) : NULL;

    if (object == NULL || m->symbolized)
        return;
    m->build_id = object_build_id(object);
    m->symbolized = true;
}

/* Code without symbols: all of an object is one place. */
static void unnamed(struct place *out, const char *object, uint64_t key)
{
    snprintf(out->name, sizeof out->name, object[0] == '[' ? "%.90s" : "[%.90s]",
             base_name(object));
    out->frame[0] = (struct profile_frame){.function = out->name, .file = ""};
    out->n = 1;
    out->mapping = NULL;
    out->key = key;
}

/* Code that is not Go's: C in the program, libraries, the vdso, the kernel. */
static size_t native_frames(const struct places *p, uint64_t pc, struct profile_frame *frame)
{
    const struct region *region = space_at(p->space, pc);

    if ((int64_t)pc < 0)
        return kernel_frames(p->symbols, pc, frame, PLACE_MAX_FRAMES);
    return region != NULL ? region_frames(p->symbols, region, pc, frame, PLACE_MAX_FRAMES) : 0;
}

void place_find(const struct places *p, uint64_t pc, struct place *out)
{
    struct profile_mapping *m = mapping_of(p, pc);
    struct gobin_frame frame[PLACE_MAX_FRAMES];
    size_t n = 0;

    if (m == &p->mapping[p->program])
        n = gobin_frames(p->bin, pc - p->bias, frame, PLACE_MAX_FRAMES);
    if (n > PLACE_MAX_FRAMES)
        n = PLACE_MAX_FRAMES;
    for (size_t i = 0; i < n; i++)
        out->frame[i] = (struct profile_frame){frame[i].function, frame[i].file, frame[i].line,
                                               frame[i].start_line};
    if (n == 0)
        n = native_frames(p, pc, out->frame);
    if (n > 0 && m != NULL)
        complete(p, m);
    out->n = n;
    out->mapping = m;
    out->key = pc;
    if (n == 0 && m == NULL)
        unnamed(out, (int64_t)pc < 0 ? "[kernel]" : "[unknown code]", (int64_t)pc < 0 ? 1 : 2);
    else if (n == 0)
        unnamed(out, m->file, m->start);
}
