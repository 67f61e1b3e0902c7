/* view_text.c - a run on a terminal: what it was, what was counted, and what can be looked at. */
#include "cli/view.h"

#include "cli/markup.h"
#include "cli/report.h"
#include "cli/say.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

static void line(FILE *f, const char *name, const char *value)
{
    char *plain = value != NULL && value[0] != '\0' ? markup_terminal(value) : NULL;

    if (plain != NULL)
        fprintf(f, "%-10s %s\n", name, plain);
    free(plain);
}

static void head(FILE *f, const struct view_side *side)
{
    const struct testrun *info = side->run->info;

    line(f, "run", side->run->id);
    if (info == NULL)
        return;
    line(f, "started", info->time);
    line(f, "commit", info->git_commit);
    line(f, "go", info->go_version);
    line(f, "processor", info->cpu);
    line(f, "back end", info->backend);
}

/* All repeats of one benchmark: a row per metric, the median in front. */
static void repeats(FILE *f, const struct view_side *side, const struct summary_row *row,
                    struct output_style style)
{
    double *values = memory_grow(NULL, row->repeats * sizeof *values), coverage;
    struct libscols_table *table = scols_new_table();
    char text[64];

    if (table == NULL)
        return;
    scols_table_set_stream(table, f);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table,
                              style.width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style.width > 0)
        scols_table_set_termwidth(table, style.width);
    scols_table_new_column(table, "metric", 0, 0);
    scols_table_new_column(table, row->repeats > 1 ? "median" : "value", 0, SCOLS_FL_RIGHT);
    if (row->repeats > 1)
        scols_table_new_column(table, "repeats, in order", 0, SCOLS_FL_TRUNC);
    for (size_t i = 0; i < side->summary.n_columns; i++) {
        const size_t n = summary_values(row, &side->summary.column[i], values, &coverage);
        struct libscols_line *at = n > 0 ? scols_table_new_line(table, NULL) : NULL;
        struct strbuf all = {0};

        if (at == NULL)
            continue;
        output_round(row->cell[i].median, text, sizeof text);
        scols_line_set_data(at, 0, side->summary.column[i].unit);
        scols_line_set_data(at, 1, text);
        for (size_t k = 0; k < n && row->repeats > 1; k++) {
            output_round(values[k], text, sizeof text);
            strbuf_printf(&all, "%s%s", k > 0 ? " " : "", text);
        }
        if (row->repeats > 1 && all.text != NULL)
            scols_line_set_data(at, 2, all.text);
        strbuf_free(&all);
    }
    scols_print_table(table);
    scols_unref_table(table);
    free(values);
}

static void profiles(FILE *f, const struct view *v)
{
    const char *id = v->side[0].run->id;

    if (v->n_profiles == 0) {
        fprintf(f,
                "\nThere is no profile here (perfgo test profile makes one); perfgo view %s --html "
                "FILE "
                "draws the counters.\n",
                id);
        return;
    }
    fputs("\nprofiles of:\n", f);
    for (size_t i = 0; i < v->n_benchmarks; i++)
        if (v->benchmark[i].side[0].profile != NULL) {
            char *label = markup_terminal(v->benchmark[i].label);

            fprintf(f, "  %s\n", label);
            free(label);
        }
    fprintf(f,
            "perfgo view %s BENCHMARK opens one in pprof's web interface; --html FILE makes a page "
            "of all of them.\n",
            id);
}

void view_text(FILE *f, const struct view *v, struct output_style style)
{
    const struct view_side *side = &v->side[0];

    head(f, side);
    fputc('\n', f);
    if (v->n_benchmarks == 1 && v->benchmark[0].side[0].row != NULL)
        repeats(f, side, v->benchmark[0].side[0].row, style);
    else
        report_write(f, &format_table, side->run, style);
    profiles(f, v);
}
