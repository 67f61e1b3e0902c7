#include "cli/words.h"

#include "cli/say.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\r"

void words_add_all(struct words *w, char *const *item, size_t n)
{
    for (size_t i = 0; i < n; i++)
        words_add(w, item[i]);
}

static void add_span(struct words *w, const char *start, size_t size)
{
    if (w->n + 2 > w->capacity) {
        w->capacity = w->capacity == 0 ? 16 : w->capacity * 2;
        w->item = memory_grow(w->item, w->capacity * sizeof *w->item);
    }
    w->item[w->n] = memory_grow(NULL, size + 1);
    memcpy(w->item[w->n], start, size);
    w->item[w->n][size] = '\0';
    w->item[++w->n] = NULL;
}

void words_add(struct words *w, const char *word)
{
    add_span(w, word, strlen(word));
}

void words_free(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->item[i]);
    free(w->item);
    *w = (struct words){0};
}

int words_split_quoted(const char *text, struct words *out, struct pg_error *err)
{
    const char *s = text + strspn(text, BLANKS);

    for (; *s != '\0'; s += strspn(s, BLANKS)) {
        size_t size;

        if (*s != '"' && *s != '\'') {
            size = strcspn(s, BLANKS);
            add_span(out, s, size);
            s += size;
            continue;
        }
        size = strcspn(s + 1, *s == '"' ? "\"" : "'");
        if (s[1 + size] == '\0')
            return pg_error_set(err, PG_E_FORMAT, "%s: the quote %c is never closed", text, *s);
        add_span(out, s + 1, size);
        s += size + 2;
    }
    return 0;
}

/* The quote a word needs: 0 for none, -1 when no quote will do. */
static int quote_for(const char *word)
{
    bool bare = *word != '\0' && *word != '"' && *word != '\'' && strpbrk(word, BLANKS) == NULL;

    if (bare)
        return 0;
    if (strchr(word, '\'') == NULL)
        return '\'';
    return strchr(word, '"') == NULL ? '"' : -1;
}

int words_join_quoted(const struct words *w, char **out, struct pg_error *err)
{
    char *text;
    size_t size;
    int rc = 0;
    FILE *f = open_memstream(&text, &size);

    if (f == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    for (size_t i = 0; i < w->n && rc == 0; i++) {
        int quote = quote_for(w->item[i]);

        if (quote < 0)
            rc = pg_error_set(err, PG_E_UNSUPPORTED,
                              "%s: blanks with both kinds of quotes cannot be passed to go's -exec",
                              w->item[i]);
        else if (quote == 0)
            fprintf(f, "%s%s", i > 0 ? " " : "", w->item[i]);
        else
            fprintf(f, "%s%c%s%c", i > 0 ? " " : "", quote, w->item[i], quote);
    }
    if (fclose(f) != 0 && rc == 0)
        rc = pg_error_set(err, PG_E_NOMEM, "out of memory");
    if (rc == 0)
        *out = text;
    else
        free(text);
    return rc;
}
