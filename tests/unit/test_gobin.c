#include "gobin/gobin.h"

#include "arch/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "tests/unit/go_subject.h"

static const char *path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", subject_dir, name);
    return path;
}

/* One build, opened. */
struct subject {
    struct elf_image *image;
    struct gobin *bin;
};

static bool open_subject(struct subject *s, const char *name, const char *flags)
{
    struct pg_error err = {0};

    if (!subject_build(name, flags))
        return false;
    assert_int_equal(elf_open(path_of(name), &s->image, &err), 0);
    if (gobin_open(s->image, &s->bin, &err) != 0)
        fail_msg("%s", err.text);
    return true;
}

static void close_subject(struct subject *s)
{
    gobin_close(s->bin);
    elf_close(s->image);
}

static const struct {
    const char *name, *flags;
} builds[] = {
    {"static", "-ldflags='-s -w'"},
    {"pie", "-buildmode=pie"},
};

static void test_functions(void **state)
{
    static const char *const names[] = {"runtime.main",
                                        "runtime.mstart1",
                                        "testing.(*B).runN",
                                        "testing.(*B).StopTimer",
                                        "testing.(*B).run1.func1",
                                        "os.Exit",
                                        "example.com/subject.BenchmarkSprint"};
    struct gobin_function f, g;
    struct subject s;
    char line[1024];

    (void)state;
    for (size_t b = 0; b < 2; b++) {
        if (!open_subject(&s, builds[b].name, builds[b].flags))
            skip();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            assert_true(gobin_function_by_name(s.bin, names[i], &f));
            assert_string_equal(f.name, names[i]);
            assert_true(f.entry < f.end);
            assert_true(gobin_function_at(s.bin, f.entry, &g) && g.name == f.name);
            assert_true(gobin_function_at(s.bin, f.end - 1, &g) && g.name == f.name);
            assert_true(!gobin_function_at(s.bin, f.end, &g) || g.name != f.name);
            assert_ptr_equal(gobin_code(s.bin, f.entry, f.end - f.entry),
                             elf_at(s.image, f.entry, f.end - f.entry));
            if (b == 0) /* stripped: nm has nothing to say */
                continue;
            snprintf(line, sizeof line, "go tool nm '%s' | grep '^ *%" PRIx64 " T %s$' >/dev/null",
                     path_of(builds[b].name), f.entry, names[i]);
            for (char *at = line; (at = strchr(at, '*')) != NULL; at++)
                if (at[-1] == '(')
                    *at = '.';
            assert_int_equal(subject_run("%s", line), 0);
        }
        assert_false(gobin_function_by_name(s.bin, "runtime.mai", &f));
        assert_false(gobin_function_by_name(s.bin, "", &f));
        assert_false(gobin_function_at(s.bin, 0, &f));
        assert_false(gobin_function_at(s.bin, UINT64_MAX, &f));
        assert_false(gobin_function(s.bin, gobin_function_count(s.bin), &f));
        assert_null(gobin_code(s.bin, f.entry, SIZE_MAX));
        assert_null(gobin_code(s.bin, 0, 1));
        close_subject(&s);
    }
}

/* Calls inlined three deep; tests/matrix/gobin.sh compares whole stacks with the runtime's. */
static void test_frames(void **state)
{
    static const char *const names[] = {"example.com/subject.innermost",
                                        "example.com/subject.middle",
                                        "example.com/subject.outermost"};
    struct gobin_function caller, callee;
    struct gobin_frame frame[4];
    struct subject s;
    uint64_t site;

    (void)state;
    for (size_t b = 0; b < 2; b++) {
        if (!open_subject(&s, builds[b].name, builds[b].flags))
            skip();
        assert_true(gobin_function_by_name(s.bin, names[2], &caller));
        assert_true(gobin_function_by_name(s.bin, "example.com/subject.note", &callee));
        assert_int_equal(gobin_calls(s.bin, &caller, callee.entry, &site, 1, NULL), 2);
        assert_int_equal(gobin_frames(s.bin, site, frame, 4), 3);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(frame[i].function, names[i]);
            assert_non_null(strstr(frame[i].file, "/frames_test.go"));
            assert_true(frame[i].start_line > 40 && frame[i].line > frame[i].start_line);
            assert_int_equal(frame[i].inlined, i < 2);
        }
        assert_int_equal(gobin_frames(s.bin, site, frame, 2), 2);
        assert_string_equal(frame[1].function, names[2]);
        assert_false(frame[1].inlined);
        assert_int_equal(gobin_frames(s.bin, site, frame, 0), 0);
        assert_int_equal(gobin_frames(s.bin, 0, frame, 4), 0);
        assert_int_equal(gobin_frames(s.bin, UINT64_MAX, frame, 4), 0);
        close_subject(&s);
    }
}

static void test_calls(void **state)
{
    struct gobin_function caller, callee;
    uint64_t site[4], target, all[4];
    struct subject s;
    int n;

    (void)state;
    if (!open_subject(&s, builds[0].name, builds[0].flags))
        skip();
    assert_true(gobin_function_by_name(s.bin, "testing.(*B).StopTimer", &caller));
    assert_true(gobin_function_by_name(s.bin, "runtime.ReadMemStats", &callee));
    n = gobin_calls(s.bin, &caller, callee.entry, site, 4, NULL);
    assert_int_equal(n, 1);
    assert_true(arch_host()->decode_call(gobin_code(s.bin, site[0], 5), site[0], &target));
    assert_int_equal(target, callee.entry);
    assert_int_equal(gobin_calls(s.bin, &caller, callee.entry + 1, site, 4, NULL), 0);
    /* More sites than there is room for are counted, not stored. */
    assert_true(gobin_function_by_name(s.bin, "testing.(*B).launch", &caller));
    assert_true(gobin_function_by_name(s.bin, "testing.(*B).runN", &callee));
    n = gobin_calls(s.bin, &caller, callee.entry, all, 4, NULL);
    assert_true(n >= 2 && n <= 4);
    memset(site, 0, sizeof site);
    assert_int_equal(gobin_calls(s.bin, &caller, callee.entry, site, 1, NULL), n);
    assert_int_equal(site[0], all[0]);
    assert_int_equal(site[1], 0);
    caller.end = caller.entry - 1;
    assert_int_equal(gobin_calls(s.bin, &caller, callee.entry, site, 4, NULL), -PG_E_INVALID);
    close_subject(&s);
}

/* Each "field" line that the program prints by reflection. */
static void check_fields(const struct gobin *bin, const char *name)
{
    char command[768], type[128], field[128];
    uint64_t offset, size;
    unsigned int kind, lines = 0;
    struct gobin_field found;
    struct pg_error err = {0};
    FILE *in;

    snprintf(command, sizeof command, "'%s' -test.run=TestLayout | grep '^field '", path_of(name));
    in = popen(command, "r");
    assert_non_null(in);
    while (fscanf(in, " field %127s %127s %" SCNu64 " %" SCNu64 " %u", type, field, &offset, &size,
                  &kind) == 5) {
        if (gobin_field(bin, type, field, &found, &err) != 0)
            fail_msg("%s", err.text);
        if (found.offset != offset || found.size != size || found.kind != kind)
            fail_msg("%s.%s: %" PRIu64 " %" PRIu64 " %u", type, field, found.offset, found.size,
                     found.kind);
        lines++;
    }
    pclose(in);
    assert_true(lines > 40);
}

static void test_fields(void **state)
{
    struct gobin_field f, g;
    struct pg_error err;
    struct subject s;

    (void)state;
    for (size_t b = 0; b < 2; b++) {
        if (!open_subject(&s, builds[b].name, builds[b].flags))
            skip();
        check_fields(s.bin, builds[b].name);
        assert_int_equal(gobin_field(s.bin, "testing.B", "name", &f, NULL), 0);
        assert_int_equal(gobin_field(s.bin, "testing.B", "common.name", &g, NULL), 0);
        assert_int_equal(f.offset, g.offset);
        assert_int_equal(f.size, g.size);
        assert_int_equal(gobin_field(s.bin, "testing.B", "nope", &f, &err), -PG_E_NOTFOUND);
        assert_non_null(strstr(err.text, "testing.B has no field nope"));
        assert_int_equal(gobin_field(s.bin, "testing.B", "", &f, &err), -PG_E_NOTFOUND);
        assert_int_equal(gobin_field(s.bin, "testing.B", "N.x", &f, &err), -PG_E_NOTFOUND);
        assert_int_equal(gobin_field(s.bin, "testing.Bogus", "N", &f, &err), -PG_E_NOTFOUND);
        assert_int_equal(gobin_field(s.bin, "elsewhere/testing.B", "N", &f, &err), -PG_E_NOTFOUND);
        assert_int_equal(gobin_field(s.bin, "B", "N", &f, &err), -PG_E_NOTFOUND);
        assert_int_equal(gobin_field(s.bin, "", "N", &f, &err), -PG_E_NOTFOUND);
        close_subject(&s);
    }
}

static void test_build_info(void **state)
{
    struct subject s;

    (void)state;
    if (!open_subject(&s, builds[0].name, builds[0].flags))
        skip();
    assert_int_equal(subject_run("test \"$(GOTOOLCHAIN=local go env GOVERSION)\" = '%s'",
                                 gobin_go_version(s.bin)),
                     0);
    assert_string_equal(gobin_main_path(s.bin), "example.com/subject.test");
    assert_string_equal(gobin_module_path(s.bin), "example.com/subject");
    assert_string_equal(gobin_build_setting(s.bin, "GOARCH"), arch_host()->name);
    assert_string_equal(gobin_build_setting(s.bin, "-ldflags"), "-s -w");
    assert_null(gobin_build_setting(s.bin, "-race"));
    assert_null(gobin_build_setting(s.bin, ""));
    close_subject(&s);
}

/* Writes the blob anew with quoted settings, inline or, as before 1.18, through pointers. */
static void write_blob(uint8_t *blob, uint64_t addr, const char *version, bool pointers)
{
    static const char mod[] = "0123456789abcdefpath\ta.b/c.test\nmod\ta.b/c\tv1.2.3\th1:x=\n"
                              "dep\td.e/f\tv2.0.0\nbuild\t-race=true\n"
                              "build\t-ldflags=\"-X \\\"a=b\\\" \\\\\"\nbuild\tempty=\n"
                              "build\t\"odd key=\"=`raw \"text\"`\nbuild\tbroken\n0123456789abcdef";
    uint64_t header[4] = {addr + 64, strlen(version), addr + 96, sizeof mod - 1};
    uint64_t to[2] = {addr + 32, addr + 48};

    blob[15] = pointers ? 0 : 2;
    if (pointers) {
        memcpy(blob + 16, to, sizeof to);
        memcpy(blob + 32, header, sizeof header);
        memcpy(blob + 64, version, strlen(version));
        memcpy(blob + 96, mod, sizeof mod - 1);
        return;
    }
    blob += 32;
    *blob++ = (uint8_t)strlen(version);
    memcpy(blob, version, strlen(version));
    blob += strlen(version);
    *blob++ = (uint8_t)((sizeof mod - 1) & 0x7f) | 0x80;
    *blob++ = (uint8_t)((sizeof mod - 1) >> 7);
    memcpy(blob, mod, sizeof mod - 1);
}

static void check_rewritten(uint8_t *data, size_t size, bool pointers)
{
    struct elf_section info;
    struct elf_image *image;
    struct gobin *bin;
    char version[32];

    assert_int_equal(elf_from_memory(data, size, &image, NULL), 0);
    assert_int_equal(gobin_open(image, &bin, NULL), 0);
    snprintf(version, sizeof version, "%s", gobin_go_version(bin));
    gobin_close(bin);
    assert_true(elf_section_by_name(image, ".go.buildinfo", &info));
    assert_true(info.size > 420);
    write_blob(data + info.offset, info.addr, version, pointers);
    assert_int_equal(gobin_open(image, &bin, NULL), 0);
    assert_string_equal(gobin_go_version(bin), version);
    assert_string_equal(gobin_main_path(bin), "a.b/c.test");
    assert_string_equal(gobin_module_path(bin), "a.b/c");
    assert_string_equal(gobin_module_version(bin), "v1.2.3");
    assert_string_equal(gobin_build_setting(bin, "-race"), "true");
    assert_string_equal(gobin_build_setting(bin, "-ldflags"), "-X \"a=b\" \\");
    assert_string_equal(gobin_build_setting(bin, "empty"), "");
    assert_string_equal(gobin_build_setting(bin, "odd key="), "raw \"text\"");
    assert_null(gobin_build_setting(bin, "broken"));
    gobin_close(bin);
    elf_close(image);
}

static void test_build_info_forms(void **state)
{
    (void)state;
    if (!subject_build(builds[0].name, builds[0].flags))
        skip();
    for (unsigned int pointers = 0; pointers < 2; pointers++) {
        size_t size;
        uint8_t *data = subject_read(path_of(builds[0].name), &size);

        assert_non_null(data);
        check_rewritten(data, size, pointers != 0);
        free(data);
    }
}

/* Loads the segments somewhere and relocates them, as kernel and loader would. */
static uint8_t *load(const struct elf_image *image, uint64_t *bias, size_t *size)
{
    struct elf_section rela;
    uint64_t low = UINT64_MAX, high = 0;
    uint8_t *base;

    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        if (seg->p_type != PT_LOAD)
            continue;
        low = seg->p_vaddr < low ? seg->p_vaddr : low;
        high = seg->p_vaddr + seg->p_memsz;
    }
    *size = high - low;
    base = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0);
    assert_ptr_not_equal(base, MAP_FAILED);
    *bias = (uint64_t)(uintptr_t)base - low;
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        if (seg->p_type == PT_LOAD)
            memcpy(base + (seg->p_vaddr - low), elf_at(image, seg->p_vaddr, seg->p_filesz),
                   seg->p_filesz);
    }
    assert_true(elf_section_by_name(image, ".rela", &rela));
    for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= rela.size; at += sizeof(Elf64_Rela)) {
        Elf64_Rela r;
        uint64_t value;

        memcpy(&r, rela.data + at, sizeof r);
        value = (uint64_t)r.r_addend + *bias;
        if (ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE ||
            ELF64_R_TYPE(r.r_info) == R_AARCH64_RELATIVE)
            memcpy(base + (r.r_offset - low), &value, sizeof value);
    }
    return base;
}

static void test_live(void **state)
{
    struct gobin_function f, g;
    struct gobin *live;
    struct subject s;
    uint64_t bias;
    uint8_t *base;
    size_t size;

    (void)state;
    if (!open_subject(&s, builds[1].name, builds[1].flags))
        skip();
    base = load(s.image, &bias, &size);
    assert_int_equal(gobin_open_live(s.image, bias, &live, NULL), 0);
    assert_int_equal(gobin_function_count(live), gobin_function_count(s.bin));
    for (size_t i = 0; i < gobin_function_count(live); i++) {
        bool there = gobin_function(s.bin, i, &f);

        assert_int_equal(gobin_function(live, i, &g), there);
        if (there && (f.entry != g.entry || f.end != g.end || strcmp(f.name, g.name) != 0))
            fail_msg("%s is %s", f.name, g.name);
    }
    /* Names and code are the loaded ones, not the file's. */
    assert_true((const uint8_t *)g.name > base && (const uint8_t *)g.name < base + size);
    assert_ptr_equal(gobin_code(live, g.entry, 1), (uint8_t *)(uintptr_t)(g.entry + bias));
    assert_string_equal(gobin_main_path(live), gobin_main_path(s.bin));
    check_fields(live, builds[1].name);
    gobin_close(live);
    munmap(base, size);
    close_subject(&s);
}

static void test_not_go(void **state)
{
    struct elf_image *image;
    struct gobin *bin;
    struct pg_error err;

    (void)state;
    assert_int_equal(elf_open("/proc/self/exe", &image, NULL), 0);
    assert_int_equal(gobin_open(image, &bin, &err), -PG_E_NOTFOUND);
    assert_null(bin);
    assert_string_equal(err.text, "not a Go executable");
    assert_int_equal(gobin_open_live(image, 0, &bin, &err), -PG_E_NOTFOUND);
    elf_close(image);
}

/* Where to damage: an offset into the pclntab, and what then must be the answer. */
static void test_refuses(void **state)
{
    static const struct {
        size_t at;    /* in the pclntab's header */
        size_t width; /* 0: in the function table, whose offset is read from the header */
        uint64_t value;
        int code;
    } rows[] = {
        {0, 4, 0xfffffffa, PG_E_UNSUPPORTED},  /* Go 1.16's magic */
        {6, 1, 2, PG_E_UNSUPPORTED},           /* instruction size */
        {7, 1, 4, PG_E_UNSUPPORTED},           /* pointer size */
        {8, 8, 17, PG_E_UNSUPPORTED},          /* fewer functions */
        {8, 8, 1ull << 60, PG_E_UNSUPPORTED},  /* more */
        {32, 8, 1ull << 40, PG_E_UNSUPPORTED}, /* names elsewhere */
        {64, 8, 1ull << 63, PG_E_UNSUPPORTED}, /* table elsewhere */
        {80, 0, 0xffffffff, PG_E_FORMAT},      /* not sorted */
        {0, 0, 0x7fffffff, PG_E_FORMAT},       /* not sorted, the first */
    };
    struct elf_section pcln;
    struct elf_image *image;
    struct gobin *bin;
    struct pg_error err;
    size_t size;
    uint8_t *data;
    uint64_t table;

    (void)state;
    if (!subject_build(builds[0].name, builds[0].flags))
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        data = subject_read(path_of(builds[0].name), &size);
        assert_non_null(data);
        assert_int_equal(elf_from_memory(data, size, &image, NULL), 0);
        assert_true(elf_section_by_name(image, ".gopclntab", &pcln));
        memcpy(&table, data + pcln.offset + 64, sizeof table);
        memcpy(data + pcln.offset + rows[i].at + (rows[i].width == 0 ? table : 0), &rows[i].value,
               rows[i].width == 0 ? 4 : rows[i].width);
        print_message("row %zu\n", i);
        assert_int_equal(gobin_open(image, &bin, &err), -rows[i].code);
        assert_true(strlen(err.text) > 10);
        elf_close(image);
        free(data);
    }
}

static void test_refuses_strangers(void **state)
{
    struct elf_image *image;
    struct gobin *bin;
    struct pg_error err;
    size_t size;
    uint8_t *data, *at;

    (void)state;
    if (!subject_build(builds[0].name, builds[0].flags))
        skip();
    data = subject_read(path_of(builds[0].name), &size);
    assert_int_equal(elf_from_memory(data, size, &image, NULL), 0);
    for (at = data; (at = memmem(at, size - (size_t)(at - data), "\0runtime.mstart1", 17)); at++)
        at[1] = 'R'; /* a runtime without a function that every Go has */
    assert_int_equal(gobin_open(image, &bin, &err), -PG_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "runtime.mstart1"));
    ((Elf64_Ehdr *)data)->e_machine = EM_RISCV;
    assert_int_equal(gobin_open(image, &bin, &err), -PG_E_UNSUPPORTED);
    elf_close(image);
    free(data);
}

/* Truncated anywhere, or with random bytes changed: an error or an answer, never a fault. */
static void test_damage(void **state)
{
    uint64_t seed = 7;
    size_t size, opened = 0;
    uint8_t *data;

    (void)state;
    if (!subject_build(builds[0].name, builds[0].flags))
        skip();
    data = subject_read(path_of(builds[0].name), &size);
    assert_non_null(data);
    for (unsigned int round = 0; round < 160; round++) {
        size_t cut = round < 80 ? size / 80 * round + 64 : size;
        uint8_t *copy = malloc(cut);
        struct gobin_field field;
        struct elf_section pcln;
        struct gobin_function f;
        struct elf_image *image;
        struct gobin *bin = NULL;

        memcpy(copy, data, cut);
        if (elf_from_memory(copy, cut, &image, NULL) == 0) {
            for (unsigned int i = 0; round >= 80 && i < 400; i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                assert_true(elf_section_by_name(image, ".gopclntab", &pcln));
                /* Names, function records and types, but not the header. */
                copy[pcln.offset + 72 + (seed >> 16) % (cut - pcln.offset - 72 - 4096)] ^=
                    (uint8_t)(1 + (seed >> 8) % 255);
            }
            if (gobin_open(image, &bin, NULL) == 0) {
                opened++;
                for (size_t i = 0; i < gobin_function_count(bin); i++)
                    if (gobin_function(bin, i, &f))
                        gobin_function_by_name(bin, f.name, &f);
                gobin_field(bin, "testing.B", "duration", &field, NULL);
                gobin_field(bin, "example.com/subject.Outer", "P", &field, NULL);
            }
            gobin_close(bin);
            elf_close(image);
        }
        free(copy);
    }
    free(data);
    assert_true(opened > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),  cmocka_unit_test(test_frames),
        cmocka_unit_test(test_calls),      cmocka_unit_test(test_fields),
        cmocka_unit_test(test_build_info), cmocka_unit_test(test_build_info_forms),
        cmocka_unit_test(test_live),       cmocka_unit_test(test_not_go),
        cmocka_unit_test(test_refuses),    cmocka_unit_test(test_refuses_strangers),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, subject_setup, subject_teardown);
}
