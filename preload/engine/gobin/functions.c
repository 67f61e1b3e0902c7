/* functions.c - the function table: names, ranges, code, and who calls whom.
 *
 * Each functab entry (Go: src/runtime/symtab.go, functab) gives a function's start as an offset
 * from runtime.text and the offset of its record, whose second word is the offset of its name
 * (src/runtime/ runtime2.go, _func). A function ends where the next one starts, padding included. A
 * record offset of 0 says that there is no function here, only a gap
 * (src/cmd/link/internal/ld/pcln.go).
 *
 * Names are looked up in a hash table of function numbers, built in one pass at opening: 4 bytes
 * per slot, no copy of any name. When several functions share a name (an assembly function and its
 * ABI wrapper, compiler-made equality functions) the first in address order is found by name.
 */
#include "gobin/gobin_priv.h"

#include <stdlib.h>
#include <string.h>

enum { FUNC_NAME = 4, FUNC_SIZE = 8 };

static uint32_t entry_of(const struct gobin *bin, size_t i)
{
    return get32(bin->pcln.table + i * sizeof(struct functab));
}

/* NULL: no function here, or a record that points outside of the table. */
static const char *name_of(const struct gobin *bin, size_t i)
{
    const struct pclntab *pcln = &bin->pcln;
    uint32_t func = get32(pcln->table + i * sizeof(struct functab) + sizeof(uint32_t)), name;

    if (func == 0 || pcln->table_size < FUNC_SIZE || func > pcln->table_size - FUNC_SIZE)
        return NULL;
    name = get32(pcln->table + func + FUNC_NAME);
    return name < pcln->names_size ? pcln->names + name : NULL;
}

/* FNV-1a. Stops at NUL, which the last name of the table is checked to have. */
static uint32_t hash_of(const char *name, uint64_t *work)
{
    uint32_t hash = 2166136261u;
    const char *at;

    for (at = name; *at != 0; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    *work += (uint64_t)(at - name);
    return hash ^ hash >> 15;
}

/* Enters function i; *work counts bytes hashed and slots visited. */
static void enter(struct gobin *bin, size_t i, uint64_t *work)
{
    const char *name = name_of(bin, i);
    size_t slot, mask = bin->n_slots - 1;

    if (name == NULL)
        return;
    for (slot = hash_of(name, work) & mask; bin->slots[slot] != 0; slot = (slot + 1) & mask) {
        if (name_of(bin, bin->slots[slot] - 1) == name)
            return;
        ++*work;
    }
    bin->slots[slot] = (uint32_t)i + 1;
}

static int enter_all(struct gobin *bin, struct pg_error *err)
{
    const struct pclntab *pcln = &bin->pcln;
    uint64_t work = 0, limit = 8 * (pcln->names_size + pcln->table_size);

    for (size_t i = 0; i < pcln->n_functions; i++) {
        enter(bin, i, &work);
        if (work > limit)
            return pg_error_set(err, PG_E_FORMAT, "the Go function names overlap");
    }
    return 0;
}

int functions_index(struct gobin *bin, struct pg_error *err)
{
    static const char *const known[] = {"runtime.main", "runtime.mstart1", "runtime.goexit"};
    const struct pclntab *pcln = &bin->pcln;
    struct gobin_function unused;
    int rc;

    if (pcln->names[pcln->names_size - 1] != 0)
        return pg_error_set(err, PG_E_FORMAT, "the Go function names do not end");
    for (bin->n_slots = 64; bin->n_slots / 4 * 3 < pcln->n_functions;)
        bin->n_slots *= 2;
    bin->slots = calloc(bin->n_slots, sizeof *bin->slots);
    if (bin->slots == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    rc = enter_all(bin, err);
    for (size_t i = 0; rc == 0 && i < sizeof known / sizeof *known; i++)
        if (!gobin_function_by_name(bin, known[i], &unused))
            rc = pg_error_set(err, PG_E_UNSUPPORTED,
                              "the Go function table has no %s: a Go version that perfgo does not "
                              "know",
                              known[i]);
    return rc;
}

size_t gobin_function_count(const struct gobin *bin)
{
    return bin->pcln.n_functions;
}

bool gobin_function(const struct gobin *bin, size_t i, struct gobin_function *out)
{
    const char *name = i < bin->pcln.n_functions ? name_of(bin, i) : NULL;

    if (name == NULL)
        return false;
    *out = (struct gobin_function){
        .name = name,
        .entry = bin->text + entry_of(bin, i),
        .end = bin->text + entry_of(bin, i + 1),
    };
    return true;
}

bool gobin_function_by_name(const struct gobin *bin, const char *name, struct gobin_function *out)
{
    uint64_t unused = 0;
    size_t mask = bin->n_slots - 1, slot = hash_of(name, &unused) & mask;

    for (; bin->slots[slot] != 0; slot = (slot + 1) & mask) {
        size_t i = bin->slots[slot] - 1;

        if (strcmp(name_of(bin, i), name) == 0)
            return gobin_function(bin, i, out);
    }
    return false;
}

/* The number of the entry that covers pc. */
static bool number_at(const struct gobin *bin, uint64_t pc, size_t *number)
{
    size_t low = 0, high = bin->pcln.n_functions; /* entry(low) <= pc < entry(high) */
    uint64_t offset = pc - bin->text;

    if (pc < bin->text || offset < entry_of(bin, 0) || offset >= entry_of(bin, high))
        return false;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (entry_of(bin, middle) <= offset)
            low = middle;
        else
            high = middle;
    }
    *number = low;
    return true;
}

bool gobin_function_at(const struct gobin *bin, uint64_t pc, struct gobin_function *out)
{
    size_t i;

    return number_at(bin, pc, &i) && gobin_function(bin, i, out);
}

bool functions_record(const struct gobin *bin, uint64_t pc, struct gobin_function *out,
                      uint64_t *record)
{
    size_t i;

    if (!number_at(bin, pc, &i) || !gobin_function(bin, i, out))
        return false;
    *record = get32(bin->pcln.table + i * sizeof(struct functab) + sizeof(uint32_t));
    return true;
}

const uint8_t *gobin_code(const struct gobin *bin, uint64_t addr, size_t size)
{
    uint64_t offset = addr - bin->text;

    if (addr < bin->text || offset > bin->text_size || size > bin->text_size - offset)
        return NULL;
    return bin->code + offset;
}

int gobin_calls(const struct gobin *bin, const struct gobin_function *caller, uint64_t callee,
                uint64_t *sites, size_t max, struct pg_error *err)
{
    const struct arch_ops *arch = bin->arch;
    uint64_t size = caller->end - caller->entry, target;
    const uint8_t *code = gobin_code(bin, caller->entry, size);
    size_t count = 0;

    if (caller->end < caller->entry || code == NULL)
        return pg_error_set(err, PG_E_INVALID, "%s does not lie within the Go text", caller->name);
    for (uint64_t at = 0; at + arch->call_size <= size; at += arch->call_align) {
        if (!arch->decode_call(code + at, caller->entry + at, &target) || target != callee)
            continue;
        if (count < max)
            sites[count] = caller->entry + at;
        count++;
    }
    return (int)count;
}

bool gobin_called(const struct gobin *bin, uint64_t address, struct gobin_function *out)
{
    const struct arch_ops *arch = bin->arch;
    uint64_t at = address - arch->call_size, target;
    const uint8_t *code = gobin_code(bin, at, arch->call_size);

    return code != NULL && arch->decode_call(code, at, &target) &&
           gobin_function_at(bin, target, out) && out->entry == target;
}
