/* read.c - from bytes to struct pprof: inflate, unpack, number, check.
 *
 * Files come from anywhere, so every step is bounded: inflating stops at PPROF_MAX_INFLATED, and
 * protobuf-c, which turns two bytes into a struct with an allocation of its own, works through an
 * allocator with a budget. Ids of functions, locations and mappings are arbitrary numbers in the
 * format; here they become indices. Nearly all writers count from 1, which needs no table.
 */
#include "profile/read.h"

#include "base/strbuf.h"
#include "proto/profile.pb-c.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef Perfgo__Pprof__Profile Profile;

enum { UNPACK_BUDGET_PER_BYTE = 64, UNPACK_BUDGET_MIN = 1 << 20 };
static const size_t UNPACK_BUDGET_MAX = (size_t)2 << 30;

/* ---- bytes ---- */

static int inflate_to(const char *data, size_t size, struct strbuf *out, struct pg_error *err)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)data, .avail_in = (uInt)size};
    uint8_t buf[16384];
    int rc = Z_OK;

    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return pg_error_set(err, PG_E_NOMEM, "no memory to read a profile");
    while (rc == Z_OK && out->size <= PPROF_MAX_INFLATED) {
        z.next_out = buf;
        z.avail_out = sizeof buf;
        rc = inflate(&z, Z_NO_FLUSH);
        strbuf_add(out, (const char *)buf, sizeof buf - z.avail_out);
    }
    inflateEnd(&z);
    if (out->failed)
        return pg_error_set(err, PG_E_NOMEM, "no memory to read a profile");
    if (out->size > PPROF_MAX_INFLATED)
        return pg_error_set(err, PG_E_LIMIT, "the profile is larger than %d MiB",
                            PPROF_MAX_INFLATED >> 20);
    if (rc != Z_STREAM_END)
        return pg_error_set(err, PG_E_FORMAT, "the profile's compressed data is damaged");
    return 0;
}

/* ---- protobuf, on a budget ---- */

struct budget {
    size_t left;
};

static void *budget_alloc(void *context, size_t size)
{
    struct budget *b = context;

    /* What malloc adds to each of many small pieces counts too. */
    if (size > SIZE_MAX - 16 || size + 16 > b->left)
        return NULL;
    b->left -= size + 16;
    return malloc(size > 0 ? size : 1);
}

static void budget_free(void *context, void *p)
{
    (void)context;
    free(p);
}

static Profile *unpack(const char *data, size_t size)
{
    struct budget budget = {UNPACK_BUDGET_MAX};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};

    if (size < (UNPACK_BUDGET_MAX - UNPACK_BUDGET_MIN) / UNPACK_BUDGET_PER_BYTE)
        budget.left = UNPACK_BUDGET_MIN + UNPACK_BUDGET_PER_BYTE * size;
    return perfgo__pprof__profile__unpack(&allocator, size, (const uint8_t *)data);
}

/* ---- ids ---- */

struct id {
    uint64_t id;
    uint32_t index;
};

struct ids {
    struct id *sorted; /* NULL: id N is index N - 1 */
    size_t n;
};

static int compare_ids(const void *a, const void *b)
{
    const struct id *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

/* False when an id is 0 or stands twice, or without memory. */
static bool ids_make(struct ids *ids, struct arena *a, size_t n, uint64_t (*id_of)(void *, size_t),
                     void *list)
{
    bool dense = true;

    *ids = (struct ids){.n = n};
    for (size_t i = 0; i < n; i++)
        dense &= id_of(list, i) == i + 1;
    if (dense)
        return true;
    ids->sorted = arena_array(a, n, sizeof *ids->sorted);
    if (ids->sorted == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        ids->sorted[i] = (struct id){id_of(list, i), (uint32_t)i};
    qsort(ids->sorted, n, sizeof *ids->sorted, compare_ids);
    for (size_t i = 1; i < n; i++)
        if (ids->sorted[i].id == ids->sorted[i - 1].id)
            return false;
    return ids->sorted[0].id != 0;
}

static bool ids_find(const struct ids *ids, uint64_t id, uint32_t *index)
{
    const struct id key = {.id = id}, *found;

    if (ids->sorted == NULL) {
        *index = (uint32_t)(id - 1);
        return id > 0 && id <= ids->n;
    }
    found = bsearch(&key, ids->sorted, ids->n, sizeof key, compare_ids);
    if (found != NULL)
        *index = found->index;
    return found != NULL;
}

static uint64_t function_id(void *list, size_t i)
{
    return ((Perfgo__Pprof__Function **)list)[i]->id;
}

static uint64_t location_id(void *list, size_t i)
{
    return ((Perfgo__Pprof__Location **)list)[i]->id;
}

static uint64_t mapping_id(void *list, size_t i)
{
    return ((Perfgo__Pprof__Mapping **)list)[i]->id;
}

/* ---- from the one struct to the other ---- */

struct reader {
    const Profile *pb;
    struct pprof *out;
    const char **string; /* pb's, as UTF-8 */
    struct ids functions, locations, mappings;
    uint32_t *stand_in; /* function for code of mapping i without symbols; the last one: of none */
    struct pg_error *err;
};

static int no_memory(struct reader *r)
{
    return pg_error_set(r->err, PG_E_NOMEM, "no memory to read a profile");
}

static int damaged(struct reader *r, const char *what)
{
    return pg_error_set(r->err, PG_E_FORMAT, "the profile is damaged: %s", what);
}

static int read_strings(struct reader *r)
{
    const Profile *pb = r->pb;

    if (pb->n_string_table == 0 || pb->string_table[0][0] != '\0')
        return damaged(r, "its string table does not begin with an empty string");
    r->string = arena_array(&r->out->arena, pb->n_string_table, sizeof *r->string);
    for (size_t i = 0; i < pb->n_string_table; i++) {
        const char *s = pb->string_table[i];

        if (r->string == NULL)
            return no_memory(r);
        r->string[i] = arena_utf8(&r->out->arena, s, strlen(s));
        if (r->string[i] == NULL)
            return no_memory(r);
    }
    return 0;
}

/* NULL when the index is out of range. */
static const char *string_at(const struct reader *r, int64_t index)
{
    return index >= 0 && (uint64_t)index < r->pb->n_string_table ? r->string[index] : NULL;
}

static int read_types(struct reader *r)
{
    const Profile *pb = r->pb;
    struct pprof *out = r->out;
    const char *standard = string_at(r, pb->default_sample_type);

    if (pb->n_sample_type == 0)
        return damaged(r, "it has no type of samples");
    if (pb->n_sample_type > PPROF_MAX_TYPES)
        return pg_error_set(r->err, PG_E_LIMIT,
                            "the profile has %zu types of samples, more than %d", pb->n_sample_type,
                            PPROF_MAX_TYPES);
    out->type = arena_array(&out->arena, pb->n_sample_type, sizeof *out->type);
    if (out->type == NULL)
        return no_memory(r);
    out->n_types = pb->n_sample_type;
    out->default_type = out->n_types - 1;
    for (size_t i = out->n_types; i-- > 0;) {
        out->type[i].type = string_at(r, pb->sample_type[i]->type);
        out->type[i].unit = string_at(r, pb->sample_type[i]->unit);
        if (out->type[i].type == NULL || out->type[i].unit == NULL)
            return damaged(r, "a type of samples has no name");
        if (standard != NULL && standard[0] != '\0' && strcmp(out->type[i].type, standard) == 0)
            out->default_type = i;
    }
    out->duration_ns = pb->duration_nanos > 0 ? pb->duration_nanos : 0;
    return 0;
}

static int read_comments(struct reader *r)
{
    struct pprof *out = r->out;

    out->comment = arena_array(&out->arena, r->pb->n_comment, sizeof *out->comment);
    if (out->comment == NULL)
        return no_memory(r);
    for (size_t i = 0; i < r->pb->n_comment; i++) {
        out->comment[i] = string_at(r, r->pb->comment[i]);
        if (out->comment[i] == NULL)
            return damaged(r, "a comment lies outside of its string table");
        out->n_comments++;
    }
    return 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* A function that stands for all code without symbols of one file. */
static bool stand_in_for(struct reader *r, const char *file, uint32_t *index)
{
    struct pprof *out = r->out;
    const char *base = base_name(file);
    struct strbuf name = {0};

    strbuf_printf(&name, base[0] == '[' || base[0] == '\0' ? "%s" : "[%s]",
                  base[0] != '\0' ? base : "[unknown]");
    out->function[out->n_functions].name =
        name.failed ? NULL : arena_copy(&out->arena, name.text, name.size);
    strbuf_free(&name);
    out->function[out->n_functions].file = "";
    *index = (uint32_t)out->n_functions;
    return out->function[out->n_functions++].name != NULL;
}

static int read_functions(struct reader *r)
{
    const Profile *pb = r->pb;
    struct pprof *out = r->out;
    const size_t n = pb->n_function + pb->n_mapping + 1;

    if (n > UINT32_MAX)
        return damaged(r, "it has too many functions");
    out->function = arena_array(&out->arena, n, sizeof *out->function);
    r->stand_in = arena_array(&out->arena, pb->n_mapping + 1, sizeof *r->stand_in);
    if (out->function == NULL || r->stand_in == NULL)
        return no_memory(r);
    for (size_t i = 0; i < pb->n_function; i++) {
        const Perfgo__Pprof__Function *f = pb->function[i];
        const char *name = string_at(r, f->name), *system = string_at(r, f->system_name),
                   *file = string_at(r, f->filename);

        if (name == NULL || system == NULL || file == NULL)
            return damaged(r, "a function's name lies outside of its string table");
        out->function[i] = (struct pprof_function){name[0] != '\0'     ? name
                                                   : system[0] != '\0' ? system
                                                                       : "[unknown]",
                                                   file, f->start_line};
    }
    out->n_functions = pb->n_function;
    for (size_t i = 0; i <= pb->n_mapping; i++) {
        const char *file = i < pb->n_mapping ? string_at(r, pb->mapping[i]->filename) : "";

        if (file == NULL)
            return damaged(r, "a mapping's name lies outside of its string table");
        if (!stand_in_for(r, file, &r->stand_in[i]))
            return no_memory(r);
    }
    return 0;
}

static int read_lines(struct reader *r, const Perfgo__Pprof__Location *from,
                      struct pprof_location *to)
{
    const size_t n = from->n_line > 0 ? from->n_line : 1;
    struct pprof_line *line = arena_array(&r->out->arena, n, sizeof *line);
    uint32_t mapping = (uint32_t)r->pb->n_mapping;

    if (line == NULL)
        return no_memory(r);
    if (from->mapping_id != 0 && !ids_find(&r->mappings, from->mapping_id, &mapping))
        return damaged(r, "a location is in a mapping that is not there");
    line[0].function = r->stand_in[mapping];
    for (size_t i = 0; i < from->n_line; i++) {
        line[i].line = from->line[i]->line;
        if (!ids_find(&r->functions, from->line[i]->function_id, &line[i].function))
            return damaged(r, "a location is in a function that is not there");
    }
    *to = (struct pprof_location){line, n};
    return 0;
}

static int read_locations(struct reader *r)
{
    const Profile *pb = r->pb;
    struct pprof *out = r->out;

    if (pb->n_location > UINT32_MAX)
        return damaged(r, "it has too many locations");
    if (!ids_make(&r->functions, &out->arena, pb->n_function, function_id, pb->function) ||
        !ids_make(&r->locations, &out->arena, pb->n_location, location_id, pb->location) ||
        !ids_make(&r->mappings, &out->arena, pb->n_mapping, mapping_id, pb->mapping))
        return damaged(r, "ids of functions, locations or mappings are 0 or stand twice");
    out->location = arena_array(&out->arena, pb->n_location, sizeof *out->location);
    if (out->location == NULL)
        return no_memory(r);
    for (size_t i = 0; i < pb->n_location; i++) {
        int rc = read_lines(r, pb->location[i], &out->location[i]);

        if (rc < 0)
            return rc;
        out->n_locations++;
    }
    return 0;
}

static int read_samples(struct reader *r)
{
    const Profile *pb = r->pb;
    struct pprof *out = r->out;

    out->sample = arena_array(&out->arena, pb->n_sample, sizeof *out->sample);
    if (out->sample == NULL)
        return no_memory(r);
    for (size_t i = 0; i < pb->n_sample; i++) {
        const Perfgo__Pprof__Sample *s = pb->sample[i];
        uint32_t *location = arena_array(&out->arena, s->n_location_id, sizeof *location);
        int64_t *value = arena_array(&out->arena, out->n_types, sizeof *value);

        if (location == NULL || value == NULL)
            return no_memory(r);
        if (s->n_value != out->n_types)
            return damaged(r, "a sample has not one value for each type");
        memcpy(value, s->value, out->n_types * sizeof *value);
        for (size_t j = 0; j < s->n_location_id; j++)
            if (!ids_find(&r->locations, s->location_id[j], &location[j]))
                return damaged(r, "a sample is at a location that is not there");
        out->sample[i] = (struct pprof_sample){location, s->n_location_id, value};
        out->n_samples++;
    }
    return 0;
}

static int resolve(const Profile *pb, struct pprof *out, struct pg_error *err)
{
    static int (*const step[])(struct reader *) = {read_strings,   read_types,     read_comments,
                                                   read_functions, read_locations, read_samples};
    struct reader r = {.pb = pb, .out = out, .err = err};
    int rc = 0;

    for (size_t i = 0; i < sizeof step / sizeof step[0] && rc == 0; i++)
        rc = step[i](&r);
    return rc;
}

int pprof_read(const char *data, size_t size, struct pprof **out, struct pg_error *err)
{
    const bool compressed =
        size >= 2 && (unsigned char)data[0] == 0x1f && (unsigned char)data[1] == 0x8b;
    struct strbuf inflated = {0};
    Profile *pb = NULL;
    int rc = 0;

    *out = NULL;
    if (size > PPROF_MAX_INFLATED)
        return pg_error_set(err, PG_E_LIMIT, "the profile is larger than %d MiB",
                            PPROF_MAX_INFLATED >> 20);
    if (compressed)
        rc = inflate_to(data, size, &inflated, err);
    if (rc == 0) {
        pb = compressed ? unpack(inflated.text != NULL ? inflated.text : "", inflated.size)
                        : unpack(data, size);
        *out = calloc(1, sizeof **out);
        rc = pb == NULL     ? pg_error_set(err, PG_E_FORMAT, "this is no pprof profile")
             : *out == NULL ? pg_error_set(err, PG_E_NOMEM, "no memory to read a profile")
                            : resolve(pb, *out, err);
    }
    strbuf_free(&inflated);
    if (pb != NULL)
        perfgo__pprof__profile__free_unpacked(pb, NULL);
    if (rc < 0) {
        pprof_free(*out);
        *out = NULL;
    }
    return rc;
}

void pprof_free(struct pprof *p)
{
    if (p == NULL)
        return;
    arena_free(&p->arena);
    free(p);
}
