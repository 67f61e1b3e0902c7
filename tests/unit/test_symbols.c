/* Mappings of made-up processes, and the symbols of this one. */
#include "sym/symbols.h"

#include "base/numbers.h"
#include "profile/stacks.h"
#include "sym/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static void map(struct space *space, uint64_t start, uint64_t end, const char *file)
{
    assert_true(
        space_map(space, &(struct record_mmap){
                             .addr = start, .len = end - start, .pgoff = start * 2, .file = file}));
}

/* What lies at 0, 10, 20, …, a letter per mapping. */
static void assert_space(const struct space *space, const char *want)
{
    for (uint64_t i = 0; want[i] != '\0'; i++) {
        const struct region *r = space_at(space, 10 * i);
        char have = r != NULL ? r->file[0] : '.';

        if (have != want[i])
            fail_msg("at %d: '%c', expected '%c' of %s", (int)(10 * i), have, want[i], want);
    }
}

static void test_space(void **state)
{
    struct symbols *s = symbols_new();
    struct space *space = space_new(s, NULL), *child;

    (void)state;
    assert_space(space, "..........");
    map(space, 20, 80, "a");
    assert_space(space, "..aaaaaa..");
    map(space, 40, 60, "b"); /* in the middle */
    assert_space(space, "..aabbaa..");
    assert_int_equal(space_at(space, 70)->start, 20); /* parts keep the bounds of the whole */
    assert_int_equal(space_at(space, 70)->offset, 40);
    assert_ptr_equal(space_at(space, 70), space_at(space, 20));
    map(space, 30, 50, "c"); /* across a border */
    assert_space(space, "..accbaa..");
    map(space, 0, 10, "d");
    map(space, 90, 100, "e");
    assert_space(space, "d.accbaa.e");
    child = space_new(s, space);
    map(space, 0, 100, "f"); /* over everything */
    assert_space(space, "ffffffffff.");
    assert_space(child, "d.accbaa.e");
    space_clear(child);
    assert_space(child, "..........");
    map(child, 50, 50, "g");
    map(child, UINT64_MAX - 5, 10, "g"); /* wraps around */
    assert_space(child, "..........");
    symbols_free(s);
}

/* Mapping the same again changes nothing; the lowest file is the program. */
static void test_again(void **state)
{
    struct symbols *s = symbols_new();
    struct space *space = space_new(s, NULL);
    const struct region *first;

    (void)state;
    map(space, 10, 20, "//anon");
    assert_null(space_program(space));
    map(space, 30, 40, "/bin/program");
    first = space_program(space);
    assert_string_equal(first->file, "/bin/program");
    map(space, 30, 40, "/bin/program");
    assert_ptr_equal(space_program(space), first);
    map(space, 30, 40, "/bin/other");
    assert_int_not_equal(space_program(space)->number, first->number);
    symbols_free(s);
}

static __attribute__((noinline)) int here(int x)
{
    return x * 3 + 1;
}

static const char *function_at(struct symbols *s, const struct space *space, const void *at,
                               struct profile_frame *frame)
{
    uint64_t address = (uintptr_t)at;
    const struct region *region = space_at(space, address);

    if (region == NULL || region_frames(s, region, address, frame, 1) == 0)
        return "";
    return frame->function;
}

static void test_self(void **state)
{
    struct symbols *s = symbols_new();
    struct space *space = space_new(s, NULL);
    struct profile_frame frame;
    int line = __LINE__ - 18;

    (void)state;
    assert_int_equal(here(1), 4);
    assert_int_equal(space_read(space, getpid(), NULL), 0);
    assert_string_equal(function_at(s, space, (const void *)(uintptr_t)here, &frame), "here");
    assert_non_null(strstr(frame.file, "test_symbols.c"));
    assert_in_range(frame.line, line - 5, line + 5);
    assert_non_null(strstr(function_at(s, space, (const void *)(uintptr_t)clock_gettime, &frame),
                           "clock_gettime"));                  /* of libc */
    assert_string_equal(function_at(s, space, s, &frame), ""); /* no code */
    assert_int_equal(space_read(space, -5, NULL), -PG_E_NOTFOUND);
    symbols_free(s);
}

/* The vdso has no file: its functions come from memory. */
static void test_vdso(void **state)
{
    const uint8_t *base = (const uint8_t *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
    struct symbols *s = symbols_new();
    struct space *space = space_new(s, NULL);
    struct profile_frame frame;
    bool found = false;

    (void)state;
    if (base == NULL) {
        print_message("there is no vdso here\n");
        skip();
    }
    assert_int_equal(space_read(space, getpid(), NULL), 0);
    for (size_t i = 0; i < 8192 && !found; i += 4)
        found = strstr(function_at(s, space, base + i, &frame), "clock_gettime") != NULL;
    assert_true(found);
    symbols_free(s);
}

/* A build id says which file it was: another one of that name is not used. */
static void test_build_id(void **state)
{
    static const struct {
        int change; /* of the first byte */
        size_t pad; /* zeros behind it */
        bool used;
    } rows[] = {{0, 0, true}, {1, 0, false}, {0, 1, false}};
    struct record_mmap m = {.addr = 0x1000000, .len = 0x1000000, .file = "/proc/self/exe"};
    struct object *self;
    uint8_t id[RECORD_BUILD_ID_MAX];
    const char *text;

    (void)state;
    assert_int_equal(object_open(m.file, &self, NULL), 0);
    text = object_build_id(self);
    assert_int_equal(strlen(text), 40);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct symbols *s = symbols_new();
        struct space *space = space_new(s, NULL);

        for (size_t k = 0; k < 20; k++) {
            unsigned int byte;

            sscanf(text + 2 * k, "%2x", &byte);
            id[k] = (uint8_t)byte;
        }
        id[0] ^= (uint8_t)rows[i].change;
        m.build_id = id;
        m.build_id_size = 20 - rows[i].pad;
        assert_true(space_map(space, &m));
        assert_int_equal(region_object(s, space_at(space, m.addr)) != NULL, rows[i].used);
        symbols_free(s);
    }
    object_close(self);
}

static void test_no_files(void **state)
{
    struct object *o;

    (void)state;
    assert_int_equal(object_open("/dev/null", &o, NULL), -PG_E_FORMAT);
    assert_int_equal(object_open("/", &o, NULL), -PG_E_FORMAT);
    assert_int_equal(object_open("/proc/self/maps", &o, NULL), -PG_E_FORMAT);
    assert_int_equal(object_open("/no/such/file", &o, NULL), -PG_E_NOTFOUND);
    assert_null(o);
}

static void test_kernel(void **state)
{
    static const char text[] = "ffffffff81000000 T _text\n"
                               "ffffffff81000000 t second\n"
                               "ffffffff81000100 t first\n"
                               "ffffffff81000080 D data\n"
                               "ffffffff81000090 T between\n"
                               "nonsense\n"
                               "ffffffffc0000000 t f\t[module]\n";
    static const struct {
        uint64_t address;
        const char *name, *module;
    } rows[] = {
        {0xffffffff81000000, "_text", ""},   {0xffffffff8100008f, "_text", ""},
        {0xffffffff81000090, "between", ""}, {0xffffffff81000105, "first", ""},
        {0xffffffffc0000001, "f", "module"}, {0xffffffff80ffffff, NULL, ""},
        {0xffffffffd0000000, NULL, ""},      {0, NULL, ""},
    };
    struct kernel *k;
    struct pg_error err = {0};

    (void)state;
    assert_int_equal(kernel_parse(text, &k, NULL), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *module = "", *name = kernel_function(k, rows[i].address, &module);

        if (rows[i].name == NULL)
            assert_null(name);
        else
            assert_string_equal(name, rows[i].name);
        assert_string_equal(module, rows[i].module);
    }
    assert_int_equal(kernel_address(k, "first"), 0xffffffff81000100);
    assert_int_equal(kernel_address(k, "data"), 0);
    kernel_close(k);
    assert_int_equal(kernel_parse("0000000000000000 T _text\n", &k, &err), -PG_E_PERMISSION);
    assert_null(k);
    assert_null(kernel_function(NULL, 5, &(const char *){NULL}));
}

/* A mark that is elsewhere makes the kernel another one. */
static void test_other_kernel(void **state)
{
    struct profile_frame frame;
    struct symbols *s = symbols_new();
    struct kernel *k = NULL;
    uint64_t text, code;

    (void)state;
    if (kernel_open(&k, NULL) != 0) {
        print_message("the kernel hides its addresses\n");
        symbols_free(s);
        skip();
    }
    text = kernel_address(k, "_text");
    code = kernel_address(k, "schedule"); /* what is at _text itself is no function everywhere */
    symbols_expect_kernel(s, "_text", text);
    assert_int_equal(kernel_frames(s, code + 1, &frame, 1), 1);
    symbols_free(s);
    s = symbols_new();
    symbols_expect_kernel(s, "_text", text + 4096);
    assert_int_equal(kernel_frames(s, code + 1, &frame, 1), 0);
    symbols_free(s);
    kernel_close(k);
}

static size_t no_labels(void *arg, uint64_t label, struct profile_label out[8])
{
    ++*(size_t *)arg;
    out[0] = (struct profile_label){"n", NULL, (int64_t)label};
    return 1;
}

/* Equal stacks are one, unless their labels differ. */
static void test_stacks(void **state)
{
    static const uint64_t stack[] = {1, 2, 3};
    static const struct profile_type type[] = {{"a", "count"}, {"b", "count"}};
    struct stacks *s = stacks_new(2);
    struct profile *p = profile_new(type, 2);
    size_t flushed = 0;

    (void)state;
    for (int round = 0; round < 3; round++)
        for (uint64_t n = 0; n <= 3; n++)
            for (uint64_t label = 0; label < 1000; label++) {
                int64_t *value = stacks_values(s, stack, n, label);

                assert_int_equal(value[0], round);
                value[0]++;
                assert_int_equal(value[1], round * (int64_t)(label + n));
                value[1] += (int64_t)(label + n);
            }
    assert_true(stacks_flush(s, p, no_labels, &flushed));
    assert_int_equal(flushed, 4000);
    stacks_free(s);
    profile_free(p);
}

static void test_numbers(void **state)
{
    struct numbers t = {0};

    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(numbers_get(&t, i, i % 7), 0);
        assert_true(numbers_put(&t, i, i % 7, i + 1));
    }
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(numbers_get(&t, i, i % 7), i + 1);
        assert_int_equal(numbers_get(&t, i, 7), 0);
    }
    numbers_free(&t);
    assert_int_equal(numbers_get(&t, 1, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_space),    cmocka_unit_test(test_again),
        cmocka_unit_test(test_self),     cmocka_unit_test(test_vdso),
        cmocka_unit_test(test_build_id), cmocka_unit_test(test_no_files),
        cmocka_unit_test(test_kernel),   cmocka_unit_test(test_other_kernel),
        cmocka_unit_test(test_stacks),   cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
