/* tiny_elf.h - a small static executable in memory, which tests bend to their needs. It has a code
 * segment that exits with status 42 (on amd64), a data segment, PT_GNU_RELRO, a note, and sections.
 */
#ifndef PERFGO_TESTS_TINY_ELF_H
#define PERFGO_TESTS_TINY_ELF_H

#include "arch/arch.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

enum { TINY_LOAD, TINY_DATA, TINY_RELRO, TINY_NOTE, TINY_SEGMENTS };
enum { TINY_NULL, TINY_TEXT, TINY_BSS, TINY_NAMES, TINY_SECTIONS };

struct tiny_elf {
    Elf64_Ehdr header;
    Elf64_Phdr segment[TINY_SEGMENTS];
    Elf64_Shdr section[TINY_SECTIONS];
    uint8_t code[32];
    struct {
        Elf64_Nhdr header;
        char owner[4];
        uint8_t desc[8];
    } note;
    char names[24];
    char interpreter[64];
    uint8_t pad[0x1000 - 688];
    uint8_t data[0x1000];
};

_Static_assert(offsetof(struct tiny_elf, data) == 0x1000, "data starts on a page");

static inline void tiny_elf(struct tiny_elf *tiny, uint64_t base, uint16_t machine)
{
    /* mov edi, 42; mov eax, 231; syscall */
    static const uint8_t code[] = {0xbf, 42, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05};
    uint64_t data = offsetof(struct tiny_elf, data), note = offsetof(struct tiny_elf, note);
    uint64_t text = offsetof(struct tiny_elf, code), names = offsetof(struct tiny_elf, names);

    memset(tiny, 0, sizeof *tiny);
    memcpy(tiny->header.e_ident, "\177ELF\2\1\1", 7);
    tiny->header.e_type = ET_EXEC;
    tiny->header.e_machine = machine;
    tiny->header.e_version = 1;
    tiny->header.e_entry = base + text;
    tiny->header.e_phoff = offsetof(struct tiny_elf, segment);
    tiny->header.e_shoff = offsetof(struct tiny_elf, section);
    tiny->header.e_ehsize = sizeof(Elf64_Ehdr);
    tiny->header.e_phentsize = sizeof(Elf64_Phdr);
    tiny->header.e_phnum = TINY_SEGMENTS;
    tiny->header.e_shentsize = sizeof(Elf64_Shdr);
    tiny->header.e_shnum = TINY_SECTIONS;
    tiny->header.e_shstrndx = TINY_NAMES;
    tiny->segment[TINY_LOAD] =
        (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, base, base, data, data, 0x1000};
    tiny->segment[TINY_DATA] =
        (Elf64_Phdr){PT_LOAD, PF_R | PF_W, data, base + data, base + data, 0x1000, 0x5000, 0x1000};
    tiny->segment[TINY_RELRO] =
        (Elf64_Phdr){PT_GNU_RELRO, PF_R, data, base + data, base + data, 0x1000, 0x1000, 1};
    tiny->segment[TINY_NOTE] = (Elf64_Phdr){
        PT_NOTE, PF_R, note, base + note, base + note, sizeof tiny->note, sizeof tiny->note, 4};
    tiny->section[TINY_TEXT] = (Elf64_Shdr){.sh_name = 1,
                                            .sh_type = SHT_PROGBITS,
                                            .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                            .sh_addr = base + text,
                                            .sh_offset = text,
                                            .sh_size = sizeof tiny->code};
    tiny->section[TINY_BSS] = (Elf64_Shdr){.sh_name = 7,
                                           .sh_type = SHT_NOBITS,
                                           .sh_flags = SHF_ALLOC | SHF_WRITE,
                                           .sh_addr = base + data + 0x1000,
                                           .sh_offset = ~UINT64_C(0),
                                           .sh_size = 0x4000};
    tiny->section[TINY_NAMES] = (Elf64_Shdr){
        .sh_name = 12, .sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = sizeof tiny->names};
    memcpy(tiny->names, "\0.text\0.bss\0.names", 19);
    memcpy(tiny->code, code, sizeof code);
    tiny->note.header = (Elf64_Nhdr){4, 5, 3};
    memcpy(tiny->note.owner, "GNU", 4);
    memcpy(tiny->note.desc, "\1\2\3\4\5", 5);
}

/* Turns the note's program header into PT_INTERP with this path. */
static inline void tiny_interpreter(struct tiny_elf *tiny, const char *path)
{
    Elf64_Phdr *seg = &tiny->segment[TINY_NOTE];
    size_t size = strlen(path) + 1;

    memcpy(tiny->interpreter, path, size);
    seg->p_type = PT_INTERP;
    seg->p_offset = offsetof(struct tiny_elf, interpreter);
    seg->p_filesz = seg->p_memsz = size;
}

#endif
