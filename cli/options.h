/* options.h - command lines, from tables.
 *
 * A command describes its options once, as rows that say where a value goes in the command's own
 * struct; `perfgo COMMAND --help`, parsing and error texts come from the rows. Commands that
 * measure also take every row of proto/settings.def that has a flag; those end up in struct
 * pg_settings and, through options_export, in the environment of the test binary.
 */
#ifndef PERFGO_CLI_OPTIONS_H
#define PERFGO_CLI_OPTIONS_H

#include "cli/words.h"
#include "proto/settings.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_BOOL,   /* bool: set to true */
    OPTION_TEXT,   /* const char *: last one given */
    OPTION_TEXTS,  /* struct words: all of them */
    OPTION_NUMBER, /* uint64_t, decimal */
    OPTION_CHOICE, /* const void *: one of `choices`; the first one when it is not given */
};

struct option_row {
    const char *name;
    int letter; /* or 0 */
    const char *arg;
    const char *help;
    enum option_kind kind;
    size_t offset; /* in the command's struct of values */
};

enum operands {
    OPERANDS_ANYWHERE, /* all operands are words */
    OPERANDS_COMMAND,  /* the first operand ends the options: it and the rest are `rest` */
    OPERANDS_DASHES,   /* before "--": words; behind it: rest */
};

struct options {
    const char *usage; /* what stands behind "perfgo NAME [OPTION...]"; alternatives by newline */
    const char *doc;   /* sentences for --help */
    const struct option_row *rows;
    size_t n_rows;
    enum operands operands;
    bool settings; /* also takes the flags of settings.def */
    /* OPTION_CHOICE: NULL-terminated; the first member of each is `const char *name`. --help lists
     * the names behind the help of the row, and so does the sentence about an unknown name. */
    const void *const *choices;
};

struct option_result {
    struct words words;
    char **rest; /* points into argv, NULL-terminated */
    size_t n_rest;
    struct pg_settings settings; /* PERFGO_* variables, overridden by flags */
    char *tags;                  /* owned: all --tag values */
};

/* Parses; *values and *result are filled. --help prints and exits 0; a mistake prints and exits 3.
 * options_free releases what the result owns. */
void options_parse(const struct options *o, int argc, char **argv, void *values,
                   struct option_result *result);
void options_free(struct option_result *result);

/* Sets or unsets the PERFGO_* variables of this process to say what *s says. */
void options_export(const struct pg_settings *s);

#endif
