#include "elf/preloadable.h"

#include "tests/unit/tiny_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/go_subject.h"

static struct tiny_elf tiny;
static char copy_path[512];

static const char *fresh_path(void)
{
    snprintf(copy_path, sizeof copy_path, "%s/copy", subject_dir);
    unlink(copy_path);
    return copy_path;
}

static int link_kind(enum elf_link_kind *kind, struct pg_error *err)
{
    struct elf_image *image;
    int rc = elf_from_memory(&tiny, sizeof tiny, &image, err);

    if (rc == 0)
        rc = elf_link_kind(image, kind, err);
    elf_close(image);
    return rc;
}

static int rewrite(const char *path, struct pg_error *err)
{
    struct elf_image *image;
    int rc = elf_from_memory(&tiny, sizeof tiny, &image, err);

    if (rc == 0)
        rc = elf_make_preloadable(image, path, err);
    elf_close(image);
    return rc;
}

static void test_link_kind(void **state)
{
    static const struct {
        const char *interpreter; /* NULL: none; "host": the host's loader */
        uint16_t type;
        int rc;
        enum elf_link_kind kind;
    } rows[] = {
        {NULL, ET_EXEC, 0, ELF_LINK_STATIC},
        {"host", ET_EXEC, 0, ELF_LINK_DYNAMIC},
        {"host", ET_DYN, 0, ELF_LINK_DYNAMIC},
        {"/lib/ld-musl-x86_64.so.1", ET_EXEC, 0, ELF_LINK_FOREIGN_LOADER},
        {"/system/bin/linker64", ET_DYN, 0, ELF_LINK_FOREIGN_LOADER},
        {"", ET_EXEC, 0, ELF_LINK_FOREIGN_LOADER},
        {NULL, ET_DYN, -PG_E_UNSUPPORTED, 0},
        {NULL, ET_REL, -PG_E_FORMAT, 0},
        {NULL, ET_CORE, -PG_E_FORMAT, 0},
    };
    enum elf_link_kind kind = ELF_LINK_STATIC;
    struct pg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = rows[i].interpreter;

        tiny_elf(&tiny, 0x400000, arch_host()->elf_machine);
        tiny.header.e_type = rows[i].type;
        if (path != NULL)
            tiny_interpreter(&tiny, strcmp(path, "host") == 0 ? arch_host()->loader : path);
        print_message("row %zu\n", i);
        assert_int_equal(link_kind(&kind, &err), rows[i].rc);
        if (rows[i].rc == 0)
            assert_int_equal(kind, rows[i].kind);
    }
    tiny_elf(&tiny, 0x400000, EM_RISCV);
    assert_int_equal(link_kind(&kind, &err), -PG_E_UNSUPPORTED);
    tiny_elf(&tiny, 0x400000, arch_host()->elf_machine);
    tiny_interpreter(&tiny, arch_host()->loader);
    tiny.segment[TINY_NOTE].p_filesz--; /* the path does not end */
    assert_int_equal(link_kind(&kind, &err), -PG_E_FORMAT);
}

/* What the kernel and the loader demand of the copy. */
static void check_copy(const char *path, uint16_t machine, bool below)
{
    struct elf_image *image;
    struct elf_section section;
    const Elf64_Phdr *load = NULL, *ours, *first = NULL;
    size_t loads = 0, nulls = 0;
    uint64_t end = 0;

    assert_int_equal(elf_open(path, &image, NULL), 0);
    assert_string_equal(elf_interpreter(image), arch_by_machine(machine)->loader);
    assert_int_equal(elf_segment(image, 0)->p_type, PT_PHDR);
    assert_int_equal(elf_segment(image, 0)->p_offset, elf_header(image)->e_phoff);
    ours = elf_segment(image, below ? 2 : elf_segment_count(image) - 2);
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        nulls += seg->p_type == PT_NULL;
        assert_int_not_equal(seg->p_type, PT_GNU_RELRO);
        if (seg->p_type == PT_DYNAMIC)
            assert_non_null(elf_at(image, seg->p_vaddr, seg->p_filesz));
        if (seg->p_type != PT_LOAD)
            continue;
        loads++;
        first = first == NULL ? seg : first;
        assert_true(load == NULL || seg->p_vaddr >= end);
        assert_int_equal((seg->p_vaddr - seg->p_offset) % seg->p_align, 0);
        end = seg->p_vaddr + seg->p_memsz;
        load = seg;
    }
    assert_int_equal(loads, 3);
    assert_int_equal(nulls, 1);
    assert_int_equal(ours->p_type, PT_LOAD);
    /* Old kernels' AT_PHDR, and the table lies within our segment. */
    assert_int_equal(first->p_vaddr - first->p_offset + elf_header(image)->e_phoff,
                     elf_segment(image, 0)->p_vaddr);
    assert_int_equal(elf_segment(image, 0)->p_vaddr, ours->p_vaddr);
    /* The original's bytes and sections are where they were. */
    assert_memory_equal(elf_at(image, tiny.header.e_entry, sizeof tiny.code), tiny.code,
                        sizeof tiny.code);
    assert_true(elf_section_by_name(image, ".text", &section));
    assert_int_equal(section.addr, tiny.header.e_entry);
    elf_close(image);
}

static void test_layout(void **state)
{
    static const struct {
        uint64_t base, align;
        uint16_t machine;
        bool below;
    } rows[] = {
        {0x400000, 0x1000, EM_X86_64, true},  {0x11000, 0x1000, EM_X86_64, true},
        {0x10000, 0x1000, EM_X86_64, false},  {0x10000, 0x1000, EM_AARCH64, false},
        {0x400000, 0x1000, EM_AARCH64, true},
    };
    struct pg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tiny_elf(&tiny, rows[i].base, rows[i].machine);
        print_message("row %zu\n", i);
        assert_int_equal(rewrite(fresh_path(), &err), 0);
        check_copy(copy_path, rows[i].machine, rows[i].below);
    }
}

#if defined(__x86_64__)
/* The copy runs, and it is the loader that starts it: told to trace, it lists what it would load.
 */
static void test_runs(void **state)
{
    static const uint64_t bases[] = {0x400000, 0x10000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tiny_elf(&tiny, bases[i], EM_X86_64);
        assert_int_equal(rewrite(fresh_path(), NULL), 0);
        assert_int_equal(subject_run("'%s'", copy_path), 42);
        assert_int_equal(subject_run("LD_DEBUG=files LD_PRELOAD=libm.so.6 '%s' 2>&1 | "
                                     "grep -q 'calling init: .*libm.so.6'",
                                     copy_path),
                         0);
    }
}
#endif

struct damage {
    size_t offset;
    uint64_t value;
    size_t size;
    int code;
};

#define SEGMENT(i, field) offsetof(struct tiny_elf, segment[i].field)

static void test_refuses(void **state)
{
    static const struct damage rows[] = {
        {offsetof(struct tiny_elf, header.e_type), ET_DYN, 2, PG_E_UNSUPPORTED},
        {offsetof(struct tiny_elf, header.e_machine), EM_RISCV, 2, PG_E_UNSUPPORTED},
        {offsetof(struct tiny_elf, header.e_phnum), 0, 2, PG_E_FORMAT},
        {SEGMENT(TINY_RELRO, p_type), PT_DYNAMIC, 4, PG_E_INVALID},
        {SEGMENT(TINY_RELRO, p_type), PT_INTERP, 4, PG_E_INVALID},
        {SEGMENT(TINY_LOAD, p_vaddr), ~0xfffull, 8, PG_E_FORMAT},
        {SEGMENT(TINY_LOAD, p_memsz), ~0ull, 8, PG_E_FORMAT},
        {SEGMENT(TINY_LOAD, p_memsz), 0x10000, 8, PG_E_FORMAT}, /* overlap */
        {SEGMENT(TINY_LOAD, p_align), 0x1001, 8, PG_E_FORMAT},
        {SEGMENT(TINY_LOAD, p_align), 1ull << 63, 8, PG_E_FORMAT},
        {SEGMENT(TINY_LOAD, p_offset), 1, 8, PG_E_FORMAT},
        {SEGMENT(TINY_LOAD, p_filesz), 1ull << 20, 8, PG_E_FORMAT}, /* not in the file */
        {SEGMENT(TINY_DATA, p_filesz), ~0ull, 8, PG_E_FORMAT},
        {SEGMENT(TINY_DATA, p_vaddr), 0x1000, 8, PG_E_FORMAT}, /* descending */
    };
    struct pg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tiny_elf(&tiny, 0x400000, arch_host()->elf_machine);
        memcpy((char *)&tiny + rows[i].offset, &rows[i].value, rows[i].size);
        print_message("row %zu\n", i);
        assert_int_equal(rewrite(fresh_path(), &err), -rows[i].code);
        assert_true(err.text[0] != 0);
        assert_int_equal(access(copy_path, F_OK), -1);
    }
    tiny_elf(&tiny, 0x10000, arch_host()->elf_machine);
    tiny.segment[TINY_DATA].p_memsz = 1ull << 45; /* no room that a file could reach */
    assert_int_equal(rewrite(fresh_path(), &err), -PG_E_UNSUPPORTED);
}

static void test_never_overwrites(void **state)
{
    struct stat st;
    struct pg_error err;

    (void)state;
    tiny_elf(&tiny, 0x400000, arch_host()->elf_machine);
    assert_int_equal(subject_run("echo mine > '%s'", fresh_path()), 0);
    assert_int_equal(rewrite(copy_path, &err), -PG_E_IO);
    assert_int_equal(subject_run("grep -qx mine '%s'", copy_path), 0);
    assert_int_equal(rewrite("/nowhere/at/all", &err), -PG_E_IO);
    umask(0);
    assert_int_equal(rewrite(fresh_path(), &err), 0);
    assert_int_equal(stat(copy_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_removes_what_failed(void **state)
{
    struct rlimit before, small;
    struct pg_error err;
    int rc;

    (void)state;
    tiny_elf(&tiny, 0x400000, arch_host()->elf_machine);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){4096, before.rlim_max};
    fresh_path();
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    rc = rewrite(copy_path, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(rc, -PG_E_IO);
    assert_non_null(strstr(err.text, "File too large"));
    assert_int_equal(access(copy_path, F_OK), -1);
}

/* A real one, end to end: it is static before, its tests pass after, and the loader is in it. */
static void test_go_binary(void **state)
{
    enum elf_link_kind kind;
    struct elf_image *image;
    char path[512];

    (void)state;
    if (!subject_build("static", "-ldflags='-s -w'"))
        skip();
    snprintf(path, sizeof path, "%s/static", subject_dir);
    assert_int_equal(elf_open(path, &image, NULL), 0);
    assert_int_equal(elf_link_kind(image, &kind, NULL), 0);
    assert_int_equal(kind, ELF_LINK_STATIC);
    assert_int_equal(elf_make_preloadable(image, fresh_path(), NULL), 0);
    elf_close(image);
    assert_int_equal(elf_open(copy_path, &image, NULL), 0);
    assert_int_equal(elf_link_kind(image, &kind, NULL), 0);
    assert_int_equal(kind, ELF_LINK_DYNAMIC);
    elf_close(image);
    assert_int_equal(subject_run("LD_PRELOAD=libm.so.6 GOGC=5 '%s' -test.bench=. "
                                 "-test.benchtime=100x | grep -q '^BenchmarkSprint.*ns/op'",
                                 copy_path),
                     0);
    assert_int_equal(subject_run("LD_DEBUG=files LD_PRELOAD=libm.so.6 '%s' 2>&1 | "
                                 "grep -q 'calling init: .*libm.so.6'",
                                 copy_path),
                     0);
}

static bool has_debug(const char *path)
{
    struct elf_image *image;
    struct elf_section section;
    bool found = false;

    assert_int_equal(elf_open(path, &image, NULL), 0);
    for (size_t i = 0; i < elf_section_count(image); i++)
        found |= elf_section(image, i, &section) && strncmp(section.name, ".debug_", 7) == 0;
    elf_close(image);
    return found;
}

/* A dynamic program is the same without what debuggers read, unless it would miss its libraries. */
static void test_light(void **state)
{
    static const struct {
        const char *flags;
        int code;
    } rows[] = {
        {"-g", 0},
        {"-g -no-pie", 0},
        {"-g -Wl,-rpath,/nowhere", 0},
        {"-g -Wl,-rpath,'$ORIGIN/lib'", PG_E_UNSUPPORTED},
        {"-g -Wl,--disable-new-dtags -Wl,-rpath,'/nowhere:${ORIGIN}'", PG_E_UNSUPPORTED},
    };
    struct elf_image *image;
    struct pg_error err;
    char path[600];

    (void)state;
    snprintf(path, sizeof path, "%s/program", subject_dir);
    assert_int_equal(subject_run("echo 'int main(void) { return 42; }' > '%s.c'", path), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("cc %s\n", rows[i].flags);
        assert_int_equal(subject_run("cc %s -o '%s' '%s.c'", rows[i].flags, path, path), 0);
        assert_true(has_debug(path));
        assert_int_equal(elf_open(path, &image, NULL), 0);
        assert_int_equal(elf_make_light(image, fresh_path(), &err), -rows[i].code);
        elf_close(image);
        assert_int_equal(access(copy_path, F_OK), rows[i].code == 0 ? 0 : -1);
        if (rows[i].code != 0)
            continue;
        assert_false(has_debug(copy_path));
        assert_int_equal(subject_run("'%s'; test $? -eq 42", copy_path), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_kind),
        cmocka_unit_test(test_layout),
#if defined(__x86_64__)
        cmocka_unit_test(test_runs),
#endif
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_never_overwrites),
        cmocka_unit_test(test_removes_what_failed),
        cmocka_unit_test(test_go_binary),
        cmocka_unit_test(test_light),
    };

    return cmocka_run_group_tests(tests, subject_setup, subject_teardown);
}
