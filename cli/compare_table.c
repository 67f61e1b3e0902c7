/* compare_table.c - a comparison on a terminal. */
#include "cli/compare_format.h"
#include "cli/grid.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

/* What a row is of, by how much it differs and what follows is always there. */
static const struct grid_column columns[1 + CELLS] = {
    {"package", GRID_NAME, 16, 0},
    [1 + CELL_BENCHMARK] = {NULL, GRID_NAME, 24, 0},
    [1 + CELL_METRIC] = {NULL, GRID_SHORT, 8, 0},
    [1 + CELL_OLD] = {NULL, GRID_RIGHT, 0, GRID_LATE},
    [1 + CELL_NEW] = {NULL, GRID_RIGHT, 0, GRID_LATE},
    [1 + CELL_DIFFERENCE] = {NULL, GRID_RIGHT, 0, 0},
    [1 + CELL_INTERVAL] = {NULL, GRID_RIGHT, 0, 3},
    [1 + CELL_Q] = {NULL, GRID_RIGHT, 0, 1},
    [1 + CELL_CHANGE] = {NULL, 0, 0, 2},
    [1 + CELL_VERDICT] = {NULL, 0, 0, 0},
};

static enum grid_color color_of(const struct compare_row *row, enum compare_cell cell)
{
    if (cell != CELL_VERDICT || row->verdict == COMPARE_NONE)
        return GRID_PLAIN;
    return row->verdict == COMPARE_FAIL   ? GRID_RED
           : row->verdict == COMPARE_PASS ? GRID_GREEN
                                          : GRID_YELLOW;
}

static void begin(struct grid *g, const struct compare_report *r)
{
    struct grid_column column[1 + CELLS];

    memcpy(column, columns, sizeof column);
    for (int i = 0; i < CELLS; i++)
        column[1 + i].title = compare_cell_title(r, (enum compare_cell)i);
    grid_begin(g, column + !r->packages, CELLS + r->packages);
}

static void add_row(struct grid *g, const struct compare_report *r, const struct compare_row *row,
                    struct compare_notes *notes)
{
    if (r->packages) {
        markup_terminal_add(&g->text, row->bench->pkg);
        grid_end_cell(g, GRID_PLAIN);
    }
    for (int i = 0; i < CELLS; i++) {
        compare_cell_text(&g->text, row, (enum compare_cell)i, notes);
        grid_end_cell(g, color_of(row, (enum compare_cell)i));
    }
}

void compare_notes_write(FILE *f, const struct output_style *style,
                         const struct compare_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        char *text = text_format("[%zu] %s", i + 1, notes->text[i]);

        grid_lines(f, style, 4, text);
        free(text);
    }
}

static void write_table(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;
    struct compare_notes notes = {0};
    char *sentence = compare_sentence(c), *noise = compare_noise(c);
    struct grid grid;

    if (c->differences.text != NULL) {
        grid_lines(f, &r->style, 0, "OLD and NEW are not alike:");
        grid_lines(f, &r->style, 2, c->differences.text);
        fputc('\n', f);
    }
    begin(&grid, r);
    for (size_t i = 0; i < c->n_rows; i++)
        add_row(&grid, r, &c->row[i], &notes);
    if (c->n_rows > 0) {
        grid_print(&grid, f, &r->style);
        fputc('\n', f);
    }
    grid_free(&grid);
    compare_notes_write(f, &r->style, &notes);
    grid_lines(f, &r->style, 2, noise);
    grid_lines(f, &r->style, 2, sentence);
    grid_lines(f, &r->style, 2, c->reasons.text != NULL ? c->reasons.text : "");
    free(noise);
    free(sentence);
    compare_notes_free(&notes);
}

const struct compare_format compare_table = {"table", write_table};
