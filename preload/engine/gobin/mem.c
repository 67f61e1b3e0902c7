/* mem.c - one way to read a Go executable, whether it is a file or running.
 *
 * All addresses are link-time addresses, as they stand in the file. In the running process the
 * bytes are at address + bias, and pointers in them have been relocated, so the bias is taken off
 * again. In a file of position independent code, a pointer is a word of no meaning plus a
 * relocation R_X86_64_RELATIVE or R_AARCH64_RELATIVE, whose addend is the pointer (System V psABIs
 * of both); the relocations are read from PT_DYNAMIC, so section headers are not needed. DT_RELR,
 * the packed form, keeps the addend in the word itself and needs no work.
 */
#include "gobin/gobin_priv.h"

#include <stdlib.h>
#include <string.h>

static int by_offset(const void *a, const void *b)
{
    uint64_t x = ((const struct gomem_reloc *)a)->offset;
    uint64_t y = ((const struct gomem_reloc *)b)->offset;

    return (x > y) - (x < y);
}

/* The executable's DT_RELA table. */
static const uint8_t *rela_table(const struct elf_image *image, size_t *count)
{
    uint64_t addr = 0, size = 0;

    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);
        const uint8_t *dyn = NULL;

        if (seg->p_type == PT_DYNAMIC)
            dyn = elf_at(image, seg->p_vaddr, seg->p_filesz);
        for (uint64_t at = 0; dyn != NULL && seg->p_filesz - at >= sizeof(Elf64_Dyn);
             at += sizeof(Elf64_Dyn)) {
            uint64_t tag = get64(dyn + at), value = get64(dyn + at + 8);

            if (tag == DT_NULL)
                break;
            if (tag == DT_RELA)
                addr = value;
            if (tag == DT_RELASZ)
                size = value;
        }
    }
    *count = size / sizeof(Elf64_Rela);
    return size == 0 ? NULL : elf_at(image, addr, size);
}

static int read_relocations(struct gomem *mem, struct pg_error *err)
{
    uint64_t relative =
        elf_header(mem->image)->e_machine == EM_AARCH64 ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE;
    size_t count;
    const uint8_t *rela = rela_table(mem->image, &count);
    bool sorted = true;

    if (rela == NULL || count == 0)
        return 0;
    mem->reloc = malloc(count * sizeof *mem->reloc);
    if (mem->reloc == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++, rela += sizeof(Elf64_Rela)) {
        struct gomem_reloc reloc = {get64(rela), get64(rela + 16)};

        if (get64(rela + 8) != relative)
            continue;
        if (mem->n_relocs > 0 && reloc.offset < mem->reloc[mem->n_relocs - 1].offset)
            sorted = false;
        mem->reloc[mem->n_relocs++] = reloc;
    }
    if (!sorted)
        qsort(mem->reloc, mem->n_relocs, sizeof *mem->reloc, by_offset);
    return 0;
}

int gomem_init(struct gomem *mem, const struct elf_image *image, bool live, uint64_t bias,
               struct pg_error *err)
{
    *mem = (struct gomem){.image = image, .live = live, .bias = live ? bias : 0};
    return live ? 0 : read_relocations(mem, err);
}

void gomem_free(struct gomem *mem)
{
    free(mem->reloc);
}

/* The PT_LOAD segment that covers addr, and how much of it can be read from there. */
static const Elf64_Phdr *segment_of(const struct gomem *mem, uint64_t addr, uint64_t *left)
{
    for (size_t i = 0; i < elf_segment_count(mem->image); i++) {
        const Elf64_Phdr *seg = elf_segment(mem->image, i);
        uint64_t size = mem->live ? seg->p_memsz : seg->p_filesz;

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_R) != 0 && addr >= seg->p_vaddr &&
            addr - seg->p_vaddr < size) {
            *left = size - (addr - seg->p_vaddr);
            return seg;
        }
    }
    return NULL;
}

const uint8_t *gomem_rest(const struct gomem *mem, uint64_t addr, uint64_t *size)
{
    if (segment_of(mem, addr, size) == NULL)
        return NULL;
    if (mem->live)
        return (const uint8_t *)(uintptr_t)(addr + mem->bias);
    return elf_at(mem->image, addr, *size);
}

const void *gomem_at(const struct gomem *mem, uint64_t addr, uint64_t size)
{
    uint64_t left;
    const uint8_t *at = gomem_rest(mem, addr, &left);

    return at != NULL && size <= left ? at : NULL;
}

bool gomem_is_code(const struct gomem *mem, uint64_t addr, uint64_t size)
{
    uint64_t left;
    const Elf64_Phdr *seg = segment_of(mem, addr, &left);

    return seg != NULL && (seg->p_flags & PF_X) != 0 && size <= left;
}

bool gomem_word(const struct gomem *mem, uint64_t addr, uint64_t *value)
{
    const uint8_t *at = gomem_at(mem, addr, sizeof *value);

    if (at != NULL)
        *value = get64(at);
    return at != NULL;
}

bool gomem_pointer(const struct gomem *mem, uint64_t addr, uint64_t *value)
{
    const struct gomem_reloc key = {.offset = addr}, *reloc = NULL;

    if (!gomem_word(mem, addr, value))
        return false;
    if (mem->n_relocs > 0)
        reloc = bsearch(&key, mem->reloc, mem->n_relocs, sizeof key, by_offset);
    if (reloc != NULL)
        *value = reloc->addend;
    else if (*value != 0)
        *value -= mem->bias;
    return true;
}

const uint8_t *gomem_counted(const uint8_t *at, uint64_t left, uint64_t *size)
{
    uint64_t value = 0;

    for (unsigned int i = 0; i < 5 && i < left; i++) {
        value |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if ((at[i] & 0x80) != 0)
            continue;
        *size = value;
        return value <= left - i - 1 ? at + i + 1 : NULL;
    }
    return NULL;
}
