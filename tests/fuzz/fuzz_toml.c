/* Any bytes as settings: what is read has its parts, what is not is said in one sentence with its
 * line. */
#include "base/toml.h"
#include "base/utf8.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct toml *t, size_t size)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct toml_entry *e = &t->entry[i];

        if (e->key == NULL || e->table == NULL || e->line == 0 || e->line > size + 1)
            abort();
        if (e->kind == TOML_NUMBER && !isfinite(e->number))
            abort();
        if (e->n > 0 && e->kind != TOML_STRING && e->kind != TOML_STRINGS)
            abort();
        for (size_t k = 0; k < e->n; k++)
            if (!utf8_valid(e->text[k].text, strlen(e->text[k].text)) || e->text[k].line < e->line)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pg_error err = {0};
    struct toml t;

    if (toml_parse("f", (const char *)data, size, &t, &err) == 0)
        check(&t, size);
    else if (err.code != PG_E_FORMAT || strncmp(err.text, "f:", 2) != 0 ||
             strchr(err.text, '\n') != NULL)
        abort();
    toml_free(&t);
    return 0;
}
