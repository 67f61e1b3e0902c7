/* fuzz_gobin.c - the Go tables, on any bytes: functions, lines, calls, types, build info.
 *
 * A seed is a real executable of more than a megabyte, in which blind mutation would hardly ever
 * hit what is read; the mutator therefore aims at the headers and at the start of the Go sections.
 */
#include "gobin/gobin.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 2000, AIM = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    static const char *const sections[] = {".gopclntab", ".go.module",   ".noptrdata",
                                           ".rodata",    ".go.type",     ".go.buildinfo",
                                           ".rela",      ".data.rel.ro", ".data.rel.ro.go.type"};
    const size_t n = sizeof sections / sizeof *sections;
    struct elf_image *image;
    struct elf_section section;
    size_t at = 0, range = 1024, pick = seed % (n + 2);

    if (pick > n)
        return LLVMFuzzerMutate(data, size, max);
    if (pick < n && elf_from_memory(data, size, &image, NULL) == 0) {
        if (elf_section_by_name(image, sections[pick], &section) && section.data != NULL) {
            at = section.offset;
            range = section.size;
        }
        elf_close(image);
    }
    if (seed & 0x100 && range > 256)
        range = 256; /* the headers of the tables, most of the time */
    if (range == 0 || at >= size)
        return LLVMFuzzerMutate(data, size, max);
    at += (seed >> 9) * UINT64_C(64) % range;
    if (at + AIM < size)
        LLVMFuzzerMutate(data + at, AIM, AIM);
    return size;
}

/* Frames end with the function itself, and every string of them can be read. */
static void read_frames(const struct gobin *bin, const struct gobin_function *f)
{
    struct gobin_frame frame[8];
    volatile size_t sum = 0;

    for (uint64_t pc = f->entry; pc < f->end && pc < f->entry + 256; pc += 16) {
        size_t n = gobin_frames(bin, pc, frame, 8);

        if (n > 8 || (n > 0 && frame[n - 1].inlined))
            abort();
        for (size_t i = 0; i < n; i++)
            sum = sum + strlen(frame[i].function) + strlen(frame[i].file);
    }
}

static void read_functions(const struct gobin *bin)
{
    struct gobin_function f, other;
    uint64_t sites[4];

    for (size_t i = 0; i < gobin_function_count(bin) && i < FEW; i++) {
        if (!gobin_function(bin, i, &f))
            continue;
        if (!gobin_function_by_name(bin, f.name, &other) || strcmp(f.name, other.name) != 0)
            abort();
        if (f.end < f.entry || gobin_code(bin, f.entry, f.end - f.entry) == NULL)
            abort();
        if (f.end > f.entry && gobin_function_at(bin, f.entry, &other) && other.entry != f.entry)
            abort();
        if (i < 200)
            read_frames(bin, &f);
        if (i < 16 && gobin_calls(bin, &f, f.entry, sites, 4, NULL) < 0)
            abort();
    }
}

static void read_fields(const struct gobin *bin)
{
    static const char *const types[] = {"testing.B", "example.com/subject.Outer", "runtime.g"};
    static const char *const fields[] = {"N", "common.name", "duration", "deep.inner.c", "m", ".."};
    struct gobin_field field;

    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
            gobin_field(bin, types[t], fields[f], &field, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image *image;
    struct gobin *bin;

    if (elf_from_memory(data, size, &image, NULL) != 0)
        return 0;
    if (gobin_open(image, &bin, NULL) == 0) {
        volatile size_t sum = strlen(gobin_go_version(bin)) + strlen(gobin_main_path(bin)) +
                              strlen(gobin_module_path(bin)) + strlen(gobin_module_version(bin));
        const char *setting = gobin_build_setting(bin, "GOARCH");

        sum += setting != NULL ? strlen(setting) : 0;
        (void)sum;
        read_functions(bin);
        read_fields(bin);
        gobin_close(bin);
    }
    elf_close(image);
    return 0;
}
