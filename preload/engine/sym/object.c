/* object.c - functions and lines of one file. */
#include "sym/object.h"

#include "base/arena.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_INLINED = 32 };

struct object {
    struct elf_image *image, *own_image; /* own_image: to be closed */
    const struct gobin *go;
    struct gobin *own_go;
    char *path;
    void *memory; /* of object_from_memory */
    size_t memory_size;
    Dwfl *dwfl; /* opened with the first address that is not Go's */
    Dwfl_Module *module;
    bool dwfl_tried;
    struct arena names; /* of libdw's that may move */
    char build_id[ELF_BUILD_ID_SIZE];
};

/* ---- opening ---- */

static struct object *new_object(const char *path)
{
    struct object *o = calloc(1, sizeof *o);

    if (o != NULL && (o->path = strdup(path)) == NULL) {
        free(o);
        o = NULL;
    }
    return o;
}

/* A pipe or a device named in a recording must not be opened. */
static int check_regular(const char *path, struct pg_error *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return pg_error_errno(err, errno == EACCES ? PG_E_PERMISSION : PG_E_NOTFOUND, errno, "%s",
                              path);
    return S_ISREG(st.st_mode) ? 0 : pg_error_set(err, PG_E_FORMAT, "%s is no file", path);
}

static int finish_open(struct object *o, int rc, struct object **out)
{
    if (rc == 0) {
        o->image = o->own_image;
        /* Not a Go program, or one that is not understood: symbols are left. */
        if (gobin_open(o->image, &o->own_go, NULL) == 0)
            o->go = o->own_go;
        elf_build_id(o->image, o->build_id);
        *out = o;
    } else {
        object_close(o);
    }
    return rc;
}

int object_open(const char *path, struct object **out, struct pg_error *err)
{
    struct object *o;
    int rc = check_regular(path, err);

    *out = NULL;
    if (rc != 0)
        return rc;
    o = new_object(path);
    if (o == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    return finish_open(o, elf_open(path, &o->own_image, err), out);
}

int object_from_memory(const char *name, const void *data, size_t size, struct object **out,
                       struct pg_error *err)
{
    struct object *o = new_object(name);

    *out = NULL;
    if (o != NULL)
        o->memory = malloc(size);
    if (o == NULL || o->memory == NULL) {
        object_close(o);
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    memcpy(o->memory, data, size);
    o->memory_size = size;
    return finish_open(o, elf_from_memory(o->memory, size, &o->own_image, err), out);
}

int object_of_program(const char *path, const struct elf_image *image, const struct gobin *go,
                      struct object **out, struct pg_error *err)
{
    struct object *o = new_object(path);

    *out = o;
    if (o == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    o->image = (struct elf_image *)(uintptr_t)image;
    o->go = go;
    elf_build_id(o->image, o->build_id);
    return 0;
}

void object_close(struct object *o)
{
    if (o == NULL)
        return;
    if (o->dwfl != NULL)
        dwfl_end(o->dwfl);
    gobin_close(o->own_go);
    elf_close(o->own_image);
    arena_free(&o->names);
    free(o->memory);
    free(o->path);
    free(o);
}

const struct elf_image *object_image(const struct object *o)
{
    return o->image;
}

const struct gobin *object_go(const struct object *o)
{
    return o->go;
}

const char *object_build_id(const struct object *o)
{
    return o->build_id;
}

bool object_address(const struct object *o, uint64_t file_offset, uint64_t *address)
{
    for (size_t i = 0; i < elf_segment_count(o->image); i++) {
        const Elf64_Phdr *seg = elf_segment(o->image, i);

        if (seg->p_type != PT_LOAD || (seg->p_flags & PF_X) == 0 || file_offset < seg->p_offset ||
            file_offset - seg->p_offset >= seg->p_filesz)
            continue;
        *address = file_offset - seg->p_offset + seg->p_vaddr;
        return true;
    }
    return false;
}

/* ---- what libdw knows ---- */

/* The file, or a descriptor of what is in memory, which libdw closes. */
static int memory_fd(const struct object *o)
{
    int fd = o->memory != NULL ? memfd_create("perfgo", MFD_CLOEXEC) : -1;

    if (fd >= 0 && write(fd, o->memory, o->memory_size) != (ssize_t)o->memory_size) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Addresses in the module are link-time addresses. */
static void open_dwfl(struct object *o)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    int fd = memory_fd(o);

    o->dwfl_tried = true;
    if (o->memory != NULL && fd < 0)
        return;
    o->dwfl = dwfl_begin(&callbacks);
    if (o->dwfl == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    dwfl_report_begin(o->dwfl);
    o->module = dwfl_report_elf(o->dwfl, o->path, o->path, fd, 0, true);
    if (o->module == NULL && fd >= 0)
        close(fd);
    dwfl_report_end(o->dwfl, NULL, NULL);
}

static const char *function_of_symbol(struct object *o, uint64_t address)
{
    GElf_Off offset = 0;
    GElf_Sym symbol = {0};
    const char *name = dwfl_module_addrinfo(o->module, address, &offset, &symbol, NULL, NULL, NULL);

    if (name == NULL || name[0] == '\0')
        return NULL;
    /* What has no size may have ended long ago, unless it is said to be a function. */
    if (symbol.st_size > 0 ? offset >= symbol.st_size : GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
        return NULL;
    return name;
}

/* DW_AT_call_line and the like; 0 when absent. */
static int64_t number_of(Dwarf_Die *die, unsigned int attribute)
{
    Dwarf_Attribute at;
    Dwarf_Word value;

    if (dwarf_formudata(dwarf_attr_integrate(die, attribute, &at), &value) != 0 ||
        value > INT32_MAX)
        return 0;
    return (int64_t)value;
}

static const char *call_file(Dwarf_Die *cu, Dwarf_Die *call)
{
    Dwarf_Files *files;
    size_t n;
    int64_t i = number_of(call, DW_AT_call_file);

    if (dwarf_getsrcfiles(cu, &files, &n) != 0 || i < 0 || (size_t)i >= n)
        return "";
    return dwarf_filesrc(files, (size_t)i, NULL, NULL);
}

/* The calls inlined at an address, innermost first, then the function; 0 without DWARF. The first
 * frame's position is given, those of the others are the calls'. */
static size_t dwarf_frames(struct object *o, uint64_t address, struct profile_frame *out,
                           size_t max)
{
    Dwarf_Addr bias;
    Dwarf_Die *cu = dwfl_module_addrdie(o->module, address, &bias), *scopes = NULL;
    int n_scopes = cu != NULL ? dwarf_getscopes(cu, address - bias, &scopes) : 0;
    const char *file = out[0].file;
    int64_t line = out[0].line;
    size_t n = 0;

    for (int i = 0; i < n_scopes && n < max; i++) {
        int tag = dwarf_tag(&scopes[i]);
        const char *name;

        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        name = dwarf_diename(&scopes[i]);
        if (name == NULL)
            break;
        out[n++] = (struct profile_frame){name, file != NULL ? file : "", line,
                                          number_of(&scopes[i], DW_AT_decl_line)};
        if (tag == DW_TAG_subprogram)
            break;
        file = call_file(cu, &scopes[i]);
        line = number_of(&scopes[i], DW_AT_call_line);
    }
    free(scopes);
    return n;
}

static size_t native_frames(struct object *o, uint64_t address, struct profile_frame *out,
                            size_t max)
{
    struct profile_frame frame[MAX_INLINED] = {{.file = ""}};
    Dwfl_Line *at;
    const char *symbol;
    size_t n;
    int line = 0;

    if (!o->dwfl_tried)
        open_dwfl(o);
    if (o->module == NULL)
        return 0;
    symbol = function_of_symbol(o, address);
    at = dwfl_module_getsrc(o->module, address);
    if (at != NULL) {
        const char *file = dwfl_lineinfo(at, NULL, &line, NULL, NULL, NULL);

        frame[0].file = file != NULL ? file : "";
        frame[0].line = line;
    }
    n = dwarf_frames(o, address, frame, MAX_INLINED);
    if (n == 0 && symbol != NULL) {
        frame[0].function = symbol;
        n = 1;
    } else if (n > 0 && symbol != NULL) {
        frame[n - 1].function = symbol; /* the linker's name is the whole one */
    }
    n = n < max ? n : max;
    memcpy(out, frame, n * sizeof *frame);
    return n;
}

size_t object_frames(struct object *o, uint64_t address, struct profile_frame *out, size_t max)
{
    struct gobin_frame frame[MAX_INLINED];
    size_t n = o->go != NULL
                   ? gobin_frames(o->go, address, frame, max < MAX_INLINED ? max : MAX_INLINED)
                   : 0;

    if (max == 0)
        return 0;
    if (n == 0)
        return native_frames(o, address, out, max);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct profile_frame){frame[i].function, frame[i].file, frame[i].line,
                                        frame[i].start_line};
    return n;
}
