/* kernel.c - reads lines of "ADDRESS TYPE NAME [MODULE]". */
#include "sym/kernel.h"

#include "base/files.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 256 << 20, MAX_SIZE = 1 << 20 };

struct symbol {
    uint64_t address;
    const char *name, *module;
};

struct kernel {
    char *text; /* cut into the names */
    struct symbol *symbol;
    size_t n;
};

static int compare_symbols(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name); /* the order of the text */
}

/* Cuts one line; false when it names no function. */
static bool read_line(char *line, struct symbol *out)
{
    char *end, *module, kind;

    out->address = strtoull(line, &end, 16);
    if (end == line || end[0] != ' ' || end[1] == '\0' || end[2] != ' ' || end[3] == '\0')
        return false;
    kind = end[1];
    out->name = end + 3;
    out->module = "";
    module = strpbrk(end + 3, "\t ");
    if (module != NULL) {
        *module++ = '\0';
        out->module = module + strspn(module, "\t [");
        module[strcspn(module, "]")] = '\0';
    }
    return out->address != 0 && strchr("tTwW", kind) != NULL;
}

static int read_all(struct kernel *k, struct pg_error *err)
{
    size_t room = 0;
    char *line = k->text, *next;

    for (; line != NULL && *line != '\0'; line = next) {
        struct symbol symbol;

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!read_line(line, &symbol))
            continue;
        if (k->n == room) {
            struct symbol *more = realloc(k->symbol, (room = 2 * room + 4096) * sizeof *more);

            if (more == NULL)
                return pg_error_set(err, PG_E_NOMEM, "out of memory");
            k->symbol = more;
        }
        k->symbol[k->n++] = symbol;
    }
    if (k->n == 0)
        return pg_error_set(err, PG_E_PERMISSION,
                            "the kernel hides its addresses (kernel.kptr_restrict)");
    qsort(k->symbol, k->n, sizeof *k->symbol, compare_symbols);
    return 0;
}

/* Takes the text. */
static int make(char *text, struct kernel **out, struct pg_error *err)
{
    struct kernel *k = text != NULL ? calloc(1, sizeof *k) : NULL;
    int rc;

    *out = NULL;
    if (k == NULL) {
        free(text);
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    k->text = text;
    rc = read_all(k, err);
    if (rc != 0)
        kernel_close(k);
    else
        *out = k;
    return rc;
}

int kernel_parse(const char *text, struct kernel **out, struct pg_error *err)
{
    return make(strdup(text), out, err);
}

int kernel_open(struct kernel **out, struct pg_error *err)
{
    struct strbuf text = {0};
    int rc = file_read("/proc/kallsyms", MAX_TEXT, &text, err);

    *out = NULL;
    if (rc == 0)
        return make(text.text != NULL ? text.text : strdup(""), out, err);
    strbuf_free(&text);
    return rc;
}

void kernel_close(struct kernel *k)
{
    if (k == NULL)
        return;
    free(k->symbol);
    free(k->text);
    free(k);
}

const char *kernel_function(const struct kernel *k, uint64_t address, const char **module)
{
    size_t low = 0, high = k != NULL ? k->n : 0;

    if (high == 0 || address < k->symbol[0].address)
        return NULL;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (k->symbol[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    if (address - k->symbol[low].address > MAX_SIZE)
        return NULL;
    while (low > 0 && k->symbol[low - 1].address == k->symbol[low].address)
        low--; /* of several names, the first */
    *module = k->symbol[low].module;
    return k->symbol[low].name;
}

uint64_t kernel_address(const struct kernel *k, const char *name)
{
    for (size_t i = 0; k != NULL && i < k->n; i++)
        if (strcmp(k->symbol[i].name, name) == 0)
            return k->symbol[i].address;
    return 0;
}
