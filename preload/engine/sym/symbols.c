/* symbols.c - files that are opened when needed, and the mappings of processes. */
#include "sym/symbols.h"

#include "base/arena.h"
#include "base/files.h"
#include "sym/kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { MAX_MAPS = 64 << 20, MAX_VDSO = 1 << 20, MAX_FILE = 4096 };

struct file {
    const char *name, *build_id; /* build_id "": any */
    struct object *object;
    bool tried;
    struct file *next;
};

struct part { /* of a region, in a space: [start, end) */
    uint64_t start, end;
    const struct region *region;
    struct file *file;
};

struct space {
    struct symbols *symbols;
    struct part *part; /* by start, ascending; they do not overlap */
    size_t n, room;
    struct space *next;
};

struct known_region { /* what region_object starts from */
    struct region region;
    struct file *file;
};

struct symbols {
    struct arena arena; /* names, files, regions */
    struct file *files;
    struct space *spaces;
    uint64_t regions;
    struct kernel *kernel;
    bool kernel_tried;
    const char *kernel_mark; /* NULL: any kernel */
    uint64_t kernel_mark_address;
};

struct symbols *symbols_new(void)
{
    return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *s)
{
    struct space *next;

    if (s == NULL)
        return;
    for (struct space *space = s->spaces; space != NULL; space = next) {
        next = space->next;
        free(space->part);
        free(space);
    }
    for (struct file *f = s->files; f != NULL; f = f->next)
        object_close(f->object);
    kernel_close(s->kernel);
    arena_free(&s->arena);
    free(s);
}

/* ---- files ---- */

/* A file is known by its name and, when there is one, its build id. */
static struct file *file_named(struct symbols *s, const char *name, const char *build_id)
{
    struct file *f;

    for (f = s->files; f != NULL; f = f->next)
        if (strcmp(f->name, name) == 0 &&
            (build_id[0] == '\0' || strcmp(f->build_id, build_id) == 0))
            return f;
    f = arena_alloc(&s->arena, sizeof *f);
    if (f == NULL)
        return NULL;
    f->name = arena_string(&s->arena, name);
    f->build_id = arena_string(&s->arena, build_id);
    if (f->name == NULL || f->build_id == NULL)
        return NULL;
    f->next = s->files;
    s->files = f;
    return f;
}

bool symbols_expect(struct symbols *s, const char *file, const char *build_id)
{
    return file_named(s, file, build_id) != NULL;
}

bool symbols_give(struct symbols *s, const char *file, struct object *object)
{
    struct file *f = file_named(s, file, "");

    if (f == NULL || f->object != NULL)
        return false;
    f->object = object;
    f->tried = true;
    return true;
}

/* The vdso is the same in every process of this kernel. */
static struct object *open_vdso(void)
{
    const void *at = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
    struct object *o = NULL;
    struct strbuf maps = {0};
    const char *line;
    uint64_t start, end;

    if (at != NULL && file_read("/proc/self/maps", MAX_MAPS, &maps, NULL) == 0 &&
        (line = strstr(maps.text, "[vdso]")) != NULL) {
        while (line > maps.text && line[-1] != '\n')
            line--;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 &&
            start == (uint64_t)(uintptr_t)at && end > start && end - start <= MAX_VDSO)
            object_from_memory("[vdso]", at, end - start, &o, NULL);
    }
    strbuf_free(&maps);
    return o;
}

static struct object *object_of(struct file *f)
{
    if (f->tried)
        return f->object;
    f->tried = true;
    if (strcmp(f->name, "[vdso]") == 0)
        f->object = open_vdso();
    else if (f->name[0] == '/' && strncmp(f->name, "//", 2) != 0)
        object_open(f->name, &f->object, NULL);
    /* Recordings may pad a short build id with zeros. */
    if (f->object != NULL && f->build_id[0] != '\0') {
        const char *have = object_build_id(f->object);
        size_t n = strlen(have);

        if (n == 0 || strncmp(have, f->build_id, n) != 0 ||
            strspn(f->build_id + n, "0") != strlen(f->build_id + n)) {
            object_close(f->object);
            f->object = NULL;
        }
    }
    return f->object;
}

/* ---- spaces ---- */

struct space *space_new(struct symbols *s, const struct space *parent)
{
    struct space *space = calloc(1, sizeof *space);

    if (space == NULL)
        return NULL;
    space->symbols = s;
    if (parent != NULL && parent->n > 0) {
        space->part = malloc(parent->n * sizeof *space->part);
        if (space->part == NULL) {
            free(space);
            return NULL;
        }
        memcpy(space->part, parent->part, parent->n * sizeof *space->part);
        space->n = space->room = parent->n;
    }
    space->next = s->spaces;
    s->spaces = space;
    return space;
}

void space_clear(struct space *space)
{
    space->n = 0;
}

/* The first part that ends behind an address. */
static size_t find(const struct space *space, uint64_t address)
{
    size_t low = 0, high = space->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (space->part[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for two parts more: a mapping in the middle of another leaves both its ends. */
static bool make_room(struct space *space)
{
    struct part *more;
    size_t room = 2 * space->room + 16;

    if (space->n + 2 <= space->room)
        return true;
    more = realloc(space->part, room * sizeof *more);
    if (more == NULL)
        return false;
    space->part = more;
    space->room = room;
    return true;
}

static void insert(struct space *space, size_t at, const struct part *part)
{
    memmove(space->part + at + 1, space->part + at, (space->n - at) * sizeof *part);
    space->part[at] = *part;
    space->n++;
}

/* Takes [start, end) out of what is there. */
static void cut(struct space *space, uint64_t start, uint64_t end)
{
    size_t i = find(space, start), last;

    if (i < space->n && space->part[i].start < start) {
        struct part tail = space->part[i];

        space->part[i].end = start;
        if (tail.end > end) {
            tail.start = end;
            insert(space, i + 1, &tail);
            return;
        }
        i++;
    }
    for (last = i; last < space->n && space->part[last].end <= end; last++)
        ;
    memmove(space->part + i, space->part + last, (space->n - last) * sizeof *space->part);
    space->n -= last - i;
    if (i < space->n && space->part[i].start < end)
        space->part[i].start = end;
}

static struct known_region *new_region(struct symbols *s, const struct record_mmap *m)
{
    struct known_region *known = arena_alloc(&s->arena, sizeof *known);
    char build_id[2 * RECORD_BUILD_ID_MAX + 1] = "";

    for (size_t i = 0; i < m->build_id_size; i++)
        sprintf(build_id + 2 * i, "%02x", m->build_id[i]);
    if (known == NULL || (known->file = file_named(s, m->file, build_id)) == NULL)
        return NULL;
    known->region = (struct region){
        .number = ++s->regions,
        .start = m->addr,
        .end = m->addr + m->len,
        .offset = m->pgoff,
        .file = known->file->name,
        .build_id = known->file->build_id,
    };
    return known;
}

/* Mappings may be read again and again. */
static bool is_known(const struct space *space, const struct record_mmap *m)
{
    const struct region *r = space_at(space, m->addr);

    return r != NULL && r->start == m->addr && r->end == m->addr + m->len &&
           r->offset == m->pgoff && m->build_id_size == 0 && strcmp(r->file, m->file) == 0;
}

bool space_map(struct space *space, const struct record_mmap *m)
{
    struct known_region *known;
    struct part part;

    if (m->len == 0 || m->addr + m->len < m->addr)
        return true;
    if (is_known(space, m))
        return true;
    known = new_region(space->symbols, m);
    if (known == NULL || !make_room(space))
        return false;
    cut(space, m->addr, m->addr + m->len);
    part = (struct part){m->addr, m->addr + m->len, &known->region, known->file};
    insert(space, find(space, m->addr), &part);
    return true;
}

/* One line of /proc/PID/maps: "START-END PERM OFFSET DEV INODE NAME". (proc(5)) */
static bool map_line(struct space *space, char *line)
{
    struct record_mmap m = {0};
    uint64_t end;
    char perm[5];
    int name = 0;

    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &m.addr, &end, perm,
               &m.pgoff, &name) < 4 ||
        name == 0 || perm[2] != 'x' || end < m.addr)
        return true;
    m.len = end - m.addr;
    m.file = line + name;
    return space_map(space, &m);
}

int space_read(struct space *space, int32_t pid, struct pg_error *err)
{
    struct strbuf text = {0};
    char path[64], *line, *next;
    int rc;

    snprintf(path, sizeof path, "/proc/%" PRId32 "/maps", pid);
    rc = file_read(path, MAX_MAPS, &text, err);
    for (line = text.text; rc == 0 && line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!map_line(space, line))
            rc = pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    strbuf_free(&text);
    return rc;
}

const struct region *space_at(const struct space *space, uint64_t address)
{
    size_t i = find(space, address);

    return i < space->n && space->part[i].start <= address ? space->part[i].region : NULL;
}

const struct region *space_region(const struct space *space, size_t i)
{
    return i < space->n ? space->part[i].region : NULL;
}

const struct region *space_program(const struct space *space)
{
    for (size_t i = 0; i < space->n; i++)
        if (space->part[i].region->file[0] == '/' &&
            strncmp(space->part[i].region->file, "//", 2) != 0)
            return space->part[i].region;
    return NULL;
}

/* ---- frames ---- */

struct object *region_object(struct symbols *s, const struct region *region)
{
    const struct known_region *known = (const struct known_region *)region;

    (void)s;
    return object_of(known->file);
}

bool region_address(struct symbols *s, const struct region *region, uint64_t address, uint64_t *out)
{
    const struct object *o = region_object(s, region);

    return o != NULL && object_address(o, address - region->start + region->offset, out);
}

size_t region_frames(struct symbols *s, const struct region *region, uint64_t address,
                     struct profile_frame *out, size_t max)
{
    uint64_t at;

    return region_address(s, region, address, &at)
               ? object_frames(region_object(s, region), at, out, max)
               : 0;
}

static struct kernel *kernel_of(struct symbols *s)
{
    if (s->kernel_tried)
        return s->kernel;
    s->kernel_tried = true;
    if (kernel_open(&s->kernel, NULL) == 0 && s->kernel_mark != NULL &&
        kernel_address(s->kernel, s->kernel_mark) != s->kernel_mark_address) {
        kernel_close(s->kernel);
        s->kernel = NULL;
    }
    return s->kernel;
}

void symbols_expect_kernel(struct symbols *s, const char *name, uint64_t address)
{
    s->kernel_mark = arena_string(&s->arena, name);
    s->kernel_mark_address = address;
}

size_t kernel_frames(struct symbols *s, uint64_t address, struct profile_frame *out, size_t max)
{
    const char *module, *name = kernel_function(kernel_of(s), address, &module);

    if (name == NULL || max == 0)
        return 0;
    out[0] = (struct profile_frame){name, module[0] != '\0' ? module : "[kernel]", 0, 0};
    return 1;
}
