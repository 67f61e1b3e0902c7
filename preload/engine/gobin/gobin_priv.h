/* gobin_priv.h - the parts of a gobin, inside this folder only.
 *
 *   mem.c         bytes and pointers at link-time addresses, of a file or of this process
 *   moduledata.c  where the runtime's tables are, and whether to believe them
 *   functions.c   names and ranges of functions, code, calls
 *   lines.c       source lines, and calls that were inlined
 *   types.c       fields of struct types
 *   buildinfo.c   the build info blob
 */
#ifndef PERFGO_GOBIN_PRIV_H
#define PERFGO_GOBIN_PRIV_H

#include "gobin/gobin.h"

#include "arch/arch.h"

#include <stdatomic.h>

/* A word that the loader sets to base + addend: R_*_RELATIVE. */
struct gomem_reloc {
    uint64_t offset, addend;
};

struct gomem {
    const struct elf_image *image;
    bool live;
    uint64_t bias;
    struct gomem_reloc *reloc; /* file mode only; sorted by offset; owned */
    size_t n_relocs;
};

int gomem_init(struct gomem *mem, const struct elf_image *image, bool live, uint64_t bias,
               struct pg_error *err);
void gomem_free(struct gomem *mem);

/* Bytes loaded at [addr, addr+size), or NULL. */
const void *gomem_at(const struct gomem *mem, uint64_t addr, uint64_t size);

/* Bytes from addr to the end of what is readable there; NULL when there are none. */
const uint8_t *gomem_rest(const struct gomem *mem, uint64_t addr, uint64_t *size);

/* A word as it stands / a pointer as a link-time address, relocations undone. */
bool gomem_word(const struct gomem *mem, uint64_t addr, uint64_t *value);
bool gomem_pointer(const struct gomem *mem, uint64_t addr, uint64_t *value);

/* True when [addr, addr+size) lies in an executable segment. */
bool gomem_is_code(const struct gomem *mem, uint64_t addr, uint64_t size);

/* abi.Name and the linker's strings: a varint and as many bytes. Returns the bytes after the
 * varint, or NULL; *left is what may be read from `at`. */
const uint8_t *gomem_counted(const uint8_t *at, uint64_t left, uint64_t *size);

struct functab {
    uint32_t entry, func; /* offsets from text, and from the function table */
};

struct pclntab {
    uint64_t addr;
    uint32_t magic;
    uint64_t n_functions;
    uint64_t names_addr, functab_addr;
    const char *names; /* NUL-terminated, one after the other */
    uint64_t names_size;
    const uint8_t *table; /* functab[n_functions], its end, then one record per function */
    uint64_t table_size;
    const uint8_t *cus;   /* n_cus offsets into files */
    const char *files;    /* NUL-terminated, one after the other */
    const uint8_t *pctab; /* all tables of numbers by address */
    uint64_t n_cus, files_size, pctab_size;
    bool start_lines; /* records have a start line: Go 1.20 and later */
};

struct type_memo; /* a name that was looked up before */

struct build_setting {
    const char *key, *value;
};

struct gobin {
    struct gomem mem;
    const struct arch_ops *arch;
    struct pclntab pcln;
    unsigned int tries;         /* candidates left to examine; a damaged file may have any number */
    uint64_t text, text_size;   /* runtime.text to the end of the last function */
    const uint8_t *code;        /* the bytes of that */
    uint64_t types, types_size; /* [types, etypes) */
    uint64_t gofunc;            /* what funcdata is relative to; 0: not known */
    bool offset_embed;          /* field offsets as Go 1.18 stores them */
    uint32_t *slots;            /* name -> function number + 1; open addressing */
    size_t n_slots;             /* a power of 2 */
    _Atomic(struct type_memo *) memo;
    char *modinfo, *version; /* owned; modinfo is cut into NUL-terminated words */
    size_t modinfo_size;
    struct build_setting *setting; /* owned; points into modinfo */
    size_t n_settings;
    const char *main_path, *module_path, *module_version;
};

/* Fills pcln, text, code, types; the functab is sorted afterwards. */
int moduledata_find(struct gobin *bin, struct pg_error *err);

/* The function at pc, and where its record is in the function table. */
bool functions_record(const struct gobin *bin, uint64_t pc, struct gobin_function *out,
                      uint64_t *record);

/* Reads every function's name and indexes it. */
int functions_index(struct gobin *bin, struct pg_error *err);

void types_free(struct gobin *bin);

/* Absent build info is no error: the strings are "" then. */
int buildinfo_read(struct gobin *bin, struct pg_error *err);

/* Minor number of "go1.N…" or "devel go1.N…"; -1 when the version has another form. */
int buildinfo_minor(const struct gobin *bin);

/* A little-endian word at any alignment. */
static inline uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

#endif
