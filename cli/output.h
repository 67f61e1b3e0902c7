/* output.h - where reports go, and what that place can show. */
#ifndef PERFGO_CLI_OUTPUT_H
#define PERFGO_CLI_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output_style {
    size_t width; /* columns of the terminal; 0: no limit */
    bool colors;  /* a terminal, and neither NO_COLOR nor TERM=dumb */
};

struct output_style output_style(FILE *f);

/* Has a table print to f as the place of `style` can show it: two blanks between columns. */
struct libscols_table;
void output_table(struct libscols_table *table, FILE *f, const struct output_style *style);

/* No path, or "-". */
bool output_to_stdout(const char *path);

/* Writes text to stdout, or replaces the file `path` in one step. */
int output_text(const char *path, const char *text, size_t size, struct pg_error *err);

/* The same for what is not in memory: has `write` write to stdout, or to memory for the file.
 * `write` need not look at errors of f. */
int output_stream(const char *path, void (*write)(FILE *f, const void *data), const void *data,
                  struct pg_error *err);

/* "±" where the locale can show it, else "+-". */
const char *output_plus_minus(void);

/* The shortest decimal that reads back as the same double. */
void output_exact(double x, char *out, size_t size);

/* For people: four significant digits or all digits of the integer part, no exponent below 1e15. */
void output_round(double x, char *out, size_t size);

#endif
