/* compare_json.c - a comparison for programs: proto/compare.schema.json. */
#include "base/decimal.h"
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE_SCHEMA = 1 };

static void add_lines(cJSON *to, const char *name, const char *lines)
{
    cJSON *list = cJSON_AddArrayToObject(to, name);
    char *copy = text_copy(lines != NULL ? lines : ""), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0')
            cJSON_AddItemToArray(list, cJSON_CreateString(line));
    free(copy);
}

/* Rows go straight to the file: a comparison can have a hundred thousand. */

static void key(FILE *f, const char *name)
{
    putc_unlocked('"', f);
    fputs_unlocked(name, f);
    fputs_unlocked("\":", f);
}

static void exact(FILE *f, const char *name, double x)
{
    char number[DECIMAL_SIZE];

    key(f, name);
    output_exact(x, number, sizeof number);
    fputs_unlocked(number, f);
    putc_unlocked(',', f);
}

/* Of an estimate ten digits say more than it knows. */
static void put_estimate(FILE *f, double x, char behind)
{
    char number[DECIMAL_SIZE] = "null";

    if (isfinite(x))
        decimal_general(x, 10, number, sizeof number);
    fputs_unlocked(number, f);
    putc_unlocked(behind, f);
}

static void estimate(FILE *f, const char *name, double x)
{
    key(f, name);
    put_estimate(f, x, ',');
}

static void text(FILE *f, const char *name, const char *s)
{
    key(f, name);
    markup_json(f, s);
    putc_unlocked(',', f);
}

static void truth(FILE *f, const char *name, bool x)
{
    key(f, name);
    fputs_unlocked(x ? "true," : "false,", f);
}

static void side(FILE *f, const char *name, const struct sample *s, double median)
{
    key(f, name);
    if (s == NULL || s->n == 0) {
        fputs_unlocked("null,", f);
        return;
    }
    putc_unlocked('{', f);
    exact(f, "median", median);
    exact(f, "min", s->value[0]);
    exact(f, "max", s->value[s->n - 1]);
    fprintf(f, "\"n\":%zu},", s->n);
}

static void interval(FILE *f, const char *name, bool known, struct signif_interval i)
{
    key(f, name);
    if (!known) {
        fputs_unlocked("null,", f);
        return;
    }
    putc_unlocked('[', f);
    put_estimate(f, i.low, ',');
    put_estimate(f, i.high, ']');
    putc_unlocked(',', f);
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
    truth(f, "exact", row->exact);
    truth(f, "paired", row->paired);
    estimate(f, "p", row->p);
    estimate(f, "q", row->q);
    text(f, "change", compare_change_name(row->change));
    text(f, "gate", row->gate != NULL ? row->gate->text : NULL);
    truth(f, "advisory", row->gate != NULL && row->gate->advisory);
    text(f, "verdict", row->verdict != COMPARE_NONE ? compare_verdict_name(row->verdict) : NULL);
    key(f, "reason");
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
