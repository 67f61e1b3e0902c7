/* history_table.c - a history on a terminal: a line per run, with a bar that shows its place
 * between the smallest and the largest run, and a remark where the level changed. */
#include "bench/signif.h"
#include "cli/history_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BAR = 20, EIGHTHS = 8 };

enum column { RUN, STARTED, COMMIT, REPEATS, MEDIAN, PLOT, REMARK, COLUMNS };
static const struct {
    const char *name;
    int flags;
} columns[COLUMNS] = {
    {"run", 0}, {"started", 0}, {"commit", 0}, {"n", SCOLS_FL_RIGHT}, {"median", SCOLS_FL_RIGHT},
    {"", 0},    {"change", 0}};

bool history_step(const struct history_series *s, size_t i, double *step)
{
    for (size_t k = 0; k < s->n_changes; k++) {
        const size_t before = k > 0 ? s->change[k - 1] : 0;
        const size_t end = k + 1 < s->n_changes ? s->change[k + 1] : s->n_points;

        if (s->change[k] != i)
            continue;
        *step = signif_relative(history_level(s, before, i), history_level(s, i, end));
        return true;
    }
    return false;
}

char *history_label(const struct history_series *s)
{
    const char *name =
        strncmp(s->name, "Benchmark", 9) == 0 && s->name[9] != '\0' ? s->name + 9 : s->name;
    char *plain = markup_terminal(name);
    char *label = s->procs > 1 ? text_format("%s-%u", plain, s->procs) : text_copy(plain);

    free(plain);
    return label;
}

/* A bar from nothing (the smallest) to BAR characters (the largest), in eighths of a character
 * where the locale can show them. */
static char *bar(const struct history_series *s, double value)
{
    static const char *const part[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const bool fine = strcmp(output_plus_minus(), "±") == 0;
    double low = INFINITY, high = -INFINITY;
    char text[BAR * 3 + 4] = "";
    size_t eighths;

    for (size_t i = 0; i < s->n_points; i++) {
        low = fmin(low, s->point[i].median);
        high = fmax(high, s->point[i].median);
    }
    eighths = high > low ? (size_t)lround((value - low) / (high - low) * BAR * EIGHTHS) : 0;
    for (size_t i = 0; i < eighths / EIGHTHS; i++)
        strcat(text, fine ? "█" : "#");
    if (fine)
        strcat(text, part[eighths % EIGHTHS]);
    return text_copy(text);
}

static char *when(int64_t seconds)
{
    char out[32];
    time_t t = (time_t)seconds;
    struct tm tm;

    if (localtime_r(&t, &tm) == NULL || strftime(out, sizeof out, "%Y-%m-%d %H:%M", &tm) == 0)
        out[0] = '\0';
    return text_copy(out);
}

static bool differs(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

/* What happened between the run before and this one. */
static char *remark(const struct history_series *s, size_t i, bool *worse)
{
    const struct history_point *now = &s->point[i], *before = i > 0 ? &s->point[i - 1] : NULL;
    const char *go =
        before != NULL && differs(before->go_version, now->go_version) ? now->go_version : NULL;
    const char *cpu = before != NULL && differs(before->cpu, now->cpu) ? now->cpu : NULL;
    double step;
    char *change;
    char *text;

    *worse = false;
    if (history_step(s, i, &step)) {
        const char *way = s->better == METRIC_EITHER                   ? ""
                          : (step > 0) == (s->better == METRIC_HIGHER) ? " better"
                                                                       : " worse";

        *worse = strcmp(way, " worse") == 0;
        change = isfinite(step) ? text_format("%+.2f%%%s", 100 * step, way)
                                : text_format("from 0%s", way);
    } else {
        change = text_copy("");
    }
    text = text_format("%s%s%s%s%s", change, change[0] != '\0' && (go || cpu) ? "; " : "",
                       go != NULL ? go : "", go != NULL && cpu != NULL ? "; " : "",
                       cpu != NULL ? cpu : "");
    free(change);
    return text;
}

static void add_line(struct libscols_table *table, const struct history_series *s, size_t i,
                     bool colors)
{
    const struct history_point *p = &s->point[i];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char number[40];
    bool worse;

    if (line == NULL)
        return;
    output_round(p->median, number, sizeof number);
    scols_line_set_data(line, RUN, p->run);
    scols_line_refer_data(line, STARTED, when(p->time));
    scols_line_refer_data(line, COMMIT,
                          p->commit != NULL ? text_format("%.9s%s", p->commit, p->dirty ? "+" : "")
                                            : text_copy(""));
    scols_line_refer_data(line, REPEATS, text_format("%zu", p->n));
    scols_line_set_data(line, MEDIAN, number);
    scols_line_refer_data(line, PLOT, bar(s, p->median));
    scols_line_refer_data(line, REMARK, remark(s, i, &worse));
    if (worse && colors)
        scols_cell_set_color(scols_line_get_cell(line, REMARK), "red");
}

static void write_series(FILE *f, const struct history_series *s, struct output_style style)
{
    struct libscols_table *table = scols_new_table();
    char *label = history_label(s), *pkg = markup_terminal(s->pkg),
         *unit = markup_terminal(s->unit);

    fprintf(f, "%s %s: %s%s%s%s, %zu run%s, %zu change%s of level\n", pkg, label, unit,
            s->backend != NULL ? " (" : "", s->backend != NULL ? s->backend : "",
            s->backend != NULL ? ")" : "", s->n_points, s->n_points == 1 ? "" : "s", s->n_changes,
            s->n_changes == 1 ? "" : "s");
    free(label);
    free(pkg);
    free(unit);
    if (table == NULL)
        return;
    scols_table_set_stream(table, f);
    scols_table_set_column_separator(table, "  ");
    scols_table_enable_colors(table, style.colors);
    scols_table_set_termforce(table,
                              style.width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style.width > 0)
        scols_table_set_termwidth(table, style.width);
    for (int i = 0; i < COLUMNS; i++)
        scols_table_new_column(table, columns[i].name, 0, columns[i].flags);
    for (size_t i = 0; i < s->n_points; i++)
        add_line(table, s, i, style.colors);
    scols_print_table(table);
    scols_unref_table(table);
}

static void write_table(FILE *f, const struct history *h, struct output_style style)
{
    for (size_t i = 0; i < h->n_series; i++) {
        if (i > 0)
            fputc('\n', f);
        write_series(f, &h->series[i], style);
    }
}

const struct history_format history_table = {"table", write_table};
