/* fuzz_elf.c - the ELF view, the link kind, and the rewriting, on any bytes. What is rewritten must
 * read back as an executable with an interpreter. */
#include "elf/preloadable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct elf_image *image)
{
    volatile unsigned int sum = 0;
    struct elf_section section;
    size_t note_size;
    const uint8_t *at;

    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        at = elf_at(image, seg->p_vaddr, seg->p_filesz);
        if (at != NULL && seg->p_filesz > 0)
            sum += at[0] + at[seg->p_filesz - 1];
    }
    for (size_t i = 0; i < elf_section_count(image); i++)
        if (elf_section(image, i, &section) && section.data != NULL && section.size > 0)
            sum += section.name[0] + section.data[section.size - 1];
    at = elf_note(image, "Go", 4, &note_size);
    if (at != NULL && note_size > 0)
        sum += at[note_size - 1];
    (void)sum;
}

static void rewrite(const struct elf_image *image, const char *path)
{
    struct elf_image *copy;

    elf_make_light(image, path, NULL);
    unlink(path);
    if (elf_make_preloadable(image, path, NULL) != 0) {
        if (access(path, F_OK) == 0)
            abort(); /* it left a file behind */
        return;
    }
    if (elf_open(path, &copy, NULL) != 0 || elf_interpreter(copy) == NULL)
        abort();
    elf_close(copy);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image *image;
    enum elf_link_kind kind;
    char path[64];

    if (elf_from_memory(data, size, &image, NULL) != 0)
        return 0;
    read_all(image);
    elf_link_kind(image, &kind, NULL);
    snprintf(path, sizeof path, "%s/perfgo-fuzz-%d", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
             (int)getpid());
    rewrite(image, path);
    elf_close(image);
    return 0;
}
