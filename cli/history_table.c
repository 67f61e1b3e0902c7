/* history_table.c - a history on a terminal: a line per run, with a bar that shows its place
 * between the smallest and the largest run, and a remark where the level changed. */
#include "bench/signif.h"
#include "cli/grid.h"
#include "cli/history_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BAR = 20, EIGHTHS = 8 };

enum column { RUN, STARTED, COMMIT, REPEATS, MEDIAN, PLOT, REMARK, COLUMNS };
static const struct grid_column columns[COLUMNS] = {
    {"run", 0, 0, 2},        {"started", 0, 0, 4},         {"commit", 0, 0, GRID_LATE},
    {"n", GRID_RIGHT, 0, 1}, {"median", GRID_RIGHT, 0, 0}, {"", 0, 0, 3},
    {"change", 0, 0, 0}};

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
static void add_bar(struct strbuf *out, const struct history_series *s, double value)
{
    static const char *const part[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const bool fine = strcmp(output_plus_minus(), "±") == 0;
    double low = INFINITY, high = -INFINITY;
    size_t eighths;

    for (size_t i = 0; i < s->n_points; i++) {
        low = fmin(low, s->point[i].median);
        high = fmax(high, s->point[i].median);
    }
    eighths = high > low ? (size_t)lround((value - low) / (high - low) * BAR * EIGHTHS) : 0;
    for (size_t i = 0; i < eighths / EIGHTHS; i++)
        strbuf_puts(out, fine ? "█" : "#");
    if (fine)
        strbuf_puts(out, part[eighths % EIGHTHS]);
}

static void add_time(struct strbuf *out, int64_t seconds)
{
    char text[32];
    time_t t = (time_t)seconds;
    struct tm tm;

    if (localtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) > 0)
        strbuf_puts(out, text);
}

static bool differs(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

/* What happened between the run before and this one. True: it got worse. */
static bool add_remark(struct strbuf *out, const struct history_series *s, size_t i)
{
    const struct history_point *now = &s->point[i], *before = i > 0 ? &s->point[i - 1] : NULL;
    const size_t start = out->size;
    bool worse = false;
    double step;

    if (history_step(s, i, &step)) {
        const bool known = s->better != METRIC_EITHER;

        worse = known && (step > 0) != (s->better == METRIC_HIGHER);
        if (isfinite(step))
            strbuf_printf(out, "%+.2f%%", 100 * step);
        else
            strbuf_puts(out, "from 0");
        strbuf_puts(out, !known ? "" : worse ? " worse" : " better");
    }
    if (before != NULL && differs(before->go_version, now->go_version))
        strbuf_printf(out, "%s%s", out->size > start ? "; " : "", now->go_version);
    if (before != NULL && differs(before->cpu, now->cpu))
        strbuf_printf(out, "%s%s", out->size > start ? "; " : "", now->cpu);
    return worse;
}

static void add_cell(struct grid *g, const struct history_series *s, size_t i, enum column column)
{
    const struct history_point *p = &s->point[i];
    struct strbuf *out = &g->text;
    bool worse = false;
    char number[40];

    switch (column) {
    case RUN:
        strbuf_puts(out, p->run);
        break;
    case STARTED:
        add_time(out, p->time);
        break;
    case COMMIT:
        if (p->commit != NULL)
            strbuf_printf(out, "%.9s%s", p->commit, p->dirty ? "+" : "");
        break;
    case REPEATS:
        strbuf_printf(out, "%zu", p->n);
        break;
    case MEDIAN:
        output_round(p->median, number, sizeof number);
        strbuf_puts(out, number);
        break;
    case PLOT:
        add_bar(out, s, p->median);
        break;
    case REMARK:
    case COLUMNS:
        worse = add_remark(out, s, i);
        break;
    }
    grid_end_cell(g, worse ? GRID_RED : GRID_PLAIN);
}

static void write_title(FILE *f, const struct history_series *s, const struct output_style *style)
{
    char *label = history_label(s), *pkg = markup_terminal(s->pkg),
         *unit = markup_terminal(s->unit), *title;

    title = text_format("%s %s: %s%s%s%s, %zu run%s, %zu change%s of level", pkg, label, unit,
                        s->backend != NULL ? " (" : "", s->backend != NULL ? s->backend : "",
                        s->backend != NULL ? ")" : "", s->n_points, s->n_points == 1 ? "" : "s",
                        s->n_changes, s->n_changes == 1 ? "" : "s");
    grid_lines(f, style, 2, title);
    free(title);
    free(label);
    free(pkg);
    free(unit);
}

static void write_series(FILE *f, const struct history_series *s, const struct output_style *style)
{
    struct grid grid;

    write_title(f, s, style);
    grid_begin(&grid, columns, COLUMNS);
    for (size_t i = 0; i < s->n_points; i++)
        for (int k = 0; k < COLUMNS; k++)
            add_cell(&grid, s, i, (enum column)k);
    grid_print(&grid, f, style);
    grid_free(&grid);
}

static void write_table(FILE *f, const struct history *h, struct output_style style)
{
    for (size_t i = 0; i < h->n_series; i++) {
        if (i > 0)
            fputc('\n', f);
        write_series(f, &h->series[i], &style);
    }
}

const struct history_format history_table = {"table", write_table};
