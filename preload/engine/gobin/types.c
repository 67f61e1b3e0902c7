/* types.c - where a field lies, read from the type descriptors that reflection uses.
 *
 * A struct type is an abi.Type of 48 bytes, the name of its package path, and a slice of fields,
 * each of which is three words: name, type, offset (Go: src/internal/abi/type.go, StructType).
 * Descriptors and names lie together in [types, etypes). A type is found from its name backwards:
 * "testing.B" is stored as "*testing.B" (TFlagExtraStar: the pointer type can share it), a flag
 * byte and a varint length in front; the descriptor is the one of kind struct whose Str word is the
 * name's offset. Names are by package name, not path, so the package path behind the struct type
 * (UncommonType) settles which one is meant when there are several.
 *
 * Descriptors carry no table that both 1.18 and 1.27 have, hence the search; what it found is kept.
 */
#include "gobin/gobin_priv.h"

#include <stdlib.h>
#include <string.h>

/* abi.Type, abi.StructType, abi.StructField, abi.UncommonType: offsets of what is read. */
enum {
    TYPE_SIZE = 0,
    TYPE_TFLAG = 20,
    TYPE_KIND = 23,
    TYPE_STR = 40,
    STRUCT_FIELDS = 56,
    STRUCT_N_FIELDS = 64,
    STRUCT_END = 80,
    FIELD_NAME = 0,
    FIELD_TYPE = 8,
    FIELD_OFFSET = 16,
    FIELD_SIZE = 24,
};

enum { TFLAG_UNCOMMON = 1, TFLAG_EXTRA_STAR = 2, KIND_STRUCT = 25, KIND_MASK = 31 };
enum { NAME_EMBEDDED = 8 };
enum { MAX_FIELDS = 4096, MAX_DEPTH = 6, MAX_TYPE_NAME = 512, MAX_TRIES = 64 };

struct type_memo {
    struct type_memo *next;
    uint64_t type;
    char name[];
};

/* "import/path.Type" taken apart. */
struct wanted {
    const char *full;
    const char *path; /* "import/path", path_size bytes */
    size_t path_size;
    char text[MAX_TYPE_NAME]; /* "*path.Type", as descriptors spell it */
    size_t text_size;
};

static bool take_apart(const char *type, struct wanted *out)
{
    const char *dot = NULL, *start = type;

    for (const char *at = type; *at != 0 && *at != '['; at++) {
        if (*at == '/')
            start = at + 1;
        if (*at == '.')
            dot = at;
    }
    if (dot == NULL || dot < start || strlen(start) + 1 >= sizeof out->text)
        return false;
    out->full = type;
    out->path = type;
    out->path_size = (size_t)(dot - type);
    out->text[0] = '*';
    out->text_size = strlen(start) + 1;
    memcpy(out->text + 1, start, out->text_size);
    return true;
}

/* The text of the abi.Name at addr; *flags are its flag byte. */
static const uint8_t *read_name(const struct gobin *bin, uint64_t addr, uint64_t *size,
                                uint8_t *flags)
{
    uint64_t left;
    const uint8_t *at = gomem_rest(&bin->mem, addr, &left);

    if (at == NULL || left < 2)
        return NULL;
    *flags = *at;
    return gomem_counted(at + 1, left - 1, size);
}

/* Does the struct type at addr belong to the package with the wanted path? */
static bool has_path(const struct gobin *bin, uint64_t type, const struct wanted *wanted)
{
    const uint8_t *at = gomem_at(&bin->mem, type, STRUCT_END + sizeof(uint32_t)), *path;
    uint64_t size;
    uint8_t flags;

    if (at == NULL || (at[TYPE_TFLAG] & TFLAG_UNCOMMON) == 0)
        return false;
    path = read_name(bin, bin->types + get32(at + STRUCT_END), &size, &flags);
    return path != NULL && size == wanted->path_size && memcmp(path, wanted->path, size) == 0;
}

/* The struct type whose name is at offset `name` of the types. One of the wanted package is taken
 * at once; another is kept in *other. */
static uint64_t type_named(const struct gobin *bin, const uint8_t *types, uint64_t name,
                           const struct wanted *wanted, uint64_t *other)
{
    for (uint64_t i = -bin->types & 7; i + STRUCT_END <= bin->types_size; i += 8) {
        const uint8_t *at = types + i;

        if (get32(at + TYPE_STR) != name || (at[TYPE_KIND] & KIND_MASK) != KIND_STRUCT ||
            (at[TYPE_TFLAG] & TFLAG_EXTRA_STAR) == 0)
            continue;
        if (has_path(bin, bin->types + i, wanted))
            return bin->types + i;
        if (*other == 0)
            *other = bin->types + i;
    }
    return 0;
}

static uint64_t search_type(const struct gobin *bin, const struct wanted *wanted)
{
    const uint8_t *types = gomem_at(&bin->mem, bin->types, bin->types_size), *at = types;
    uint64_t found, other = 0, left = bin->types_size, counted;
    unsigned int tries = MAX_TRIES; /* a damaged file may repeat the name without end */

    while (at != NULL && (at = memmem(at, left, wanted->text, wanted->text_size)) != NULL) {
        size_t before = wanted->text_size < 128 ? 2 : 3; /* flags and varint */
        uint64_t offset = (uint64_t)(at - types);

        left = bin->types_size - offset;
        if (offset >= before && gomem_counted(at - before + 1, left + before - 1, &counted) == at &&
            counted == wanted->text_size && tries-- > 0) {
            found = type_named(bin, types, offset - before, wanted, &other);
            if (found != 0)
                return found;
        }
        at++;
        left--;
    }
    return memchr(wanted->path, '/', wanted->path_size) == NULL ? other : 0;
}

/* Remembers a type. Losing a race, or having no memory, costs only another search. */
static void remember(const struct gobin *bin, const char *name, uint64_t type)
{
    _Atomic(struct type_memo *) *head = &((struct gobin *)(uintptr_t)bin)->memo;
    struct type_memo *memo = malloc(sizeof *memo + strlen(name) + 1);

    if (memo == NULL)
        return;
    memo->type = type;
    strcpy(memo->name, name);
    memo->next = atomic_load(head);
    while (!atomic_compare_exchange_weak(head, &memo->next, memo))
        ;
}

static uint64_t find_type(const struct gobin *bin, const char *name)
{
    struct wanted wanted;
    uint64_t type;

    for (const struct type_memo *memo = atomic_load(&bin->memo); memo != NULL; memo = memo->next)
        if (strcmp(memo->name, name) == 0)
            return memo->type;
    if (!take_apart(name, &wanted))
        return 0;
    type = search_type(bin, &wanted);
    if (type != 0)
        remember(bin, name, type);
    return type;
}

void types_free(struct gobin *bin)
{
    struct type_memo *memo = atomic_load(&bin->memo);

    while (memo != NULL) {
        struct type_memo *next = memo->next;

        free(memo);
        memo = next;
    }
}

/* One field of a struct type. */
struct field {
    const uint8_t *name;
    uint64_t name_size, type, offset, size;
    uint8_t kind;
    bool embedded;
};

static bool struct_fields(const struct gobin *bin, uint64_t type, uint64_t *fields, uint64_t *n)
{
    const uint8_t *at = gomem_at(&bin->mem, type, STRUCT_END);

    return at != NULL && (at[TYPE_KIND] & KIND_MASK) == KIND_STRUCT &&
           gomem_pointer(&bin->mem, type + STRUCT_FIELDS, fields) &&
           gomem_word(&bin->mem, type + STRUCT_N_FIELDS, n) && *n <= MAX_FIELDS;
}

static bool read_field(const struct gobin *bin, uint64_t addr, struct field *out)
{
    const uint8_t *type;
    uint64_t name;
    uint8_t flags = 0;

    if (!gomem_pointer(&bin->mem, addr + FIELD_NAME, &name) ||
        !gomem_pointer(&bin->mem, addr + FIELD_TYPE, &out->type) ||
        !gomem_word(&bin->mem, addr + FIELD_OFFSET, &out->offset))
        return false;
    out->name = read_name(bin, name, &out->name_size, &flags);
    out->embedded = (flags & NAME_EMBEDDED) != 0;
    if (bin->offset_embed) {
        out->embedded = (out->offset & 1) != 0;
        out->offset >>= 1;
    }
    type = gomem_at(&bin->mem, out->type, STRUCT_FIELDS - 8);
    if (out->name == NULL || type == NULL)
        return false;
    out->size = get64(type + TYPE_SIZE);
    out->kind = type[TYPE_KIND] & KIND_MASK;
    return true;
}

/* Looks for the field called [name, name+size) exactly `depth` embedded structs below `type`, and
 * adds its place in there to out->offset. `budget` bounds the fields that are looked at: damaged
 * types may embed one another for ever. */
static bool field_at_depth(const struct gobin *bin, uint64_t type, const char *name, size_t size,
                           unsigned int depth, unsigned int *budget, struct field *out)
{
    uint64_t fields, n;
    struct field field;

    if (!struct_fields(bin, type, &fields, &n))
        return false;
    for (uint64_t i = 0; i<n && * budget> 0; i++) {
        --*budget;
        if (!read_field(bin, fields + i * FIELD_SIZE, &field))
            return false;
        if (depth == 0 && field.name_size == size && memcmp(field.name, name, size) == 0) {
            *out = field;
            return true;
        }
        if (depth > 0 && field.embedded && field.kind == KIND_STRUCT &&
            field_at_depth(bin, field.type, name, size, depth - 1, budget, out)) {
            out->offset += field.offset;
            return true;
        }
    }
    return false;
}

/* Go's rule: the shallowest field of that name. */
static bool find_field(const struct gobin *bin, uint64_t type, const char *name, size_t size,
                       struct field *out)
{
    unsigned int budget = 16 * MAX_FIELDS;

    for (unsigned int depth = 0; depth < MAX_DEPTH; depth++)
        if (field_at_depth(bin, type, name, size, depth, &budget, out))
            return true;
    return false;
}

int gobin_field(const struct gobin *bin, const char *type, const char *field,
                struct gobin_field *out, struct pg_error *err)
{
    uint64_t at = find_type(bin, type), offset = 0;
    struct field found = {0};

    if (at == 0)
        return pg_error_set(err, PG_E_NOTFOUND, "the executable has no Go struct type %s", type);
    for (const char *name = field, *end;; name = end + 1) {
        end = strchrnul(name, '.');
        if (!find_field(bin, at, name, (size_t)(end - name), &found))
            return pg_error_set(err, PG_E_NOTFOUND, "Go type %s has no field %s", type, field);
        offset += found.offset;
        at = found.type;
        if (*end == 0)
            break;
    }
    *out = (struct gobin_field){.offset = offset, .size = found.size, .kind = found.kind};
    return 0;
}
