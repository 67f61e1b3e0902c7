/* lines.c - from a code address to source lines, through the calls that the compiler inlined.
 *
 * A function's record names tables that give a number for every address of the function: the file
 * (an index into the files of its compilation unit), the line, and the innermost inlined call at
 * that address (an index into the function's inline tree, -1: none). A table is a list of pairs of
 * varints, how much the number changes and for how many bytes of code it then holds. (Go:
 * src/runtime/symtab.go, pcvalue, step; src/cmd/link/internal/ld/pcln.go)
 *
 * The inline tree is the function's FUNCDATA_InlTree, relative to moduledata's gofunc. An entry
 * names the inlined function and an address whose position, and whose entry of the tree, are those
 * of the call; so one goes outward until there is no entry. (Go: src/runtime/symtabinl.go) Up to Go
 * 1.19 an entry is 20 bytes and nothing knows start lines; from 1.20 on 16 bytes with the start
 * line, and the record has one more word for that of the function itself.
 */
#include "gobin/gobin_priv.h"

/* Offsets in a function's record (runtime2.go, _func). */
enum {
    FUNC_NAME = 4,
    FUNC_PCSP = 16,
    FUNC_PCFILE = 20,
    FUNC_PCLN = 24,
    FUNC_NPCDATA = 28,
    FUNC_CU = 32,
    FUNC_STARTLINE = 36, /* from 1.20 on */
    FUNC_SIZE_118 = 40,
    FUNC_SIZE_120 = 44, /* its last byte is the number of funcdata */
};

enum { PCDATA_INLTREE = 2, FUNCDATA_INLTREE = 3 };

struct record {
    const uint8_t *at; /* of size bytes and the two lists behind it */
    uint64_t size, entry, end;
    uint32_t n_pcdata, n_funcdata;
    bool new_layout; /* from 1.20 on */
};

static bool read_record(const struct gobin *bin, uint64_t pc, struct record *out)
{
    const struct pclntab *pcln = &bin->pcln;
    struct gobin_function f;
    uint64_t func, room;

    *out = (struct record){.new_layout = pcln->start_lines};
    out->size = out->new_layout ? FUNC_SIZE_120 : FUNC_SIZE_118;
    if (!functions_record(bin, pc, &f, &func) || pcln->table_size < out->size ||
        func > pcln->table_size - out->size)
        return false;
    out->at = pcln->table + func;
    out->entry = f.entry;
    out->end = f.end;
    out->n_pcdata = get32(out->at + FUNC_NPCDATA);
    out->n_funcdata = out->at[out->size - 1];
    room = (pcln->table_size - func - out->size) / sizeof(uint32_t);
    return out->n_pcdata <= room && out->n_funcdata <= room - out->n_pcdata;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint32_t *value)
{
    *value = 0;
    for (unsigned int shift = 0; *at < end && shift < 32; shift += 7) {
        uint8_t byte = *(*at)++;

        *value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

/* The number that the table at `offset` gives for pc; -1 when it has none. Each pair covers at
 * least one byte of code, so this ends however the table is damaged. */
static int32_t value_at(const struct gobin *bin, const struct record *r, uint32_t offset,
                        uint64_t pc)
{
    const struct pclntab *pcln = &bin->pcln;
    const uint8_t *at = pcln->pctab + offset, *end = pcln->pctab + pcln->pctab_size;
    uint64_t covered = r->entry;
    uint32_t value = UINT32_MAX, change, bytes;

    if (offset == 0 || offset >= pcln->pctab_size)
        return -1;
    while (covered < r->end) {
        if (!read_varint(&at, end, &change) || (change == 0 && covered != r->entry) ||
            !read_varint(&at, end, &bytes) || bytes == 0)
            return -1;
        value += change & 1 ? ~(change >> 1) : change >> 1;
        covered += (uint64_t)bytes * bin->arch->call_align;
        if (pc < covered)
            return (int32_t)value;
    }
    return -1;
}

static const char *name_at(const struct gobin *bin, uint32_t offset)
{
    return offset < bin->pcln.names_size ? bin->pcln.names + offset : NULL;
}

/* The files of all compilation units stand in one table, as offsets of their names; ~0: unused. */
static const char *file_of(const struct gobin *bin, const struct record *r, int32_t number)
{
    const struct pclntab *pcln = &bin->pcln;
    uint64_t i = (uint64_t)get32(r->at + FUNC_CU) + (uint32_t)number;
    uint32_t offset;

    if (number < 0 || i >= pcln->n_cus)
        return NULL;
    offset = get32(pcln->cus + i * sizeof(uint32_t));
    return offset < pcln->files_size ? pcln->files + offset : NULL;
}

static void locate(const struct gobin *bin, const struct record *r, uint64_t pc,
                   struct gobin_frame *out)
{
    int32_t line = value_at(bin, r, get32(r->at + FUNC_PCLN), pc);

    out->file = file_of(bin, r, value_at(bin, r, get32(r->at + FUNC_PCFILE), pc));
    out->line = out->file != NULL && line > 0 ? line : 0;
    if (out->file == NULL)
        out->file = "";
}

struct inlined {
    const char *name;
    uint64_t parent; /* an address at the call's position */
    int32_t start_line;
};

/* The innermost call inlined at pc; false when there is none. */
static bool inlined_at(const struct gobin *bin, const struct record *r, uint64_t pc,
                       struct inlined *out)
{
    const uint8_t *lists = r->at + r->size, *at;
    uint64_t size = r->new_layout ? 16 : 20;
    uint32_t offset;
    int32_t i;

    if (r->n_pcdata <= PCDATA_INLTREE || r->n_funcdata <= FUNCDATA_INLTREE || bin->gofunc == 0)
        return false;
    offset = get32(lists + (r->n_pcdata + FUNCDATA_INLTREE) * sizeof(uint32_t));
    i = value_at(bin, r, get32(lists + PCDATA_INLTREE * sizeof(uint32_t)), pc);
    if (offset == UINT32_MAX || i < 0)
        return false;
    at = gomem_at(&bin->mem, bin->gofunc + offset + (uint64_t)i * size, size);
    if (at == NULL)
        return false;
    out->name = name_at(bin, get32(at + (r->new_layout ? 4 : 12)));
    out->parent = r->entry + get32(at + (r->new_layout ? 8 : 16));
    out->start_line = r->new_layout ? (int32_t)get32(at + 12) : 0;
    return out->name != NULL && out->parent < r->end;
}

size_t gobin_frames(const struct gobin *bin, uint64_t pc, struct gobin_frame *out, size_t max)
{
    struct inlined call;
    struct record r;
    size_t n = 0;

    if (max == 0 || !read_record(bin, pc, &r))
        return 0;
    for (; n + 1 < max && inlined_at(bin, &r, pc, &call); pc = call.parent, n++) {
        out[n] = (struct gobin_frame){
            .function = call.name, .start_line = call.start_line, .inlined = true};
        locate(bin, &r, pc, &out[n]);
    }
    out[n] = (struct gobin_frame){
        .function = name_at(bin, get32(r.at + FUNC_NAME)),
        .start_line = r.new_layout ? (int32_t)get32(r.at + FUNC_STARTLINE) : 0,
    };
    locate(bin, &r, pc, &out[n]);
    return n + 1;
}

int32_t gobin_stack_delta(const struct gobin *bin, uint64_t pc)
{
    struct record r;

    return read_record(bin, pc, &r) ? value_at(bin, &r, get32(r.at + FUNC_PCSP), pc) : -1;
}
