/* moduledata.c - finds the tables that the Go linker left for the runtime.
 *
 * Two things anchor everything. The pclntab starts with a header of known magic (Go: src/runtime/
 * symtab.go, pcHeader; src/internal/abi/symtab.go); it is section .gopclntab, but an external
 * linker may have merged it into .data.rel.ro, so failing the section it is searched for. runtime.
 * firstmoduledata then is the one place in memory where the header's address is followed by that of
 * the function names: its fields have no names in a stripped binary, but their order is the Go
 * source's (src/runtime/symtab.go, moduledata), in words:
 *
 *      0 pcHeader   1 funcnametab  4 cutab  7 filetab  10 pctab  13 pclntable  16 ftab (3 words
 * each) 19 findfunctab   20 minpc 21 maxpc   22 text 23 etext   … 12 words of data sections (10
 * in 1.18 and 1.19, which lack covctrs), end, gcdata, gcbss, and then types, etypes, rodata,
 *     gofunc. Go 1.27 put typedesclen between types and etypes, and two words about itabs behind.
 *
 * Section .go.module (1.26 and later) holds nothing else; before it was part of .noptrdata.
 * The text start of the pclntab header is not used: 1.27 no longer stores it.
 *
 * What is found is believed only if it agrees with itself in the way the runtime demands at start
 * (moduledataverify1), lies in segments of the right kind, and has functions every Go program has.
 */
#include "gobin/gobin_priv.h"

#include <string.h>

#define MAGIC_118 0xfffffff0u /* Go 1.18, 1.19 */
#define MAGIC_120 0xfffffff1u /* Go 1.20 and later */

/* Word numbers in moduledata. */
enum {
    MD_PCHEADER = 0,
    MD_FUNCNAMETAB = 1,
    MD_CUTAB = 4,
    MD_FILETAB = 7,
    MD_PCTAB = 10,
    MD_PCLNTABLE = 13,
    MD_FTAB = 16,
    MD_MINPC = 20,
    MD_MAXPC = 21,
    MD_TEXT = 22,
    MD_TYPES_118 = 35,
    MD_TYPES_120 = 37,
    GOFUNC_118 = 3, /* words from types */
    GOFUNC_127 = 6,
};

enum { PCHEADER_SIZE = 72, MAX_FUNCTIONS = 1 << 26, MAX_TRIES = 32 };

/* Reads the header at addr; false when there is none. */
static bool read_header(const struct gobin *bin, uint64_t addr, struct pclntab *out)
{
    const uint8_t *at = gomem_at(&bin->mem, addr, PCHEADER_SIZE);
    uint64_t rest, names, cu, table;

    if (at == NULL || gomem_rest(&bin->mem, addr, &rest) == NULL)
        return false;
    *out = (struct pclntab){.addr = addr, .magic = get32(at), .n_functions = get64(at + 8)};
    if ((out->magic != MAGIC_118 && out->magic != MAGIC_120) || at[4] != 0 || at[5] != 0 ||
        at[6] != bin->arch->call_align || at[7] != sizeof(uint64_t))
        return false;
    names = get64(at + 32);
    cu = get64(at + 40);
    table = get64(at + 64);
    if (names < PCHEADER_SIZE || names >= cu || cu > rest || table >= rest || table % 4 != 0 ||
        out->n_functions == 0 || out->n_functions > MAX_FUNCTIONS)
        return false;
    out->names_addr = addr + names;
    out->names_size = cu - names;
    out->functab_addr = addr + table;
    out->names = gomem_at(&bin->mem, out->names_addr, out->names_size);
    return out->names != NULL;
}

static bool is_code_section(const struct elf_section *section)
{
    return (section->flags & SHF_EXECINSTR) != 0;
}

static bool read_words(const struct gobin *bin, uint64_t addr, uint64_t *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!gomem_pointer(&bin->mem, addr + 8 * i, &word[i]))
            return false;
    return true;
}

static int check_functab(struct gobin *bin, const uint64_t *word, struct pg_error *err)
{
    struct pclntab *pcln = &bin->pcln;
    uint64_t n = pcln->n_functions, ftab_size = n * sizeof(struct functab) + sizeof(uint32_t);
    uint32_t entry, before = 0;

    if (word[MD_FTAB] != pcln->functab_addr || word[MD_PCLNTABLE] != pcln->functab_addr)
        return pg_error_set(err, PG_E_UNSUPPORTED, "the Go function table is not where expected");
    pcln->table = gomem_at(&bin->mem, pcln->functab_addr, pcln->table_size);
    if (pcln->table == NULL || ftab_size > pcln->table_size)
        return pg_error_set(err, PG_E_FORMAT, "the Go function table is truncated");
    for (uint64_t i = 0; i <= n; i++, before = entry) {
        entry = get32(pcln->table + i * sizeof(struct functab));
        if (entry < before)
            return pg_error_set(err, PG_E_FORMAT, "the Go function table is not sorted");
    }
    if (word[MD_MINPC] != word[MD_TEXT] + get32(pcln->table) ||
        word[MD_MAXPC] != word[MD_TEXT] + before || before == 0)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the Go function table does not span the program's text");
    if (!gomem_is_code(&bin->mem, word[MD_TEXT], before))
        return pg_error_set(err, PG_E_FORMAT, "the Go text is not in an executable segment");
    bin->text = word[MD_TEXT];
    bin->text_size = before;
    bin->code = gomem_at(&bin->mem, bin->text, bin->text_size);
    return bin->code != NULL ? 0 : pg_error_set(err, PG_E_FORMAT, "the Go text is truncated");
}

/* True when [types, etypes) can be read. */
static bool accept_types(struct gobin *bin, uint64_t types, uint64_t etypes)
{
    if (types == 0 || etypes <= types || gomem_at(&bin->mem, types, etypes - types) == NULL)
        return false;
    bin->types = types;
    bin->types_size = etypes - types;
    return true;
}

/* A slice of moduledata whose elements have `width` bytes; NULL and no elements when it cannot be
 * read. */
static const uint8_t *slice_at(const struct gobin *bin, uint64_t word, uint64_t width, uint64_t *n)
{
    const uint8_t *data = NULL;
    uint64_t at = 0;

    if (gomem_pointer(&bin->mem, word, &at) && gomem_word(&bin->mem, word + 8, n) &&
        *n <= UINT32_MAX)
        data = gomem_at(&bin->mem, at, *n * width);
    if (data == NULL)
        *n = 0;
    return data;
}

/* What only source lines need: a program in which it cannot be read has functions without lines. */
static void find_lines(struct gobin *bin, uint64_t addr, uint64_t gofunc)
{
    struct pclntab *pcln = &bin->pcln;

    pcln->start_lines = pcln->magic != MAGIC_118;
    pcln->cus = slice_at(bin, addr + 8 * MD_CUTAB, sizeof(uint32_t), &pcln->n_cus);
    pcln->files = (const char *)slice_at(bin, addr + 8 * MD_FILETAB, 1, &pcln->files_size);
    pcln->pctab = slice_at(bin, addr + 8 * MD_PCTAB, 1, &pcln->pctab_size);
    if (pcln->files_size > 0 && pcln->files[pcln->files_size - 1] != 0)
        pcln->files_size = 0;
    if (!gomem_pointer(&bin->mem, gofunc, &bin->gofunc))
        bin->gofunc = 0;
}

static int check_types(struct gobin *bin, uint64_t addr, struct pg_error *err)
{
    uint64_t at = addr + 8 * (bin->pcln.magic == MAGIC_118 ? MD_TYPES_118 : MD_TYPES_120);
    uint64_t types = 0, etypes = 0, length = 0;
    int minor = buildinfo_minor(bin);

    if (bin->pcln.magic == MAGIC_118 && minor != 18 && minor != 19)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "a Go version between 1.18 and 1.19 that does not name itself");
    bin->offset_embed = minor == 18;
    if (!gomem_pointer(&bin->mem, at, &types))
        return pg_error_set(err, PG_E_FORMAT, "the Go module data is truncated");
    if ((minor < 0 || minor >= 27) && gomem_word(&bin->mem, at + 8, &length) &&
        gomem_pointer(&bin->mem, at + 16, &etypes) && etypes > types && length <= etypes - types &&
        accept_types(bin, types, etypes)) {
        find_lines(bin, addr, at + 8 * GOFUNC_127);
        return 0;
    }
    if (minor < 27 && gomem_pointer(&bin->mem, at + 8, &etypes) &&
        accept_types(bin, types, etypes)) {
        find_lines(bin, addr, at + 8 * GOFUNC_118);
        return 0;
    }
    return pg_error_set(err, PG_E_UNSUPPORTED, "the Go type descriptors are not where expected");
}

static int check_moduledata(struct gobin *bin, uint64_t addr, struct pg_error *err)
{
    uint64_t word[MD_TEXT + 1], length = 0;
    int rc;

    if (!read_words(bin, addr, word, MD_TEXT + 1) ||
        !gomem_word(&bin->mem, addr + 8 * (MD_PCLNTABLE + 1), &bin->pcln.table_size) ||
        !gomem_word(&bin->mem, addr + 8 * (MD_FTAB + 1), &length))
        return pg_error_set(err, PG_E_FORMAT, "the Go module data is truncated");
    if (length != bin->pcln.n_functions + 1)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the Go module data does not agree with the function table");
    rc = check_functab(bin, word, err);
    return rc != 0 ? rc : check_types(bin, addr, err);
}

/* Searches [addr, addr+size) for the moduledata of bin->pcln. 0, or why the last candidate failed;
 * *err is left alone when there was no candidate. */
static int search_words(struct gobin *bin, uint64_t addr, uint64_t size, int rc,
                        struct pg_error *err)
{
    uint64_t bias = bin->mem.bias;
    const uint8_t *at = gomem_at(&bin->mem, addr, size);

    for (uint64_t i = -addr & 7; at != NULL && i + 16 <= size && bin->tries > 0; i += 8) {
        if (get64(at + i) != bin->pcln.addr + bias ||
            get64(at + i + 8) != bin->pcln.names_addr + bias)
            continue;
        bin->tries--;
        rc = check_moduledata(bin, addr + i, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

/* The same in the relocations of a position independent file. */
static int search_relocations(struct gobin *bin, int rc, struct pg_error *err)
{
    const struct gomem *mem = &bin->mem;

    for (size_t i = 0; i + 1 < mem->n_relocs && bin->tries > 0; i++) {
        if (mem->reloc[i].addend != bin->pcln.addr ||
            mem->reloc[i + 1].addend != bin->pcln.names_addr ||
            mem->reloc[i + 1].offset - mem->reloc[i].offset != 8)
            continue;
        bin->tries--;
        rc = check_moduledata(bin, mem->reloc[i].offset, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

static int search_moduledata(struct gobin *bin, struct pg_error *err)
{
    static const char *const sections[] = {".go.module", ".noptrdata", ".data", ".data.rel.ro"};
    struct elf_section section;
    int rc = pg_error_set(err, PG_E_UNSUPPORTED, "the executable has no Go module data");

    rc = search_relocations(bin, rc, err);
    if (rc == 0)
        return 0;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (!elf_section_by_name(bin->mem.image, sections[i], &section))
            continue;
        rc = search_words(bin, section.addr, section.size, rc, err);
        if (rc == 0)
            return 0;
    }
    for (size_t i = 0; i < elf_segment_count(bin->mem.image); i++) {
        const Elf64_Phdr *seg = elf_segment(bin->mem.image, i);

        if (seg->p_type != PT_LOAD || (seg->p_flags & PF_W) == 0)
            continue;
        rc = search_words(bin, seg->p_vaddr, seg->p_filesz, rc, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

/* Tries every 8-byte boundary of [addr, addr+size) as a pclntab. */
static int search_pclntab(struct gobin *bin, uint64_t addr, uint64_t size, int rc,
                          struct pg_error *err)
{
    const uint8_t *at = gomem_at(&bin->mem, addr, size);

    for (uint64_t i = -addr & 7; at != NULL && i + PCHEADER_SIZE <= size && bin->tries > 0;
         i += 8) {
        uint32_t magic = get32(at + i);

        if ((magic != MAGIC_118 && magic != MAGIC_120) || !read_header(bin, addr + i, &bin->pcln))
            continue;
        bin->tries--;
        rc = search_moduledata(bin, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

/* Every Go executable has these sections, whatever linked it; searching programs that are not Go
 * from end to end would cost time in each of them. */
static bool looks_like_go(const struct elf_image *image)
{
    struct elf_section section;

    return elf_section_count(image) == 0 ||
           elf_section_by_name(image, ".note.go.buildid", &section) ||
           elf_section_by_name(image, ".go.buildinfo", &section) ||
           elf_section_by_name(image, ".gopclntab", &section);
}

int moduledata_find(struct gobin *bin, struct pg_error *err)
{
    static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab", ".data.rel.ro"};
    const struct elf_image *image = bin->mem.image;
    struct elf_section section;
    int rc = pg_error_set(err, PG_E_NOTFOUND, "not a Go executable");

    if (!looks_like_go(image))
        return rc;
    bin->tries = MAX_TRIES;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (!elf_section_by_name(image, sections[i], &section) || is_code_section(&section))
            continue;
        rc = i == 2 ? search_pclntab(bin, section.addr, section.size, rc, err)
             : read_header(bin, section.addr, &bin->pcln)
                 ? search_moduledata(bin, err)
                 : pg_error_set(err, PG_E_UNSUPPORTED,
                                "a Go function table of a version that perfgo does not know");
        if (rc == 0)
            return 0;
    }
    for (size_t i = 0; rc == -PG_E_NOTFOUND && i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_X) == 0)
            rc = search_pclntab(bin, seg->p_vaddr, seg->p_filesz, rc, err);
    }
    return rc;
}
