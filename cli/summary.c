#include "cli/summary.h"

#include "bench/stats.h"
#include "cli/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_benchmark(const struct summary_row *row, const struct record *r)
{
    return row->procs == r->procs && strcmp(row->name, r->name) == 0 &&
           strcmp(row->pkg, r->pkg) == 0;
}

static struct summary_row *row_for(struct summary *s, const struct record *r)
{
    /* Repeats mostly follow each other; search from the newest. */
    for (size_t i = s->n_rows; i-- > 0;)
        if (same_benchmark(&s->row[i], r))
            return &s->row[i];
    s->row = memory_grow(s->row, (s->n_rows + 1) * sizeof *s->row);
    s->row[s->n_rows] = (struct summary_row){.pkg = r->pkg, .name = r->name, .procs = r->procs};
    return &s->row[s->n_rows++];
}

static void add_column(struct summary *s, const char *unit, const char *backend)
{
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->column[i].unit, unit) == 0 &&
            (s->column[i].backend == NULL) == (backend == NULL))
            return;
    s->column = memory_grow(s->column, (s->n_columns + 1) * sizeof *s->column);
    s->column[s->n_columns++] = (struct summary_column){unit, backend};
}

static void find_columns(struct summary *s, const struct run_data *data)
{
    for (size_t i = 0; i < data->n_records; i++)
        for (size_t j = 0; j < data->record[i]->n_go; j++)
            add_column(s, data->record[i]->go[j].name, NULL);
    for (size_t i = 0; i < data->n_records; i++)
        for (size_t j = 0; j < data->record[i]->n_metrics; j++)
            add_column(s, data->record[i]->metric[j].unit, data->record[i]->metric[j].backend);
}

/* The record's value for a column, and its coverage; false when it has none. */
static bool value_of(const struct record *r, const struct summary_column *column, double *value,
                     double *coverage)
{
    if (column->backend == NULL) {
        const struct record_value *v = record_go(r, column->unit);

        *coverage = 1;
        *value = v != NULL ? v->value : 0;
        return v != NULL;
    }
    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metric[i].unit, column->unit) == 0) {
            *value = r->metric[i].per_op;
            *coverage = r->metric[i].coverage;
            return true;
        }
    return false;
}

size_t summary_values(const struct summary_row *row, const struct summary_column *column,
                      double *values, double *coverage)
{
    size_t n = 0;

    *coverage = 1;
    for (size_t i = 0; i < row->repeats; i++) {
        double covered;

        if (!value_of(row->record[i], column, &values[n], &covered))
            continue;
        n++;
        if (covered < *coverage)
            *coverage = covered;
    }
    return n;
}

static void fill_cell(struct summary_cell *cell, const struct summary_row *row,
                      const struct summary_column *column, double *values)
{
    struct stats stats;

    cell->n = summary_values(row, column, values, &cell->coverage);
    stats = stats_describe(values, cell->n);
    cell->median = stats.median;
    cell->min = stats.min;
    cell->max = stats.max;
}

static void add_record(struct summary *s, const struct record *r)
{
    struct summary_row *row = row_for(s, r);

    row->record = memory_grow(row->record, (row->repeats + 1) * sizeof *row->record);
    row->record[row->repeats++] = r;
}

void summary_make(struct summary *s, const struct run_data *data)
{
    double *values = memory_grow(NULL, data->n_records * sizeof *values);

    *s = (struct summary){0};
    find_columns(s, data);
    for (size_t i = 0; i < data->n_records; i++)
        add_record(s, data->record[i]);
    for (size_t i = 0; i < s->n_rows; i++) {
        struct summary_row *row = &s->row[i];

        row->cell = memory_grow(NULL, s->n_columns * sizeof *row->cell);
        for (size_t j = 0; j < s->n_columns; j++)
            fill_cell(&row->cell[j], row, &s->column[j], values);
        s->n_packages += i == 0 || strcmp(row->pkg, s->row[i - 1].pkg) != 0;
    }
    free(values);
}

void summary_free(struct summary *s)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        free(s->row[i].cell);
        free(s->row[i].record);
    }
    free(s->row);
    free(s->column);
    *s = (struct summary){0};
}

char *summary_label(const struct summary_row *row)
{
    const char *name =
        strncmp(row->name, "Benchmark", 9) == 0 && row->name[9] != '\0' ? row->name + 9 : row->name;

    return row->procs > 1 ? text_format("%s-%u", name, row->procs) : text_copy(name);
}

double summary_spread(const struct summary_cell *cell)
{
    double up = cell->max - cell->median, down = cell->median - cell->min;

    if (cell->n < 2 || cell->median == 0)
        return 0;
    return (up > down ? up : down) / fabs(cell->median);
}
