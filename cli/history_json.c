/* history_json.c - a history for programs.
 *
 * {"schema": 1, "runs", "series": [{"pkg", "name", "procs", "unit", "backend" (null: Go's own),
 *  "exact", "points": [{"run", "time" (seconds since 1970), "commit", "branch", "go_version", "cpu"
 *  (null: not known), "dirty", "n", "median", "min", "max"}], "changes": [{"point": index of the
 *  first one of the new level, "relative": the step as a share; null: from 0}]}]}
 */
#include "cli/history_format.h"

#include <math.h>

enum { HISTORY_SCHEMA = 1 };

static void add_text(cJSON *to, const char *key, const char *text)
{
    cJSON_AddItemToObject(to, key, text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static cJSON *point_json(const struct history_point *p)
{
    cJSON *o = cJSON_CreateObject();

    add_text(o, "run", p->run);
    cJSON_AddNumberToObject(o, "time", (double)p->time);
    add_text(o, "commit", p->commit);
    add_text(o, "branch", p->branch);
    add_text(o, "go_version", p->go_version);
    add_text(o, "cpu", p->cpu);
    cJSON_AddBoolToObject(o, "dirty", p->dirty);
    cJSON_AddNumberToObject(o, "n", (double)p->n);
    cJSON_AddNumberToObject(o, "median", p->median);
    cJSON_AddNumberToObject(o, "min", p->min);
    cJSON_AddNumberToObject(o, "max", p->max);
    return o;
}

cJSON *history_json_series(const struct history_series *s)
{
    cJSON *o = cJSON_CreateObject(), *points, *changes;

    add_text(o, "pkg", s->pkg);
    add_text(o, "name", s->name);
    cJSON_AddNumberToObject(o, "procs", s->procs);
    add_text(o, "unit", s->unit);
    add_text(o, "backend", s->backend);
    cJSON_AddBoolToObject(o, "exact", s->exact);
    points = cJSON_AddArrayToObject(o, "points");
    for (size_t i = 0; i < s->n_points; i++)
        cJSON_AddItemToArray(points, point_json(&s->point[i]));
    changes = cJSON_AddArrayToObject(o, "changes");
    for (size_t i = 0; i < s->n_changes; i++) {
        cJSON *change = cJSON_CreateObject();
        double step = NAN;

        history_step(s, s->change[i], &step);
        cJSON_AddNumberToObject(change, "point", (double)s->change[i]);
        cJSON_AddItemToObject(change, "relative",
                              isfinite(step) ? cJSON_CreateNumber(step) : cJSON_CreateNull());
        cJSON_AddItemToArray(changes, change);
    }
    return o;
}

static void write_json(FILE *f, const struct history *h, struct output_style style)
{
    cJSON *root = cJSON_CreateObject(), *series;
    char *text;

    (void)style;
    cJSON_AddNumberToObject(root, "schema", HISTORY_SCHEMA);
    cJSON_AddNumberToObject(root, "runs", (double)h->n_runs);
    series = cJSON_AddArrayToObject(root, "series");
    for (size_t i = 0; i < h->n_series; i++)
        cJSON_AddItemToArray(series, history_json_series(&h->series[i]));
    text = cJSON_Print(root);
    if (text != NULL)
        fprintf(f, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}

const struct history_format history_json = {"json", write_json};
