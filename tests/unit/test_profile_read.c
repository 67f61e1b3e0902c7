/* Reading pprof: what profile.c wrote, what other writers may write, and what is damaged. */
#include "profile/calltree.h"
#include "profile/profile.h"
#include "profile/read.h"

#include "proto/profile.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- a profile of several samples, from stacks in text: "main;f:10;g:20,inlined:5 3 70" ---- */

static const struct profile_type types[] = {{"samples", "count"}, {"cpu", "nanoseconds"}};

struct stack {
    const char *frames; /* outermost first; ';' between locations, ',' before inlined ones */
    int64_t value[2];
};

static uint64_t key_of(const char *text)
{
    uint64_t hash = 1469598103934665603u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

static uint64_t location(struct profile *p, char *text)
{
    struct profile_frame frame[8], out[8];
    uint64_t key = key_of(text);
    size_t n = 0;

    for (char *item, *rest = text; (item = strsep(&rest, ",")) != NULL; n++) {
        char *name = strsep(&item, ":");

        frame[n] = (struct profile_frame){name, "f.go", item != NULL ? atoi(item) : 0, 1};
    }
    for (size_t i = 0; i < n; i++) /* innermost first */
        out[i] = frame[n - 1 - i];
    return profile_location(p, false, key, out, n);
}

static struct strbuf encode(const struct stack *stack, size_t n)
{
    struct profile *p = profile_new(types, 2);
    struct strbuf bytes = {0};

    for (size_t i = 0; i < n; i++) {
        char *text = strdup(stack[i].frames), *rest = text, *item;
        uint64_t at[600], leaf_first[600];
        size_t depth = 0;

        while ((item = strsep(&rest, ";")) != NULL && item[0] != '\0')
            at[depth++] = location(p, item);
        for (size_t j = 0; j < depth; j++)
            leaf_first[j] = at[depth - 1 - j];
        assert_true(profile_add_sample(p, leaf_first, depth, stack[i].value, NULL, 0));
        free(text);
    }
    assert_true(profile_add_comment(p, "a comment"));
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    profile_free(p);
    return bytes;
}

static struct pprof *read_stacks(const struct stack *stack, size_t n)
{
    struct strbuf bytes = encode(stack, n);
    struct pprof *p;

    assert_int_equal(pprof_read(bytes.text, bytes.size, &p, NULL), 0);
    strbuf_free(&bytes);
    return p;
}

static void test_round_trip(void **state)
{
    static const struct stack stacks[] = {{"main:1;f:10;g:20,h:5", {3, 70}}, {"main:1", {1, -4}}};
    struct pprof *p = read_stacks(stacks, 2);
    const struct pprof_sample *s = &p->sample[0];
    const struct pprof_location *leaf = &p->location[s->location[0]];

    (void)state;
    assert_int_equal(p->n_types, 2);
    assert_string_equal(p->type[1].type, "cpu");
    assert_string_equal(p->type[1].unit, "nanoseconds");
    assert_int_equal(p->default_type, 0);
    assert_int_equal(p->n_comments, 1);
    assert_string_equal(p->comment[0], "a comment");
    assert_int_equal(p->n_samples, 2);
    assert_int_equal(s->n_locations, 3);
    assert_int_equal(s->value[1], 70);
    assert_int_equal(p->sample[1].value[1], -4);
    assert_int_equal(leaf->n_lines, 2);
    assert_string_equal(p->function[leaf->line[0].function].name, "h");
    assert_int_equal(leaf->line[0].line, 5);
    assert_string_equal(p->function[leaf->line[1].function].name, "g");
    assert_string_equal(p->function[leaf->line[1].function].file, "f.go");
    assert_int_equal(p->function[leaf->line[1].function].start_line, 1);
    pprof_free(p);
}

/* ---- what other writers may write ---- */

/* A profile that a test may break: ids that do not count from 1, one location without lines. */
struct foreign {
    Perfgo__Pprof__Profile pb;
    Perfgo__Pprof__ValueType type[2], *types[2];
    Perfgo__Pprof__Sample sample, *samples[1];
    Perfgo__Pprof__Mapping mapping, *mappings[1];
    Perfgo__Pprof__Location location[2], *locations[2];
    Perfgo__Pprof__Function function, *functions[1];
    Perfgo__Pprof__Line line, *lines[1];
    uint64_t stack[2];
    int64_t value[2], comment[1];
};
static char *strings[] = {"", "samples", "count", "cpu", "nanoseconds", "f\xff", "/lib/libx.so"};

static void foreign_make(struct foreign *f)
{
    *f = (struct foreign){.stack = {99, 7}, .value = {5, 50}};
    perfgo__pprof__profile__init(&f->pb);
    for (size_t i = 0; i < 2; i++) {
        perfgo__pprof__value_type__init(&f->type[i]);
        perfgo__pprof__location__init(&f->location[i]);
        f->type[i].type = i == 0 ? 1 : 3;
        f->type[i].unit = i == 0 ? 2 : 4;
        f->types[i] = &f->type[i];
        f->location[i].id = i == 0 ? 99 : 7;
        f->locations[i] = &f->location[i];
    }
    perfgo__pprof__sample__init(&f->sample);
    perfgo__pprof__mapping__init(&f->mapping);
    perfgo__pprof__function__init(&f->function);
    perfgo__pprof__line__init(&f->line);
    f->mapping.id = 3;
    f->mapping.filename = 6;
    f->location[0].mapping_id = 3;
    f->function.id = 1000;
    f->function.system_name = 5; /* and no name */
    f->line.function_id = 1000;
    f->line.line = -1;
    f->lines[0] = &f->line;
    f->location[1].line = f->lines;
    f->location[1].n_line = 1;
    f->sample.location_id = f->stack;
    f->sample.value = f->value;
    f->sample.n_location_id = f->sample.n_value = 2;
    f->samples[0] = &f->sample;
    f->mappings[0] = &f->mapping;
    f->functions[0] = &f->function;
    f->pb.sample_type = f->types;
    f->pb.sample = f->samples;
    f->pb.mapping = f->mappings;
    f->pb.location = f->locations;
    f->pb.function = f->functions;
    f->pb.string_table = strings;
    f->pb.comment = f->comment;
    f->pb.n_sample_type = f->pb.n_location = 2;
    f->pb.n_sample = f->pb.n_mapping = f->pb.n_function = 1;
    f->pb.n_string_table = sizeof strings / sizeof strings[0];
}

static int foreign_read(const struct foreign *f, struct pprof **out, struct pg_error *err)
{
    const size_t size = perfgo__pprof__profile__get_packed_size(&f->pb);
    uint8_t *bytes = malloc(size + 1);
    int rc;

    perfgo__pprof__profile__pack(&f->pb, bytes);
    rc = pprof_read((const char *)bytes, size, out, err); /* not compressed */
    free(bytes);
    return rc;
}

static void test_foreign(void **state)
{
    struct foreign f;
    struct pprof *p;
    const struct pprof_line *line;

    (void)state;
    foreign_make(&f);
    assert_int_equal(foreign_read(&f, &p, NULL), 0);
    assert_int_equal(p->default_type, 1); /* none is named: the last one */
    line = p->location[p->sample[0].location[0]].line;
    assert_string_equal(p->function[line->function].name, "[libx.so]");
    line = p->location[p->sample[0].location[1]].line;
    assert_string_equal(p->function[line->function].name, "f\\xff");
    assert_int_equal(line->line, -1);
    pprof_free(p);
    f.location[0].mapping_id = 0;
    f.pb.default_sample_type = 1;
    assert_int_equal(foreign_read(&f, &p, NULL), 0);
    assert_int_equal(p->default_type, 0);
    line = p->location[p->sample[0].location[0]].line;
    assert_string_equal(p->function[line->function].name, "[unknown]");
    pprof_free(p);
}

#define DAMAGE(name, what)              \
    static void name(struct foreign *f) \
    {                                   \
        what;                           \
    }
DAMAGE(no_types, f->pb.n_sample_type = 0)
DAMAGE(type_name, f->type[0].type = 7)
DAMAGE(type_unit, f->type[1].unit = -1)
DAMAGE(too_few_values, f->sample.n_value = 1)
DAMAGE(no_values, f->sample.n_value = 0)
DAMAGE(no_location, f->stack[1] = 8)
DAMAGE(location_zero, f->stack[1] = 0)
DAMAGE(no_function, f->line.function_id = 1)
DAMAGE(no_mapping, f->location[0].mapping_id = 1)
DAMAGE(same_location, f->location[0].id = 7)
DAMAGE(zero_location, f->location[0].id = 0)
DAMAGE(function_name, f->function.name = INT64_MAX)
DAMAGE(function_file, f->function.filename = INT64_MIN)
DAMAGE(mapping_name, f->mapping.filename = 70)
DAMAGE(comment, (f->pb.n_comment = 1, f->comment[0] = 99))
DAMAGE(first_string, (f->pb.string_table = strings + 1, f->pb.n_string_table = 5))
DAMAGE(no_strings, f->pb.n_string_table = 0)

static void test_damaged(void **state)
{
    static void (*const damage[])(struct foreign *) = {
        no_types,      type_name,    type_unit,  too_few_values, no_values,     no_location,
        location_zero, no_function,  no_mapping, same_location,  zero_location, function_name,
        function_file, mapping_name, comment,    first_string,   no_strings};

    (void)state;
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        struct foreign f;
        struct pg_error err = {0};
        struct pprof *p;

        foreign_make(&f);
        damage[i](&f);
        if (foreign_read(&f, &p, &err) != -PG_E_FORMAT)
            fail_msg("damage %zu was accepted: %s", i, err.text);
        assert_null(p);
        assert_non_null(strstr(err.text, "the profile is damaged: "));
    }
}

/* Every prefix of a file is refused, and a changed byte never does more than that. */
static void test_truncated(void **state)
{
    static const struct stack stacks[] = {{"main:1;f:10;g:20,h:5", {3, 70}}, {"main:1", {1, 4}}};
    struct strbuf bytes = encode(stacks, 2);

    (void)state;
    for (size_t i = 0; i < bytes.size; i++) {
        struct pprof *p;
        struct pg_error err;

        if (pprof_read(bytes.text, i, &p, &err) == 0)
            fail_msg("%zu of %zu bytes are enough", i, bytes.size);
    }
    strbuf_free(&bytes);
}

/* A small file that grows without end. */
static void test_bomb(void **state)
{
    const size_t size = 1 << 20;
    z_stream z = {0};
    uint8_t *out = malloc(4 << 20), *zero = calloc(1, size);
    struct pg_error err;
    struct pprof *p;

    (void)state;
    z.next_out = out;
    z.avail_out = 4 << 20;
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i <= (PPROF_MAX_INFLATED >> 20) + 1; i++) {
        z.next_in = zero;
        z.avail_in = size;
        assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
    }
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(pprof_read((const char *)out, z.total_out, &p, &err), -PG_E_LIMIT);
    deflateEnd(&z);
    free(out);
    free(zero);
}

/* ---- the tree ---- */

/* Index of the node that a chain of functions leads to; fails when there is none. */
static size_t node(const struct calltree *t, const struct pprof *p, const char *chain)
{
    char *text = strdup(chain), *rest = text, *name;
    size_t at = 0;

    while ((name = strsep(&rest, ";")) != NULL) {
        size_t i = at + 1;

        while (i < t->n_nodes &&
               (t->parent[i] != at || strcmp(p->function[t->function[i]].name, name) != 0))
            i++;
        if (i == t->n_nodes)
            fail_msg("there is no %s in %s", name, chain);
        at = i;
    }
    free(text);
    return at;
}

static size_t line(const struct calltree *t, const struct pprof *p, const char *function, int64_t n)
{
    size_t i = 0;

    while (i < t->n_lines &&
           (t->line[i].line != n || strcmp(p->function[t->line[i].function].name, function) != 0))
        i++;
    assert_true(i < t->n_lines);
    return i;
}

static void test_tree(void **state)
{
    static const struct stack stacks[] = {
        {"main:1;f:10;g:20,h:5", {3, 70}},
        {"main:1;f:11;g:20,h:5", {1, 10}}, /* another line of the same calls */
        {"main:1;f:10;f:10;f:12", {2, 5}}, /* recursion */
        {"main:2", {4, 40}},
        {"", {1, 1}}, /* no stack at all */
    };
    struct pprof *p = read_stacks(stacks, 5);
    struct calltree *t;
    size_t i;

    (void)state;
    assert_int_equal(calltree_make(p, &t, NULL), 0);
    assert_int_equal(t->n_nodes, 1 + 6);
    assert_true(t->total[0] == 11 && t->total[1] == 126);
    i = node(t, p, "main;f;g;h");
    assert_true(t->self[2 * i] == 4 && t->self[2 * i + 1] == 80);
    i = node(t, p, "main;f;f;f");
    assert_true(t->self[2 * i] == 2);
    i = node(t, p, "main");
    assert_true(t->self[2 * i] == 4);
    assert_true(t->self[0] == 1);
    i = line(t, p, "h", 5);
    assert_true(t->flat[2 * i] == 4 && t->cum[2 * i] == 4);
    i = line(t, p, "g", 20);
    assert_true(t->flat[2 * i] == 0 && t->cum[2 * i + 1] == 80);
    i = line(t, p, "f", 10); /* twice in one stack, once in another */
    assert_true(t->flat[2 * i] == 0 && t->cum[2 * i] == 5);
    i = line(t, p, "main", 1);
    assert_true(t->flat[2 * i] == 0 && t->cum[2 * i] == 6);
    calltree_free(t);
    pprof_free(p);
}

static void test_deep(void **state)
{
    char text[600 * 2 + 1] = "";
    struct stack stack = {text, {1, 10}};
    struct pprof *p;
    struct calltree *t;

    (void)state;
    for (int i = 0; i < 600; i++)
        memcpy(text + 2 * i, i < 599 ? "r;" : "r", i < 599 ? 2 : 1);
    p = read_stacks(&stack, 1);
    assert_int_equal(calltree_make(p, &t, NULL), 0);
    assert_int_equal(t->n_nodes, 1 + CALLTREE_MAX_DEPTH);
    assert_true(t->self[2 * (t->n_nodes - 1)] == 1);
    assert_true(t->flat[0] == 1);
    calltree_free(t);
    pprof_free(p);
}

static void test_prune(void **state)
{
    struct stack stack[100];
    char text[100][64];
    struct pprof *p;
    struct calltree *t;
    double sum = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(text[i], sizeof text[i], "main:1;f%d:1;leaf:%d", i, i);
        stack[i] = (struct stack){text[i], {i + 1, 1}};
    }
    p = read_stacks(stack, 100);
    assert_int_equal(calltree_make(p, &t, NULL), 0);
    assert_int_equal(t->n_nodes, 202);
    assert_int_equal(calltree_prune(t, 202, NULL), 0);
    assert_true(t->folded == 0);
    assert_int_equal(calltree_prune(t, 52, NULL), 0);
    assert_in_range(t->n_nodes, 40, 52);
    assert_true(t->folded > 0 && t->folded < 0.02);
    for (size_t i = 0; i < t->n_nodes; i++)
        sum += t->self[2 * i];
    assert_true(sum == 5050 && t->total[0] == 5050);
    assert_true(t->self[2 * node(t, p, "main;f99;leaf")] == 100);
    assert_true(t->self[2 * node(t, p, "main")] > 0); /* what went is its own now */
    for (size_t i = 1; i < t->n_nodes; i++)
        assert_true(t->parent[i] < i);
    calltree_free(t);
    pprof_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_damaged),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_bomb),       cmocka_unit_test(test_tree),
        cmocka_unit_test(test_deep),       cmocka_unit_test(test_prune),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
