/* format_table.c - for a terminal.
 *
 * One row per benchmark, one column per metric. Columns that do not fit beside each other go to a
 * further table below, so that nothing is cut but long names.
 */
#include "cli/format.h"

#include "cli/say.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LIMIT = 48, GAP = 2 };

/* What the cells need a footnote for. */
struct footnotes {
    bool repeated, partial;
    double worst;
};

static char *cell_text(const struct summary_cell *cell, struct footnotes *notes)
{
    char number[64];
    const bool partial = cell->n > 0 && cell->coverage < 1;

    if (cell->n == 0)
        return text_copy("-");
    output_round(cell->median, number, sizeof number);
    if (partial) {
        notes->worst =
            notes->partial && notes->worst < cell->coverage ? notes->worst : cell->coverage;
        notes->partial = true;
    }
    if (cell->n == 1)
        return text_format("%s%s", number, partial ? "*" : "");
    notes->repeated = true;
    return text_format("%s%s %s%.*f%%", number, partial ? "*" : "", output_plus_minus(),
                       summary_spread(cell) < 0.1 ? 1 : 0, 100 * summary_spread(cell));
}

/* Columns on the terminal that UTF-8 text takes, where only ± is not one byte. */
static size_t text_width(const char *s)
{
    size_t width = 0;

    for (; *s != '\0'; s++)
        width += ((unsigned char)*s & 0xc0) != 0x80;
    return width;
}

static size_t column_width(const struct summary *s, size_t column)
{
    struct footnotes unused = {0};
    size_t width = strlen(s->column[column].unit);

    for (size_t i = 0; i < s->n_rows; i++) {
        char *text = cell_text(&s->row[i].cell[column], &unused);

        if (text_width(text) > width)
            width = text_width(text);
        free(text);
    }
    return width + GAP;
}

/* Width of the columns that name a benchmark. */
static size_t head_width(const struct summary *s)
{
    size_t name = strlen("benchmark"), pkg = 0;

    for (size_t i = 0; i < s->n_rows; i++) {
        char *label = summary_label(&s->row[i]);

        if (text_width(label) > name)
            name = text_width(label);
        if (s->n_packages > 1 && text_width(s->row[i].pkg) > pkg)
            pkg = text_width(s->row[i].pkg);
        free(label);
    }
    return (name > NAME_LIMIT ? NAME_LIMIT : name) + (pkg > NAME_LIMIT ? NAME_LIMIT : pkg) +
           2 * GAP;
}

/* One table of the columns [from, to). */
static void print_columns(FILE *f, const struct report *r, size_t from, size_t to,
                          struct footnotes *notes)
{
    const struct summary *s = r->summary;
    struct libscols_table *table = scols_new_table();
    const bool packages = s->n_packages > 1;

    if (table == NULL)
        return;
    output_table(table, f, &r->style);
    if (packages)
        scols_table_new_column(table, "package", 0, SCOLS_FL_TRUNC);
    scols_table_new_column(table, "benchmark", 0, SCOLS_FL_TRUNC);
    for (size_t j = from; j < to; j++)
        scols_table_new_column(table, s->column[j].unit, 0, SCOLS_FL_RIGHT);
    for (size_t i = 0; i < s->n_rows; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        size_t at = 0;

        if (packages)
            scols_line_set_data(line, at++, s->row[i].pkg);
        scols_line_refer_data(line, at++, summary_label(&s->row[i]));
        for (size_t j = from; j < to; j++, at++) {
            const struct summary_cell *cell = &s->row[i].cell[j];

            scols_line_refer_data(line, at, cell_text(cell, notes));
            if (r->style.colors && cell->n > 0 && cell->coverage < 1)
                scols_cell_set_color(scols_line_get_cell(line, at), "yellow");
        }
    }
    scols_print_table(table);
    scols_unref_table(table);
}

static void write_table(FILE *f, const struct report *r)
{
    const struct summary *s = r->summary;
    const size_t head = head_width(s);
    struct footnotes notes = {0};

    if (s->n_rows == 0) {
        fputs("no benchmarks were recorded\n", f);
        return;
    }
    for (size_t from = 0, to; from < s->n_columns || from == 0; from = to) {
        size_t width = head;

        to = from;
        while (to < s->n_columns &&
               (to == from || r->style.width == 0 || width + column_width(s, to) <= r->style.width))
            width += column_width(s, to++);
        if (from > 0)
            fputc('\n', f);
        print_columns(f, r, from, to, &notes);
        if (to == from)
            break; /* no columns at all */
    }
    if (notes.repeated)
        fprintf(f, "%s is the largest distance of a repeat from the median shown\n",
                output_plus_minus());
    if (notes.partial)
        fprintf(f,
                "* estimated: counted %.0f%% of the time at worst, because more events were asked "
                "for than counters are there\n",
                100 * notes.worst);
}

const struct report_format format_table = {"table", write_table};
