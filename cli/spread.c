#include "cli/spread.h"

#include "cli/say.h"

#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>

static const char *const heads[] = {"benchmark", "metric", "min", "median", "max", "spread"};

static struct libscols_table *new_table(FILE *f, struct output_style style)
{
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return NULL;
    scols_table_set_stream(table, f);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table,
                              style.width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style.width > 0)
        scols_table_set_termwidth(table, style.width);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        scols_table_new_column(table, heads[i], 0, i < 2 ? SCOLS_FL_TRUNC : SCOLS_FL_RIGHT);
    return table;
}

static void add_row(struct libscols_table *table, const struct summary *s, size_t i, size_t j)
{
    const struct summary_cell *cell = &s->row[i].cell[j];
    const double values[] = {cell->min, cell->median, cell->max};
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char text[40], *label = summary_label(&s->row[i]);

    scols_line_refer_data(
        line, 0, s->n_packages > 1 ? text_format("%s %s", s->row[i].pkg, label) : text_copy(label));
    free(label);
    scols_line_set_data(line, 1, s->column[j].unit);
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
        output_round(values[k], text, sizeof text);
        scols_line_set_data(line, 2 + k, text);
    }
    scols_line_refer_data(line, 5,
                          cell->median != 0 ? text_format("%.4f%%", 100 * (cell->max - cell->min) /
                                                                        fabs(cell->median))
                                            : text_copy("-"));
}

void spread_write(FILE *f, const struct run_data *data, uint64_t seeds, struct output_style style)
{
    struct libscols_table *table = new_table(f, style);
    struct summary s;
    size_t same = 0, differ = 0;

    if (table == NULL)
        return;
    summary_make(&s, data);
    for (size_t i = 0; i < s.n_rows; i++)
        for (size_t j = 0; j < s.n_columns; j++) {
            const struct summary_cell *cell = &s.row[i].cell[j];

            if (s.column[j].backend == NULL || cell->n < 2)
                continue;
            if (cell->max == cell->min) {
                same++;
                continue;
            }
            add_row(table, &s, i, j);
            differ++;
        }
    fprintf(f, "\n%" PRIu64 " seeds: %zu metrics are the same with all of them, %zu are not%s\n",
            seeds, same, differ, differ > 0 ? ":" : "");
    if (differ > 0)
        scols_print_table(table);
    scols_unref_table(table);
    summary_free(&s);
}
