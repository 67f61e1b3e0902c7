/* words.h - a growing argument vector, and the quoting that the go command uses in -exec and
 * GOFLAGS. */
#ifndef PERFGO_CLI_WORDS_H
#define PERFGO_CLI_WORDS_H

#include "base/error.h"

#include <stddef.h>

/* item[n] is always NULL once something was added: usable as argv. Owns copies of the strings. */
struct words {
    char **item;
    size_t n, capacity;
};

void words_add(struct words *w, const char *word);
void words_add_all(struct words *w, char *const *item, size_t n);
void words_free(struct words *w);

/* Splits as the go command does: fields between blanks; a field that starts with ' or " runs to the
 * next such quote; nothing is escaped, and quotes inside a field are ordinary. Adds to *out.
 * PG_E_FORMAT on an unterminated quote. */
int words_split_quoted(const char *text, struct words *out, struct pg_error *err);

/* The inverse. Every vector that words_split_quoted can yield can be joined; one that it cannot
 * yield (a word with a blank and both kinds of quotes) is PG_E_UNSUPPORTED. The caller frees *out.
 */
int words_join_quoted(const struct words *w, char **out, struct pg_error *err);

#endif
