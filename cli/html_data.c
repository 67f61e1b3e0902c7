#include "cli/html_data.h"

#include "bench/stats.h"
#include "cli/say.h"
#include "profile/calltree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_PER_TYPE = 300 }; /* more nobody reads */

cJSON *html_run(const struct run_data *data)
{
    cJSON *run = cJSON_CreateObject();

    cJSON_AddStringToObject(run, "id", data->id);
    cJSON_AddItemToObject(run, "run", format_json_testrun(data));
    return run;
}

bool html_interval(const double *sorted, size_t n, struct bootstrap **boot,
                   struct signif_interval *out)
{
    return n >= 2 && (*boot != NULL || bootstrap_new(1, 0.95, boot, NULL) == 0) &&
           bootstrap_median(*boot, sorted, n, out, NULL) == 0;
}

static void add_interval(cJSON *to, const double *sorted, size_t n, struct bootstrap **boot)
{
    struct signif_interval interval;

    if (!html_interval(sorted, n, boot, &interval))
        return;
    cJSON_AddNumberToObject(to, "low", interval.low);
    cJSON_AddNumberToObject(to, "high", interval.high);
}

cJSON *html_values(const double *values, size_t n, struct bootstrap **boot)
{
    double *sorted = memory_grow(NULL, (n > 0 ? n : 1) * sizeof *sorted);
    cJSON *object = cJSON_CreateObject();
    struct stats stats;

    memcpy(sorted, values, n * sizeof *sorted);
    stats = stats_describe(sorted, n);
    cJSON_AddItemToObject(object, "values", cJSON_CreateDoubleArray(values, (int)n));
    if (n > 0)
        cJSON_AddNumberToObject(object, "median", stats.median);
    add_interval(object, sorted, n, boot);
    free(sorted);
    return object;
}

void html_add_better(cJSON *to, enum metric_better better)
{
    if (better != METRIC_EITHER)
        cJSON_AddStringToObject(to, "better", better == METRIC_LOWER ? "lower" : "higher");
}

cJSON *html_metrics(const struct summary *s, const struct summary_row *row, struct bootstrap **boot)
{
    double *values = memory_grow(NULL, row->repeats * sizeof *values), coverage;
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < s->n_columns; i++) {
        const struct summary_column *column = &s->column[i];
        const size_t n = summary_values(row, column, values, &coverage);
        cJSON *metric;

        if (n == 0)
            continue;
        metric = html_values(values, n, boot);
        cJSON_AddStringToObject(metric, "unit", column->unit);
        if (column->backend != NULL)
            cJSON_AddStringToObject(metric, "backend", column->backend);
        if (coverage < 1)
            cJSON_AddNumberToObject(metric, "coverage", coverage);
        html_add_better(metric, metrics_better(column->unit));
        cJSON_AddItemToArray(list, metric);
    }
    free(values);
    return list;
}

/* ---- a profile ---- */

/* [[of every i] of every type], from numbers that stand together per i; `chosen` NULL: all. */
static cJSON *by_type(const double *value, size_t n, size_t n_types, const size_t *chosen)
{
    double *column = memory_grow(NULL, (n > 0 ? n : 1) * sizeof *column);
    cJSON *list = cJSON_CreateArray();

    for (size_t k = 0; k < n_types; k++) {
        for (size_t i = 0; i < n; i++)
            column[i] = value[(chosen != NULL ? chosen[i] : i) * n_types + k];
        cJSON_AddItemToArray(list, cJSON_CreateDoubleArray(column, (int)n));
    }
    free(column);
    return list;
}

static cJSON *numbers(const uint32_t *value, size_t n)
{
    double *wide = memory_grow(NULL, (n > 0 ? n : 1) * sizeof *wide);
    cJSON *list;

    for (size_t i = 0; i < n; i++)
        wide[i] = value[i];
    list = cJSON_CreateDoubleArray(wide, (int)n);
    free(wide);
    return list;
}

static cJSON *tree_json(const struct calltree *t)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddItemToObject(tree, "parent", numbers(t->parent, t->n_nodes));
    cJSON_AddItemToObject(tree, "function", numbers(t->function, t->n_nodes));
    cJSON_AddItemToObject(tree, "self", by_type(t->self, t->n_nodes, t->n_types, NULL));
    return tree;
}

struct ranked {
    size_t line;
    double weight;
};

static int heavier(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return (x->line > y->line) - (x->line < y->line);
}

/* Marks the lines with the largest of these values of one type. */
static void mark_heaviest(const double *value, const struct calltree *t, size_t type, bool *mark)
{
    struct ranked *ranked = memory_grow(NULL, (t->n_lines + 1) * sizeof *ranked);

    for (size_t i = 0; i < t->n_lines; i++)
        ranked[i] = (struct ranked){i, fabs(value[i * t->n_types + type])};
    qsort(ranked, t->n_lines, sizeof *ranked, heavier);
    for (size_t i = 0; i < t->n_lines && i < LINES_PER_TYPE && ranked[i].weight > 0; i++)
        mark[ranked[i].line] = true;
    free(ranked);
}

static void add_lines(cJSON *to, const struct calltree *t)
{
    bool *mark = memory_grow(NULL, t->n_lines + 1);
    size_t *chosen = memory_grow(NULL, (t->n_lines + 1) * sizeof *chosen), n = 0;
    uint32_t *function = memory_grow(NULL, (t->n_lines + 1) * sizeof *function);
    double *line = memory_grow(NULL, (t->n_lines + 1) * sizeof *line);
    cJSON *lines = cJSON_AddObjectToObject(to, "lines");

    memset(mark, 0, t->n_lines + 1);
    for (size_t k = 0; k < t->n_types; k++) {
        mark_heaviest(t->flat, t, k, mark);
        mark_heaviest(t->cum, t, k, mark);
    }
    for (size_t i = 0; i < t->n_lines; i++)
        if (mark[i]) {
            function[n] = t->line[i].function;
            line[n] = (double)t->line[i].line;
            chosen[n++] = i;
        }
    cJSON_AddItemToObject(lines, "function", numbers(function, n));
    cJSON_AddItemToObject(lines, "line", cJSON_CreateDoubleArray(line, (int)n));
    cJSON_AddItemToObject(lines, "flat", by_type(t->flat, n, t->n_types, chosen));
    cJSON_AddItemToObject(lines, "cum", by_type(t->cum, n, t->n_types, chosen));
    cJSON_AddNumberToObject(to, "lines_left_out", (double)(t->n_lines - n));
    free(mark);
    free(chosen);
    free(function);
    free(line);
}

static void add_names(cJSON *to, const struct pprof *p)
{
    cJSON *types = cJSON_AddArrayToObject(to, "types"),
          *functions = cJSON_AddArrayToObject(to, "functions");

    for (size_t i = 0; i < p->n_types; i++) {
        cJSON *type = cJSON_CreateObject();

        cJSON_AddStringToObject(type, "type", p->type[i].type);
        cJSON_AddStringToObject(type, "unit", p->type[i].unit);
        cJSON_AddItemToArray(types, type);
    }
    for (size_t i = 0; i < p->n_functions; i++) {
        const char *pair[] = {p->function[i].name, p->function[i].file};

        cJSON_AddItemToArray(functions, cJSON_CreateStringArray(pair, 2));
    }
    cJSON_AddNumberToObject(to, "default", (double)p->default_type);
    cJSON_AddItemToObject(to, "comments", cJSON_CreateStringArray(p->comment, (int)p->n_comments));
    if (p->duration_ns > 0)
        cJSON_AddNumberToObject(to, "duration_ns", (double)p->duration_ns);
}

int html_profile(const struct pprof *p, size_t max_nodes, cJSON **out, struct pg_error *err)
{
    struct calltree *t;
    int rc = calltree_make(p, &t, err);

    if (rc == 0)
        rc = calltree_prune(t, max_nodes, err);
    if (rc == 0) {
        *out = cJSON_CreateObject();
        add_names(*out, p);
        cJSON_AddItemToObject(*out, "total", cJSON_CreateDoubleArray(t->total, (int)t->n_types));
        cJSON_AddItemToObject(*out, "tree", tree_json(t));
        add_lines(*out, t);
        if (t->folded > 0)
            cJSON_AddNumberToObject(*out, "folded", t->folded);
    }
    calltree_free(t);
    return rc;
}
