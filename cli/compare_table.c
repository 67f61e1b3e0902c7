/* compare_table.c - a comparison on a terminal. */
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

static const char *verdict_color(const struct compare_row *row)
{
    if (row->verdict == COMPARE_FAIL)
        return "red";
    return row->verdict == COMPARE_PASS ? "green" : "yellow";
}

static struct libscols_table *new_table(FILE *f, const struct compare_report *r)
{
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return NULL;
    output_table(table, f, &r->style);
    if (r->packages)
        scols_table_new_column(table, "package", 0, SCOLS_FL_TRUNC);
    for (int i = 0; i < CELLS; i++) {
        const bool text = i == CELL_BENCHMARK || i == CELL_METRIC || i >= CELL_CHANGE;

        scols_table_new_column(table, compare_cell_title(r, (enum compare_cell)i), 0,
                               i == CELL_BENCHMARK ? SCOLS_FL_TRUNC
                               : text              ? 0
                                                   : SCOLS_FL_RIGHT);
    }
    return table;
}

static void add_line(struct libscols_table *table, const struct compare_report *r,
                     const struct compare_row *row, struct compare_notes *notes)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    size_t at = 0;

    if (line == NULL)
        return;
    if (r->packages)
        scols_line_refer_data(line, at++, markup_terminal(row->bench->pkg));
    for (int i = 0; i < CELLS; i++, at++)
        scols_line_refer_data(line, at, compare_cell_text(row, (enum compare_cell)i, notes));
    if (r->style.colors && row->verdict != COMPARE_NONE)
        scols_cell_set_color(scols_line_get_cell(line, at - 1), verdict_color(row));
}

static void write_table(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;
    struct compare_notes notes = {0};
    struct libscols_table *table = new_table(f, r);
    char *sentence = compare_sentence(c), *noise = compare_noise(c);

    if (c->differences.text != NULL)
        fprintf(f, "OLD and NEW are not alike:\n%s\n", c->differences.text);
    for (size_t i = 0; table != NULL && i < c->n_rows; i++)
        add_line(table, r, &c->row[i], &notes);
    if (table != NULL && c->n_rows > 0) {
        scols_print_table(table);
        fputc('\n', f);
    }
    scols_unref_table(table);
    for (size_t i = 0; i < notes.n; i++)
        fprintf(f, "[%zu] %s\n", i + 1, notes.text[i]);
    fprintf(f, "%s%s\n%s", noise, sentence, c->reasons.text != NULL ? c->reasons.text : "");
    free(noise);
    free(sentence);
    compare_notes_free(&notes);
}

const struct compare_format compare_table = {"table", write_table};
