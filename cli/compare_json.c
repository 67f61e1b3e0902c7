/* compare_json.c - a comparison for programs: proto/compare.schema.json. */
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
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

/* Rows go straight to the file: a comparison can have a hundred thousand. */

static void exact(FILE *f, const char *key, double x)
{
    char number[40];

    output_exact(x, number, sizeof number);
    fprintf(f, "\"%s\":%s,", key, number);
}

/* Of an estimate ten digits say more than it knows. */
static void estimate(FILE *f, const char *key, double x)
{
    if (isfinite(x))
        fprintf(f, "\"%s\":%.10g,", key, x);
    else
        fprintf(f, "\"%s\":null,", key);
}

static void text(FILE *f, const char *key, const char *s)
{
    fprintf(f, "\"%s\":", key);
    markup_json(f, s);
    fputc(',', f);
}

static void side(FILE *f, const char *key, const struct sample *s, double median)
{
    if (s == NULL || s->n == 0) {
        fprintf(f, "\"%s\":null,", key);
        return;
    }
    fprintf(f, "\"%s\":{", key);
    exact(f, "median", median);
    exact(f, "min", s->value[0]);
    exact(f, "max", s->value[s->n - 1]);
    fprintf(f, "\"n\":%zu},", s->n);
}

static void end_of_interval(FILE *f, double x, char behind)
{
    if (isfinite(x))
        fprintf(f, "%.10g%c", x, behind);
    else
        fprintf(f, "null%c", behind);
}

static void interval(FILE *f, const char *key, bool known, struct signif_interval i)
{
    if (!known) {
        fprintf(f, "\"%s\":null,", key);
        return;
    }
    fprintf(f, "\"%s\":[", key);
    end_of_interval(f, i.low, ',');
    end_of_interval(f, i.high, ']');
    fputc(',', f);
}

void compare_json_row(FILE *f, const struct compare_row *row)
{
    const bool both = row->old != NULL && row->new != NULL && row->old->n > 0 && row->new->n > 0;

    text(f, "pkg", row->bench->pkg);
    text(f, "name", row->bench->name);
    fprintf(f, "\"procs\":%" PRIu32 ",", row->bench->procs);
    text(f, "unit", row->unit);
    side(f, "old", both ? row->old : NULL, row->old_median);
    side(f, "new", both ? row->new : NULL, row->new_median);
    estimate(f, "relative", both ? row->relative : NAN);
    estimate(f, "absolute", both ? row->absolute : NAN);
    interval(f, "relative_ci", both, row->relative_ci);
    interval(f, "absolute_ci", both, row->absolute_ci);
    estimate(f, "noise", row->relative_noise);
    fprintf(f, "\"exact\":%s,", row->exact ? "true" : "false");
    fprintf(f, "\"paired\":%s,", row->paired ? "true" : "false");
    estimate(f, "p", row->p);
    estimate(f, "q", row->q);
    text(f, "change", compare_change_name(row->change));
    text(f, "gate", row->gate != NULL ? row->gate->text : NULL);
    fprintf(f, "\"advisory\":%s,", row->gate != NULL && row->gate->advisory ? "true" : "false");
    text(f, "verdict", row->verdict != COMPARE_NONE ? compare_verdict_name(row->verdict) : NULL);
    fputs("\"reason\":", f);
    markup_json(f, row->reason);
}

void compare_json_head(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;
    cJSON *head = cJSON_CreateObject();
    char *json;

    cJSON_AddNumberToObject(head, "schema", COMPARE_SCHEMA);
    cJSON_AddStringToObject(head, "verdict", compare_verdict_name(c->verdict));
    cJSON_AddNumberToObject(head, "gated", (double)c->n_gated);
    cJSON_AddNumberToObject(head, "passed", (double)c->n_verdict[COMPARE_PASS]);
    cJSON_AddNumberToObject(head, "failed", (double)c->n_verdict[COMPARE_FAIL]);
    cJSON_AddNumberToObject(head, "inconclusive", (double)c->n_verdict[COMPARE_INCONCLUSIVE]);
    cJSON_AddNumberToObject(head, "tests", (double)c->n_tests);
    cJSON_AddNumberToObject(head, "alpha", r->options->alpha);
    cJSON_AddNumberToObject(head, "confidence", r->options->confidence);
    add_lines(head, "reasons", c->reasons.text);
    add_lines(head, "differences", c->differences.text);
    json = cJSON_PrintUnformatted(head);
    cJSON_Delete(head);
    if (json != NULL)
        fprintf(f, "%.*s,\"rows\":[", (int)(strlen(json) - 1), json);
    cJSON_free(json);
}

static void write_json(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;

    compare_json_head(f, r);
    for (size_t i = 0; i < c->n_rows; i++) {
        fputs(i > 0 ? ",\n{" : "\n{", f);
        compare_json_row(f, &c->row[i]);
        fputc('}', f);
    }
    fputs("\n]}\n", f);
}

const struct compare_format compare_json = {"json", write_json};
