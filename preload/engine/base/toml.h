/* toml.h - the part of TOML 1.0 that settings need. Pure. [any thread with libc]
 *
 * Read are comments, [tables] of one bare name, bare and quoted keys, strings on one line ("basic"
 * with its escapes, 'literal'), decimal integers and floats, booleans, and arrays of strings over
 * any number of lines. Whatever else TOML has is refused by its name and line. What is read is read
 * as TOML means it; what is no TOML is refused too.
 */
#ifndef PERFGO_BASE_TOML_H
#define PERFGO_BASE_TOML_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum toml_kind {
    TOML_STRING,
    TOML_NUMBER,
    TOML_BOOL,
    TOML_STRINGS,
};

struct toml_text {
    const char *text;
    size_t line; /* from 1 */
};

struct toml_entry {
    const char *table; /* "" before the first [table] */
    const char *key;
    size_t line;
    enum toml_kind kind;
    double number;
    bool truth;
    struct toml_text *text; /* STRING: one; STRINGS: n */
    size_t n;
};

struct toml {
    struct arena arena;
    struct toml_entry *entry; /* in order */
    struct toml_text *table;  /* all that were named, empty ones too */
    size_t n, n_tables;
};

/* name: of the file, for errors, which start with "NAME:LINE: ". toml_free also after a failure. */
int toml_parse(const char *name, const char *text, size_t size, struct toml *out,
               struct pg_error *err);
void toml_free(struct toml *t);

#endif
