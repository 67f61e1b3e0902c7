#include "elf/image.h"

#include "tests/unit/tiny_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct tiny_elf tiny;

/* A few bytes of everything an image gives out, so that the sanitizers see each bad pointer. */
static unsigned int touch(const struct elf_image *image)
{
    unsigned int sum = 0;
    struct elf_section section;
    size_t size;
    const uint8_t *at;

    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        at = elf_at(image, seg->p_vaddr, seg->p_filesz);
        if (at != NULL && seg->p_filesz > 0)
            sum += at[0] + at[seg->p_filesz - 1];
    }
    for (size_t i = 0; i < elf_section_count(image); i++) {
        if (!elf_section(image, i, &section))
            continue;
        sum += (unsigned int)strlen(section.name);
        if (section.data != NULL && section.size > 0)
            sum += section.data[0] + section.data[section.size - 1];
    }
    at = elf_note(image, "GNU", 3, &size);
    if (at != NULL && size > 0)
        sum += at[size - 1];
    if (elf_interpreter(image) != NULL)
        sum += (unsigned int)strlen(elf_interpreter(image));
    return sum;
}

static void test_reads(void **state)
{
    struct elf_image *image;
    struct elf_section section;
    size_t size = 0;

    (void)state;
    tiny_elf(&tiny, 0x400000, EM_X86_64);
    assert_int_equal(elf_from_memory(&tiny, sizeof tiny, &image, NULL), 0);
    assert_int_equal(elf_segment_count(image), TINY_SEGMENTS);
    assert_null(elf_segment(image, TINY_SEGMENTS));
    assert_true(elf_section_by_name(image, ".text", &section));
    assert_ptr_equal(section.data, tiny.code);
    assert_true(elf_section_by_name(image, ".bss", &section));
    assert_null(section.data);
    assert_false(elf_section_by_name(image, ".tex", &section));
    assert_false(elf_section(image, TINY_SECTIONS, &section));
    assert_memory_equal(elf_note(image, "GNU", 3, &size), "\1\2\3\4\5", 5);
    assert_int_equal(size, 5);
    assert_null(elf_note(image, "GNU", 4, &size));
    assert_null(elf_note(image, "Go", 3, &size));
    assert_null(elf_interpreter(image));
    assert_ptr_equal(elf_data(image, &size), &tiny);
    assert_int_equal(size, sizeof tiny);
    elf_close(image);
}

static void test_at(void **state)
{
    static const struct {
        uint64_t addr;
        size_t size;
        bool there;
    } rows[] = {
        {0x400000, 0, true},
        {0x400000, 0x1000, true},
        {0x400fff, 2, false},
        {0x3fffff, 1, false},
        {0x401000, 0x1000, true},
        {0x401000, 0x1001, false},
        {0x402000, 1, false},
        {0x401fff, SIZE_MAX, false},
        {UINT64_MAX, 1, false},
        {UINT64_MAX, SIZE_MAX, false},
        {0, 1, false},
    };
    struct elf_image *image;

    (void)state;
    tiny_elf(&tiny, 0x400000, EM_X86_64);
    assert_int_equal(elf_from_memory(&tiny, sizeof tiny, &image, NULL), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu\n", i);
        assert_int_equal(elf_at(image, rows[i].addr, rows[i].size) != NULL, rows[i].there);
    }
    assert_ptr_equal(elf_at(image, 0x401010, 4), tiny.data + 0x10);
    elf_close(image);
}

/* Each row damages the header; the code and a word of the sentence are expected. */
static void test_refuses(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
        size_t size;
        int code;
        const char *word;
    } rows[] = {
        {0, 0, 1, PG_E_FORMAT, "not an ELF file"},
        {EI_CLASS, ELFCLASS32, 1, PG_E_UNSUPPORTED, "64-bit"},
        {EI_DATA, ELFDATA2MSB, 1, PG_E_UNSUPPORTED, "little-endian"},
        {offsetof(Elf64_Ehdr, e_phentsize), 32, 2, PG_E_UNSUPPORTED, "unusual"},
        {offsetof(Elf64_Ehdr, e_phnum), PN_XNUM, 2, PG_E_UNSUPPORTED, "unusual"},
        {offsetof(Elf64_Ehdr, e_phnum), 0xfff0, 2, PG_E_FORMAT, "outside"},
        {offsetof(Elf64_Ehdr, e_phoff), 0xfffffffffffffff8, 8, PG_E_FORMAT, "outside"},
        {offsetof(Elf64_Ehdr, e_phoff), 65, 8, PG_E_FORMAT, "outside"},
    };
    struct elf_image *image;
    struct pg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tiny_elf(&tiny, 0x400000, EM_X86_64);
        memcpy((char *)&tiny + rows[i].offset, &rows[i].value, rows[i].size);
        print_message("row %zu\n", i);
        assert_int_equal(elf_from_memory(&tiny, sizeof tiny, &image, &err), -rows[i].code);
        assert_non_null(strstr(err.text, rows[i].word));
        assert_null(image);
    }
}

static void test_bad_sections_are_absent(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
        size_t size;
    } rows[] = {
        {offsetof(Elf64_Ehdr, e_shoff), 0, 8},
        {offsetof(Elf64_Ehdr, e_shoff), sizeof tiny - 8, 8},
        {offsetof(Elf64_Ehdr, e_shoff), 0xfffffffffffffff8, 8},
        {offsetof(Elf64_Ehdr, e_shentsize), 40, 2},
        {offsetof(Elf64_Ehdr, e_shnum), 0xff00, 2},
        {offsetof(Elf64_Ehdr, e_shstrndx), 77, 2},
        {offsetof(struct tiny_elf, section[TINY_NAMES].sh_offset), ~0ull, 8},
        {offsetof(struct tiny_elf, section[TINY_NAMES].sh_size), 3, 8},
    };
    struct elf_section section;
    struct elf_image *image;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tiny_elf(&tiny, 0x400000, EM_X86_64);
        memcpy((char *)&tiny + rows[i].offset, &rows[i].value, rows[i].size);
        print_message("row %zu\n", i);
        assert_int_equal(elf_from_memory(&tiny, sizeof tiny, &image, NULL), 0);
        assert_false(elf_section_by_name(image, ".text", &section));
        touch(image);
        elf_close(image);
    }
}

/* Every prefix, in memory that ends where the prefix does. */
static void test_truncated(void **state)
{
    struct elf_image *image;

    (void)state;
    tiny_elf(&tiny, 0x400000, EM_X86_64);
    tiny_interpreter(&tiny, "/lib64/ld-linux-x86-64.so.2");
    for (size_t size = 0; size < 1200; size++) {
        void *copy = malloc(size + !size);

        memcpy(copy, &tiny, size);
        int rc = elf_from_memory(copy, size, &image, NULL);
        assert_int_equal(rc == 0, size >= offsetof(struct tiny_elf, section));
        if (rc == 0)
            touch(image);
        elf_close(image);
        free(copy);
    }
}

static void test_random_damage(void **state)
{
    struct elf_image *image;
    uint64_t seed = 1, opened = 0;

    (void)state;
    for (unsigned int round = 0; round < 20000; round++) {
        struct tiny_elf *copy = malloc(sizeof *copy);

        tiny_elf(copy, 0x400000, EM_X86_64);
        if (round % 2)
            tiny_interpreter(copy, "/lib64/ld-linux-x86-64.so.2");
        for (unsigned int i = 0; i < 1 + round % 8; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            ((uint8_t *)copy)[16 + (seed >> 33) % 640] = (uint8_t)(seed >> 20);
        }
        if (elf_from_memory(copy, sizeof *copy, &image, NULL) == 0) {
            touch(image);
            opened++;
        }
        elf_close(image);
        free(copy);
    }
    assert_true(opened > 1000);
}

static void test_files(void **state)
{
    struct elf_image *image;
    struct pg_error err;

    (void)state;
    assert_int_equal(elf_open("/proc/self/exe", &image, &err), 0);
    assert_non_null(elf_interpreter(image));
    elf_close(image);
    assert_int_equal(elf_open("/nowhere/at/all", &image, &err), -PG_E_NOTFOUND);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    assert_int_equal(elf_open("/", &image, &err), -PG_E_FORMAT);
    assert_int_equal(elf_open("/dev/null", &image, &err), -PG_E_FORMAT);
    assert_int_equal(elf_open("Makefile", &image, &err), -PG_E_FORMAT);
    assert_non_null(strstr(err.text, "Makefile: not an ELF file"));
    assert_int_equal(elf_from_memory((char *)&tiny + 1, 100, &image, &err), -PG_E_INVALID);
    elf_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),     cmocka_unit_test(test_at),
        cmocka_unit_test(test_refuses),   cmocka_unit_test(test_bad_sections_are_absent),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
