/* grid.h - a table that fits the width of its place, whatever the width, without cutting a number.
 *
 * What does not fit makes room in this order: names are shortened in their middle to `least`
 * columns; columns are left out, `drop` 1 first; names go to lines of their own above their rows,
 * in full; more columns are left out, from GRID_LATE on; the last column is broken at blanks; and
 * GRID_SHORT columns are shortened like names. What is still too wide then stays so. A column that
 * the room would do for after all comes back.
 */
#ifndef PERFGO_CLI_GRID_H
#define PERFGO_CLI_GRID_H

#include "base/strbuf.h"
#include "cli/output.h"

enum grid_flags {
    GRID_RIGHT = 1, /* numbers */
    GRID_NAME = 2,  /* says what the rows are of; such columns come first */
    GRID_SHORT = 4,
};

enum { GRID_LATE = 8, GRID_DROPS = 10, GRID_COLUMNS = 12 };

struct grid_column {
    const char *title;
    unsigned flags;
    size_t least;  /* of GRID_NAME and GRID_SHORT: shortened no further */
    unsigned drop; /* below GRID_DROPS; 0: never left out */
};

enum grid_color { GRID_PLAIN = 0, GRID_RED = 31, GRID_GREEN = 32, GRID_YELLOW = 33 };

struct grid {
    struct strbuf text; /* where the text of the next cell is put */
    /* private: */
    struct grid_column column[GRID_COLUMNS];
    size_t n_columns, n_cells, room, start;
    size_t widest[GRID_COLUMNS], longest_word[GRID_COLUMNS];
    struct grid_cell *cell;
};

/* All end the program without memory. The columns are copied, their titles borrowed. */
void grid_begin(struct grid *g, const struct grid_column *column, size_t n);
/* The cell whose text was added to g->text is complete: cell by cell, row by row. What the locale
 * cannot show is written as \xNN. */
void grid_end_cell(struct grid *g, enum grid_color color);
void grid_print(const struct grid *g, FILE *f, const struct output_style *style);
void grid_free(struct grid *g);

/* Lines of text, broken at blanks to fit the place; what is broken goes on `indent` columns in. */
void grid_lines(FILE *f, const struct output_style *style, size_t indent, const char *text);

#endif
