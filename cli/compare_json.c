/* compare_json.c - a comparison for programs.
 *
 * {"schema": 1, "verdict", "gated", "passed", "failed", "inconclusive", "tests", "alpha",
 *  "reasons": [text], "differences": [text], "rows": [{"pkg", "name", "procs", "unit" (null: the
 *  benchmark as a whole is missing or new), "old" and "new" ({"n", "median", "min", "max"} or
 * null), "relative", "relative_ci", "absolute", "absolute_ci" (null where a side is absent; an
 * infinite number is null too), "noise" (the control's difference from OLD as a share; null: none),
 *  "exact", "p", "q" (null: not tested), "change", "gate" (null:
 * none), "advisory", "verdict" (null: not gated), "reason"}]}
 */
#include "cli/compare_format.h"
#include "cli/say.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE_SCHEMA = 1 };

static void add_lines(cJSON *to, const char *key, const char *text)
{
    cJSON *list = cJSON_AddArrayToObject(to, key);
    char *copy = text_copy(text != NULL ? text : ""), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0')
            cJSON_AddItemToArray(list, cJSON_CreateString(line));
    free(copy);
}

static void add_sample(cJSON *to, const char *key, const struct sample *s, double median)
{
    cJSON *side;

    if (s == NULL || s->n == 0) {
        cJSON_AddNullToObject(to, key);
        return;
    }
    side = cJSON_AddObjectToObject(to, key);
    cJSON_AddNumberToObject(side, "n", (double)s->n);
    cJSON_AddNumberToObject(side, "median", median);
    cJSON_AddNumberToObject(side, "min", s->value[0]);
    cJSON_AddNumberToObject(side, "max", s->value[s->n - 1]);
}

static void add_interval(cJSON *to, const char *key, struct signif_interval i)
{
    const double both[] = {i.low, i.high};

    cJSON_AddItemToObject(to, key, cJSON_CreateDoubleArray(both, 2));
}

static void add_number(cJSON *to, const char *key, double x)
{
    cJSON_AddItemToObject(to, key, isfinite(x) ? cJSON_CreateNumber(x) : cJSON_CreateNull());
}

static void add_text(cJSON *to, const char *key, const char *text)
{
    cJSON_AddItemToObject(to, key, text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static cJSON *row_json(const struct compare_row *row)
{
    const bool both = row->old != NULL && row->new != NULL && row->old->n > 0 && row->new->n > 0;
    cJSON *o = cJSON_CreateObject();

    add_text(o, "pkg", row->bench->pkg);
    add_text(o, "name", row->bench->name);
    cJSON_AddNumberToObject(o, "procs", row->bench->procs);
    add_text(o, "unit", row->unit);
    add_sample(o, "old", both ? row->old : NULL, row->old_median);
    add_sample(o, "new", both ? row->new : NULL, row->new_median);
    add_number(o, "relative", both ? row->relative : NAN);
    add_number(o, "absolute", both ? row->absolute : NAN);
    if (both) {
        add_interval(o, "relative_ci", row->relative_ci);
        add_interval(o, "absolute_ci", row->absolute_ci);
    }
    add_number(o, "noise", row->relative_noise);
    cJSON_AddBoolToObject(o, "exact", row->exact);
    add_number(o, "p", row->p);
    add_number(o, "q", row->q);
    add_text(o, "change", compare_change_name(row->change));
    add_text(o, "gate", row->gate != NULL ? row->gate->text : NULL);
    cJSON_AddBoolToObject(o, "advisory", row->gate != NULL && row->gate->advisory);
    add_text(o, "verdict",
             row->verdict != COMPARE_NONE ? compare_verdict_name(row->verdict) : NULL);
    add_text(o, "reason", row->reason);
    return o;
}

static void write_json(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;
    cJSON *head = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(head, "schema", COMPARE_SCHEMA);
    add_text(head, "verdict", compare_verdict_name(c->verdict));
    cJSON_AddNumberToObject(head, "gated", (double)c->n_gated);
    cJSON_AddNumberToObject(head, "passed", (double)c->n_verdict[COMPARE_PASS]);
    cJSON_AddNumberToObject(head, "failed", (double)c->n_verdict[COMPARE_FAIL]);
    cJSON_AddNumberToObject(head, "inconclusive", (double)c->n_verdict[COMPARE_INCONCLUSIVE]);
    cJSON_AddNumberToObject(head, "tests", (double)c->n_tests);
    cJSON_AddNumberToObject(head, "alpha", r->options->alpha);
    add_lines(head, "reasons", c->reasons.text);
    add_lines(head, "differences", c->differences.text);
    text = cJSON_PrintUnformatted(head);
    cJSON_Delete(head);
    if (text == NULL)
        return;
    fprintf(f, "%.*s,\"rows\":[", (int)(strlen(text) - 1), text);
    cJSON_free(text);
    for (size_t i = 0; i < c->n_rows; i++) {
        cJSON *row = row_json(&c->row[i]);

        text = cJSON_PrintUnformatted(row);
        if (text != NULL)
            fprintf(f, "%s\n%s", i > 0 ? "," : "", text);
        cJSON_free(text);
        cJSON_Delete(row);
    }
    fputs("\n]}\n", f);
}

const struct compare_format compare_json = {"json", write_json};
