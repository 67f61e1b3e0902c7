/* profile.c - the tables of a pprof while it is filled.
 *
 * Everything is kept in the generated protobuf-c structures, which profile_encode packs as they
 * are. Strings, functions and locations are numbered in the order in which they first come: what
 * stands in a profile depends on nothing else. One hash table finds all three again, so that the
 * cost of adding does not grow with the profile.
 */
#include "profile/profile.h"

#include "base/arena.h"
#include "proto/profile.pb-c.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef Perfgo__Pprof__Profile Profile;
typedef Perfgo__Pprof__ValueType ValueType;
typedef Perfgo__Pprof__Sample Sample;
typedef Perfgo__Pprof__Label Label;
typedef Perfgo__Pprof__Mapping Mapping;
typedef Perfgo__Pprof__Location Location;
typedef Perfgo__Pprof__Line Line;
typedef Perfgo__Pprof__Function Function;

enum kind { STRING, FUNCTION, LOCATION };

struct entry { /* what has which number; number 0 marks a free slot */
    enum kind kind;
    uint64_t a, b, c; /* a string: its hash; a function: name, file, start line; … */
    uint64_t number;  /* from 1 */
};

struct profile {
    Profile pb;
    ValueType type[PROFILE_MAX_TYPES], *types[PROFILE_MAX_TYPES];
    ValueType period_type;
    struct arena arena; /* owns all that the arrays of pb point to */
    size_t string_room, function_room, location_room, sample_room, comment_room, mapping_room;
    struct entry *slot;
    size_t n_slots, n_entries; /* n_slots: a power of 2 */
    bool failed;
};

/* Makes room for one more pointer or number of `size` bytes behind n of them. */
static bool make_room(struct profile *p, void *array, size_t n, size_t *room, size_t size)
{
    void **at = array, *more;

    if (n < *room)
        return true;
    more = realloc(*at, (2 * n + 64) * size);
    if (more == NULL) {
        p->failed = true;
        return false;
    }
    *at = more;
    *room = 2 * n + 64;
    return true;
}

static void *allocate(struct profile *p, size_t n, size_t size)
{
    void *new = arena_array(&p->arena, n > 0 ? n : 1, size);

    p->failed |= new == NULL;
    return new;
}

/* ---- numbers of what was there before ---- */

static bool is_at(const struct profile *p, const struct entry *e, const struct entry *wanted,
                  const char *string)
{
    return e->kind == wanted->kind && e->a == wanted->a && e->b == wanted->b && e->c == wanted->c &&
           (string == NULL || strcmp(p->pb.string_table[e->number - 1], string) == 0);
}

static uint64_t hash_of(const struct entry *e)
{
    uint64_t hash = (uint64_t)e->kind + 1;

    hash = (hash ^ e->a) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29 ^ e->b) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29 ^ e->c) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static struct entry *slot_of(const struct profile *p, const struct entry *wanted,
                             const char *string)
{
    size_t mask = p->n_slots - 1, i = hash_of(wanted) & mask;

    while (p->slot[i].number != 0 && !is_at(p, &p->slot[i], wanted, string))
        i = (i + 1) & mask;
    return &p->slot[i];
}

static bool grow(struct profile *p)
{
    struct entry *old = p->slot;
    size_t n = p->n_slots;

    if (p->n_entries < n / 2)
        return true;
    p->slot = calloc(n > 0 ? 2 * n : 256, sizeof *p->slot);
    if (p->slot == NULL) {
        p->slot = old;
        p->failed = true;
        return false;
    }
    p->n_slots = n > 0 ? 2 * n : 256;
    for (size_t i = 0; i < n; i++)
        if (old[i].number != 0)
            *slot_of(p, &old[i],
                     old[i].kind == STRING ? p->pb.string_table[old[i].number - 1] : NULL) = old[i];
    free(old);
    return true;
}

/* The slot for `wanted`, number 0 when it is new; NULL without memory. */
static struct entry *look_up(struct profile *p, const struct entry *wanted, const char *string)
{
    return !p->failed && grow(p) ? slot_of(p, wanted, string) : NULL;
}

static void enter(struct profile *p, struct entry *at, struct entry new, uint64_t number)
{
    new.number = number;
    *at = new;
    p->n_entries++;
}

/* Index in the string table; the first one is always "". */
static int64_t string_number(struct profile *p, const char *s)
{
    struct entry new = {.kind = STRING, .a = 14695981039346656037u}, *at;
    char *copy;

    for (const char *c = s; *c != '\0'; c++) /* FNV-1a */
        new.a = (new.a ^ (uint8_t)*c) * 1099511628211u;
    at = look_up(p, &new, s);
    if (at == NULL)
        return 0;
    if (at->number != 0)
        return (int64_t)at->number - 1;
    /* protobuf strings are UTF-8. */
    copy = arena_utf8(&p->arena, s, strlen(s));
    p->failed |= copy == NULL;
    if (p->failed || !make_room(p, &p->pb.string_table, p->pb.n_string_table, &p->string_room,
                                sizeof *p->pb.string_table))
        return 0;
    p->pb.string_table[p->pb.n_string_table++] = copy;
    enter(p, at, new, p->pb.n_string_table);
    return (int64_t)p->pb.n_string_table - 1;
}

static uint64_t function_number(struct profile *p, const struct profile_frame *frame)
{
    int64_t name = string_number(p, frame->function), file = string_number(p, frame->file);
    struct entry new = {.kind = FUNCTION,
                        .a = (uint64_t)name,
                        .b = (uint64_t)file,
                        .c = (uint64_t)frame->start_line};
    struct entry *at = look_up(p, &new, NULL);
    Function *f;

    if (at == NULL || at->number != 0)
        return at != NULL ? at->number : 0;
    f = allocate(p, 1, sizeof *f);
    if (f == NULL || !make_room(p, &p->pb.function, p->pb.n_function, &p->function_room, sizeof f))
        return 0;
    perfgo__pprof__function__init(f);
    f->id = p->pb.n_function + 1;
    f->name = f->system_name = name;
    f->filename = file;
    f->start_line = frame->start_line;
    p->pb.function[p->pb.n_function++] = f;
    enter(p, at, new, f->id);
    return f->id;
}

static Line **make_lines(struct profile *p, const struct profile_frame *frame, size_t n)
{
    Line **list = allocate(p, n, sizeof *list), *line = allocate(p, n, sizeof *line);

    for (size_t i = 0; i < n && list != NULL && line != NULL; i++) {
        perfgo__pprof__line__init(&line[i]);
        line[i].function_id = function_number(p, &frame[i]);
        line[i].line = frame[i].line;
        list[i] = &line[i];
    }
    return list;
}

uint64_t profile_location(struct profile *p, uint64_t mapping, uint64_t key,
                          const struct profile_frame *frame, size_t n)
{
    struct entry new = {.kind = LOCATION, .a = key, .b = mapping}, *at = look_up(p, &new, NULL);
    Location *l;

    if (at == NULL || at->number != 0)
        return at != NULL ? at->number : 0;
    l = allocate(p, 1, sizeof *l);
    if (l == NULL || !make_room(p, &p->pb.location, p->pb.n_location, &p->location_room, sizeof l))
        return 0;
    perfgo__pprof__location__init(l);
    l->id = p->pb.n_location + 1;
    l->mapping_id = mapping;
    l->address = mapping != 0 ? key : 0;
    l->line = make_lines(p, frame, n);
    l->n_line = n;
    at = look_up(p, &new, NULL); /* the table may have grown */
    if (at == NULL)
        return 0;
    p->pb.location[p->pb.n_location++] = l;
    enter(p, at, new, l->id);
    return l->id;
}

/* ---- the rest ---- */

struct profile *profile_new(const struct profile_type *type, size_t n)
{
    struct profile *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    perfgo__pprof__profile__init(&p->pb);
    string_number(p, "");
    p->pb.sample_type = p->types;
    for (size_t i = 0; i < n && i < PROFILE_MAX_TYPES; i++) {
        perfgo__pprof__value_type__init(&p->type[i]);
        p->type[i].type = string_number(p, type[i].type);
        p->type[i].unit = string_number(p, type[i].unit);
        p->types[p->pb.n_sample_type++] = &p->type[i];
    }
    p->pb.default_sample_type = n > 0 ? p->type[0].type : 0;
    if (!p->failed)
        return p;
    profile_free(p);
    return NULL;
}

void profile_free(struct profile *p)
{
    if (p == NULL)
        return;
    free(p->pb.string_table);
    free(p->pb.function);
    free(p->pb.location);
    free(p->pb.sample);
    free(p->pb.comment);
    free(p->pb.mapping);
    free(p->slot);
    arena_free(&p->arena);
    free(p);
}

uint64_t profile_add_mapping(struct profile *p, const struct profile_mapping *mapping)
{
    Mapping *m = allocate(p, 1, sizeof *m);

    if (m == NULL || !make_room(p, &p->pb.mapping, p->pb.n_mapping, &p->mapping_room, sizeof m))
        return 0;
    perfgo__pprof__mapping__init(m);
    m->id = p->pb.n_mapping + 1;
    m->memory_start = mapping->start;
    m->memory_limit = mapping->limit;
    m->file_offset = mapping->offset;
    m->filename = string_number(p, mapping->file);
    m->build_id = string_number(p, mapping->build_id);
    m->has_functions = m->has_filenames = mapping->symbolized;
    m->has_line_numbers = m->has_inline_frames = mapping->symbolized;
    p->pb.mapping[p->pb.n_mapping++] = m;
    return p->failed ? 0 : m->id;
}

void profile_set_default(struct profile *p, size_t type)
{
    if (type < p->pb.n_sample_type)
        p->pb.default_sample_type = p->type[type].type;
}

bool profile_set_period(struct profile *p, const struct profile_type *type, int64_t period)
{
    perfgo__pprof__value_type__init(&p->period_type);
    p->period_type.type = string_number(p, type->type);
    p->period_type.unit = string_number(p, type->unit);
    p->pb.period_type = &p->period_type;
    p->pb.period = period;
    return !p->failed;
}

void profile_set_time(struct profile *p, int64_t time_ns, int64_t duration_ns)
{
    p->pb.time_nanos = time_ns;
    p->pb.duration_nanos = duration_ns;
}

bool profile_add_comment(struct profile *p, const char *text)
{
    if (!make_room(p, &p->pb.comment, p->pb.n_comment, &p->comment_room, sizeof *p->pb.comment))
        return false;
    p->pb.comment[p->pb.n_comment++] = string_number(p, text);
    return !p->failed;
}

static Label **make_labels(struct profile *p, const struct profile_label *label, size_t n)
{
    Label **list = allocate(p, n, sizeof *list), *l = allocate(p, n, sizeof *l);

    for (size_t i = 0; i < n && list != NULL && l != NULL; i++) {
        perfgo__pprof__label__init(&l[i]);
        l[i].key = string_number(p, label[i].key);
        if (label[i].value != NULL)
            l[i].str = string_number(p, label[i].value);
        else
            l[i].num = label[i].number;
        list[i] = &l[i];
    }
    return list;
}

bool profile_add_sample(struct profile *p, const uint64_t *location, size_t n_locations,
                        const int64_t *value, const struct profile_label *label, size_t n_labels)
{
    Sample *s = allocate(p, 1, sizeof *s);

    if (s == NULL || !make_room(p, &p->pb.sample, p->pb.n_sample, &p->sample_room, sizeof s))
        return false;
    perfgo__pprof__sample__init(s);
    s->location_id = allocate(p, n_locations, sizeof *s->location_id);
    s->value = allocate(p, p->pb.n_sample_type, sizeof *s->value);
    s->label = make_labels(p, label, n_labels);
    if (p->failed)
        return false;
    memcpy(s->location_id, location, n_locations * sizeof *location);
    memcpy(s->value, value, p->pb.n_sample_type * sizeof *value);
    s->n_location_id = n_locations;
    s->n_value = p->pb.n_sample_type;
    s->n_label = n_labels;
    p->pb.sample[p->pb.n_sample++] = s;
    return true;
}

/* gzip's header has no time and no name when they are not given. (zlib.h, deflateInit2) */
static int compress_to(const uint8_t *data, size_t size, struct strbuf *out, struct pg_error *err)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)data, .avail_in = (uInt)size};
    uint8_t buf[16384];
    int rc;

    if (size > UINT32_MAX / 2)
        return pg_error_set(err, PG_E_LIMIT, "the profile is too large");
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return pg_error_set(err, PG_E_NOMEM, "no memory to compress a profile");
    do {
        z.next_out = buf;
        z.avail_out = sizeof buf;
        rc = deflate(&z, Z_FINISH);
        strbuf_add(out, (const char *)buf, sizeof buf - z.avail_out);
    } while (rc == Z_OK);
    deflateEnd(&z);
    if (rc != Z_STREAM_END || out->failed)
        return pg_error_set(err, PG_E_NOMEM, "no memory to compress a profile");
    return 0;
}

int profile_encode(const struct profile *p, struct strbuf *out, struct pg_error *err)
{
    size_t size = p->failed ? 0 : perfgo__pprof__profile__get_packed_size(&p->pb);
    uint8_t *data = p->failed ? NULL : malloc(size);
    int rc;

    if (data == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    perfgo__pprof__profile__pack(&p->pb, data);
    rc = compress_to(data, size, out, err);
    free(data);
    return rc;
}
