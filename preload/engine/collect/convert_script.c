/* convert_script.c - the text of perf script as a profile.
 *
 * A line of a frame is taken apart once; lines that are equal are one location. perf has named the
 * functions already, so objects are looked into for what the text does not have: files, lines,
 * start lines and inlined calls of Go programs. What perf prints as address is, by its version, the
 * place in the file or the address in memory: of the two the one counts where the named function
 * is.
 */
#include "collect/convert_priv.h"

#include "sym/object.h"

#include <stdlib.h>
#include <string.h>

struct file {
    const char *path;
    struct object *object; /* NULL: cannot be read */
    uint64_t mapping;      /* 0: none */
};

struct conversion {
    struct convert c;
    const struct script *script;
    struct file *file;
    size_t n_files, room;
};

static char *copy_of(struct conversion *v, struct script_text t)
{
    return arena_copy(&v->c.arena, t.at, t.size);
}

/* The mapping of an object is as it is linked: the text does not tell where it was loaded. */
static uint64_t map(struct conversion *v, const struct file *f)
{
    struct profile_mapping m = {
        .file = f->path, .build_id = object_build_id(f->object), .symbolized = true};
    const struct elf_image *image = object_image(f->object);

    for (size_t i = 0; i < elf_segment_count(image) && m.limit == 0; i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_X) != 0) {
            m.start = seg->p_vaddr;
            m.limit = seg->p_vaddr + seg->p_memsz;
            m.offset = seg->p_offset;
        }
    }
    return profile_add_mapping(v->c.profile, &m);
}

static struct file *file_of(struct conversion *v, struct script_text name)
{
    char *path;
    struct file *f;

    for (size_t i = 0; i < v->n_files; i++)
        if (strncmp(v->file[i].path, name.at, name.size) == 0 && v->file[i].path[name.size] == '\0')
            return &v->file[i];
    path = copy_of(v, name);
    if (v->n_files == v->room) {
        f = realloc(v->file, (2 * v->room + 16) * sizeof *f);
        if (f == NULL)
            return NULL;
        v->file = f;
        v->room = 2 * v->room + 16;
    }
    if (path == NULL)
        return NULL;
    f = &v->file[v->n_files++];
    *f = (struct file){.path = path};
    if (path[0] == '/')
        object_open(path, &f->object, NULL);
    if (f->object != NULL)
        f->mapping = map(v, f);
    return f;
}

/* perf names assembly functions of Go with their calling convention. */
static bool is_named(const struct profile_frame *frame, struct script_text symbol)
{
    static const char suffix[] = ".abi0";
    size_t n = strlen(frame->function);

    if (symbol.size > n && symbol.size - n == sizeof suffix - 1 &&
        memcmp(symbol.at + n, suffix, sizeof suffix - 1) == 0)
        symbol.size = n;
    return symbol.size == n && memcmp(frame->function, symbol.at, n) == 0;
}

/* Frames at an address, if the outermost is the one that perf has named or it has named none. */
static size_t frames_at(const struct file *f, const struct script_frame *at, uint64_t address,
                        struct profile_frame out[CONVERT_MAX_INLINED])
{
    static const char unknown[] = "[unknown]";
    size_t n = object_frames(f->object, address, out, CONVERT_MAX_INLINED);

    if (n == 0 || is_named(&out[n - 1], at->symbol) ||
        (at->symbol.size == sizeof unknown - 1 &&
         memcmp(at->symbol.at, unknown, sizeof unknown - 1) == 0))
        return n;
    return 0;
}

/* Frames of a line, and the link-time address. */
static size_t look_up(const struct file *f, const struct script_frame *at, bool caller,
                      uint64_t *address, struct profile_frame out[CONVERT_MAX_INLINED])
{
    const struct gobin *go = f->object != NULL ? object_go(f->object) : NULL;
    uint64_t ip = at->address - caller;
    size_t n = 0;

    if (go == NULL)
        return 0;
    if (object_address(f->object, ip, address))
        n = frames_at(f, at, *address, out);
    if (n == 0) {
        *address = ip;
        n = frames_at(f, at, ip, out);
    }
    return n;
}

/* What perf says itself. */
static uint64_t as_printed(struct conversion *v, const struct script_frame *at)
{
    const char *symbol = copy_of(v, at->symbol), *object = copy_of(v, at->object);
    char *text;

    if (symbol == NULL || object == NULL)
        return 0;
    if (strcmp(symbol, "[unknown]") != 0 || strcmp(object, "[unknown]") == 0)
        return convert_named(&v->c, symbol, at->inlined ? "" : object);
    object = convert_base(object);
    if (object[0] == '[')
        return convert_named(&v->c, object, "");
    text = arena_alloc(&v->c.arena, strlen(object) + 3);
    if (text == NULL)
        return 0;
    text[0] = '[';
    strcpy(text + 1, object);
    strcat(text, "]");
    return convert_named(&v->c, text, "");
}

static uint64_t location_of(struct conversion *v, struct script_text line, bool caller)
{
    struct profile_frame frame[CONVERT_MAX_INLINED];
    struct script_frame at;
    uint64_t a = caller, b = 1, location, address = 0;
    struct file *f;
    size_t n;

    for (size_t i = 0; i < line.size; i++) {
        a = (a ^ (uint8_t)line.at[i]) * 0x9e3779b97f4a7c15u;
        b = (b ^ a >> 29) * 0xbf58476d1ce4e5b9u;
    }
    location = numbers_get(&v->c.locations, a, b);
    if (location != 0 || !script_frame(line, &at))
        return location;
    f = file_of(v, at.object);
    if (f == NULL)
        return 0;
    n = look_up(f, &at, caller, &address, frame);
    v->c.sums->unknown += n == 0 && at.symbol.at[0] == '[';
    location =
        n > 0 ? profile_location(v->c.profile, f->mapping, address, frame, n) : as_printed(v, &at);
    numbers_put(&v->c.locations, a, b, location);
    return location;
}

static bool is_kernel(struct script_text line)
{
    static const char object[] = "[kernel";
    struct script_frame at;

    return script_frame(line, &at) && at.object.size >= sizeof object - 1 &&
           memcmp(at.object.at, object, sizeof object - 1) == 0;
}

/* Of a Go program the inlined calls come from its own tables, so that those that perf prints are
 * left out. */
static bool is_left_out(struct conversion *v, const struct script_sample *s, size_t i)
{
    struct script_frame at, outer;

    if (!script_frame(s->frame[i], &at) || !at.inlined)
        return false;
    for (size_t k = i + 1; k < s->n_frames && script_frame(s->frame[k], &outer); k++)
        if (!outer.inlined) {
            const struct file *f = file_of(v, outer.object);

            return f != NULL && f->object != NULL && object_go(f->object) != NULL;
        }
    return false;
}

static int visit(void *arg, const struct script_sample *s, struct pg_error *err)
{
    struct conversion *v = arg;
    bool caller = false;

    v->c.depth = 0;
    for (size_t i = 0; i < s->n_frames && v->c.depth < CONVERT_MAX_DEPTH; i++) {
        bool kernel = is_kernel(s->frame[i]);

        if (is_left_out(v, s, i))
            continue;
        /* The first of the kernel, and the first of the program, is no return address. */
        v->c.stack[v->c.depth] = location_of(v, s->frame[i], caller && !kernel);
        if (v->c.stack[v->c.depth++] == 0)
            return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
        caller = !kernel;
    }
    if (v->c.depth == 0)
        v->c.stack[v->c.depth++] = convert_named(&v->c, "[unknown]", "");
    return convert_sample(&v->c, s->event, s->period, s->time_ns, s->comm.at, s->comm.size, err);
}

int convert_script(struct script *script, struct profile **out, struct convert_sums *sums,
                   struct pg_error *err)
{
    struct conversion *v = calloc(1, sizeof *v);
    size_t n = script_events(script);
    const char **name = calloc(n + 1, sizeof *name);
    int rc;

    *out = NULL;
    *sums = (struct convert_sums){0};
    if (v == NULL || name == NULL) {
        free(v);
        free(name);
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++)
        name[i] = script_event(script, i);
    v->script = script;
    v->c.sums = sums;
    rc = convert_begin(&v->c, name, n, err);
    if (rc == 0)
        rc = script_read(script, visit, v, err);
    rc = convert_end(&v->c, rc, out, err);
    for (size_t i = 0; i < v->n_files; i++)
        object_close(v->file[i].object);
    free(v->file);
    free(v);
    free(name);
    return rc;
}
