/* compare_format.h - one way to write a comparison down: a file compare_<name>.c and a row in
 * cmd_compare.c. */
#ifndef PERFGO_CLI_COMPARE_FORMAT_H
#define PERFGO_CLI_COMPARE_FORMAT_H

#include "base/strbuf.h"
#include "bench/compare.h"
#include "cli/output.h"

#include <stdio.h>

struct compare_report {
    const struct comparison *result;
    const struct compare_options *options;
    struct output_style style;
    bool packages; /* more than one: name them */
};

struct compare_format {
    const char *name;
    void (*write)(FILE *f,
                  const struct compare_report *r); /* errors of f are the caller's to see */
};

extern const struct compare_format compare_table, compare_markdown, compare_json, compare_html,
    compare_csv;

/* Parts of the document of compare_json.c: up to the '[' of its rows, and the members of a row,
 * without braces. */
void compare_json_head(FILE *f, const struct compare_report *r);
void compare_json_row(FILE *f, const struct compare_row *row);

/* What the cells of a row say, for tables and markdown; no control characters. */
enum compare_cell {
    CELL_BENCHMARK,
    CELL_METRIC,
    CELL_OLD,
    CELL_NEW,
    CELL_DIFFERENCE,
    CELL_INTERVAL,
    CELL_Q,
    CELL_CHANGE,
    CELL_VERDICT, /* with the number of its reason behind it */
    CELLS,
};

/* The distinct reasons of a comparison's rows, numbered from 1 as they first appear. */
struct compare_notes {
    const char **text; /* borrowed from the rows */
    size_t n;
};

const char *compare_cell_title(const struct compare_report *r, enum compare_cell cell);
void compare_cell_text(struct strbuf *out, const struct compare_row *row, enum compare_cell cell,
                       struct compare_notes *notes);
/* The number of a text, which is added when it is new. */
size_t compare_note(struct compare_notes *notes, const char *text);
void compare_notes_free(struct compare_notes *notes);
/* "[1] text", a line each, broken to fit the place. */
void compare_notes_write(FILE *f, const struct output_style *style,
                         const struct compare_notes *notes);

/* What the control shows, metric by metric, a line each; "" without a control. malloc'ed. */
char *compare_noise(const struct comparison *c);

/* "FAIL: 1 of 12 gated results is beyond its limit, …"; malloc'ed. */
char *compare_sentence(const struct comparison *c);

#endif
