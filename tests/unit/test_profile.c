#include "profile/profile.h"

#include "proto/profile.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const struct profile_type types[] = {{"instructions", "count"}, {"L1-misses", "count"}};
static const struct profile_label labels[] = {{"benchmark", "BenchmarkX", 0}, {"package", "p", 0}};

/* Two locations, one with an inlined call, n samples over them. */
static struct profile *make(uint64_t n)
{
    static const struct profile_frame inner[] = {{"p.f", "f.go", 12, 10}, {"p.g", "f.go", 22, 20}};
    static const struct profile_frame outer[] = {{"p.g", "f.go", 25, 20}};
    const struct profile_mapping mapping = {"x.test", "abcdef", 0x1000, 0x9000, 0x400, true};
    struct profile *p = profile_new(types, 2);

    assert_non_null(p);
    assert_int_equal(profile_add_mapping(p, &mapping), 1);
    assert_true(profile_add_comment(p, "a comment"));
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t stack[] = {profile_location(p, 1, 0x2000 + i, inner, 2),
                                  profile_location(p, 1, 0x1000, outer, 1),
                                  profile_location(p, 0, 0x1000, outer, 1)};
        const int64_t value[] = {(int64_t)i, 7};

        assert_true(profile_add_sample(p, stack, 3, value, labels, 2));
    }
    return p;
}

static Perfgo__Pprof__Profile *decode(const struct strbuf *bytes)
{
    static uint8_t out[4 << 20];
    z_stream z = {.next_in = (uint8_t *)bytes->text,
                  .avail_in = (uInt)bytes->size,
                  .next_out = out,
                  .avail_out = sizeof out};

    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return perfgo__pprof__profile__unpack(NULL, z.total_out, out);
}

static void test_content(void **state)
{
    struct profile *p = make(2);
    struct strbuf bytes = {0};
    Perfgo__Pprof__Profile *pb;

    (void)state;
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    pb = decode(&bytes);
    assert_non_null(pb);
#define STRING(i) pb->string_table[i]
    assert_string_equal(STRING(0), "");
    assert_int_equal(pb->n_sample_type, 2);
    assert_string_equal(STRING(pb->sample_type[1]->type), "L1-misses");
    assert_string_equal(STRING(pb->default_sample_type), "instructions");
    assert_string_equal(STRING(pb->comment[0]), "a comment");
    assert_int_equal(pb->time_nanos, 0);
    assert_int_equal(pb->duration_nanos, 0);
    assert_int_equal(pb->n_mapping, 1);
    assert_int_equal(pb->mapping[0]->memory_start, 0x1000);
    assert_int_equal(pb->mapping[0]->memory_limit, 0x9000);
    assert_int_equal(pb->mapping[0]->file_offset, 0x400);
    assert_string_equal(STRING(pb->mapping[0]->build_id), "abcdef");
    assert_true(pb->mapping[0]->has_functions && pb->mapping[0]->has_inline_frames);
    /* Two places in the mapping that share one caller, and one outside: each once. */
    assert_int_equal(pb->n_location, 4);
    assert_int_equal(pb->n_function, 2);
    assert_int_equal(pb->location[0]->n_line, 2);
    assert_int_equal(pb->location[0]->address, 0x2000);
    assert_int_equal(pb->location[0]->line[0]->line, 12);
    assert_string_equal(STRING(pb->function[0]->name), "p.f");
    assert_int_equal(pb->function[1]->start_line, 20);
    assert_int_equal(pb->location[2]->mapping_id, 0);
    assert_int_equal(pb->n_sample, 2);
    assert_int_equal(pb->sample[1]->value[0], 1);
    assert_int_equal(pb->sample[1]->value[1], 7);
    assert_int_equal(pb->sample[1]->location_id[0], 4);
    assert_int_equal(pb->sample[1]->location_id[1], 2);
    assert_string_equal(STRING(pb->sample[0]->label[0]->key), "benchmark");
    assert_string_equal(STRING(pb->sample[0]->label[1]->str), "p");
#undef STRING
    perfgo__pprof__profile__free_unpacked(pb, NULL);
    strbuf_free(&bytes);
    profile_free(p);
}

static void test_equal_bytes(void **state)
{
    struct strbuf bytes[2] = {{0}, {0}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct profile *p = make(5000);

        assert_int_equal(profile_encode(p, &bytes[i], NULL), 0);
        profile_free(p);
    }
    assert_int_equal(bytes[0].size, bytes[1].size);
    assert_memory_equal(bytes[0].text, bytes[1].text, bytes[0].size);
    strbuf_free(&bytes[0]);
    strbuf_free(&bytes[1]);
}

/* Thousands of locations, through several sizes of the table, are each found again. */
static void test_many(void **state)
{
    struct profile *p = make(5000);
    struct strbuf bytes = {0};
    Perfgo__Pprof__Profile *pb;

    (void)state;
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_not_equal(profile_location(p, 1, 0x2000 + i, NULL, 0), 0);
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    pb = decode(&bytes);
    assert_int_equal(pb->n_location, 5002);
    assert_int_equal(pb->n_function, 2);
    perfgo__pprof__profile__free_unpacked(pb, NULL);
    strbuf_free(&bytes);
    profile_free(p);
}

/* Names that are not UTF-8 must not make the whole profile unreadable. */
static void test_bad_names(void **state)
{
    const struct profile_frame frame = {"p.\xff\xfe", "", 0, 0};
    struct profile *p = profile_new(types, 2);
    struct strbuf bytes = {0};
    Perfgo__Pprof__Profile *pb;

    (void)state;
    assert_int_equal(profile_location(p, 0, 1, &frame, 1), 1);
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    pb = decode(&bytes);
    assert_string_equal(pb->string_table[pb->function[0]->name], "p.\\xff\\xfe");
    perfgo__pprof__profile__free_unpacked(pb, NULL);
    strbuf_free(&bytes);
    profile_free(p);
}

static void test_pprof(void **state)
{
    char path[] = "/tmp/perfgo-unit-XXXXXX", command[256];
    struct profile *p = make(3);
    struct strbuf bytes = {0};
    int fd;

    (void)state;
    if (system("command -v go >/dev/null") != 0) {
        printf("SKIP: go is not installed\n");
        skip();
    }
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.text, bytes.size), bytes.size);
    close(fd);
    snprintf(command, sizeof command,
             "go tool pprof -raw %s 2>&1 | grep -A1 '^ *2  *7: 5 2 3' | grep -q "
             "'benchmark:.BenchmarkX. package:.p.'",
             path);
    assert_int_equal(system(command), 0);
    unlink(path);
    strbuf_free(&bytes);
    profile_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content), cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_pprof),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
