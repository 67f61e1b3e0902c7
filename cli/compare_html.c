/* compare_html.c - a comparison as a page with plots: what compare_json.c writes, and in each row
 * "old_values" and "new_values" (values of html_data.h, but ascending; null: that side is absent)
 * and "better". Rows go straight to the text: a comparison can have a hundred thousand. */
#include "base/decimal.h"
#include "bench/stats.h"
#include "cli/compare_format.h"
#include "cli/html.h"
#include "cli/html_data.h"

static void number(FILE *f, const char *before, double x)
{
    char text[DECIMAL_SIZE];

    output_exact(x, text, sizeof text);
    fputs_unlocked(before, f);
    fputs_unlocked(text, f);
}

static void write_values(FILE *f, const char *key, const struct sample *s, struct bootstrap **boot)
{
    struct signif_interval interval;

    if (s == NULL || s->n == 0) {
        fprintf(f, "\"%s\":null", key);
        return;
    }
    fprintf(f, "\"%s\":{\"values\":[", key);
    for (size_t i = 0; i < s->n; i++)
        number(f, i > 0 ? "," : "", s->value[i]);
    number(f, "],\"median\":", stats_median(s->value, s->n));
    if (html_interval(s->value, s->n, boot, &interval)) {
        number(f, ",\"low\":", interval.low);
        number(f, ",\"high\":", interval.high);
    }
    fputc('}', f);
}

static void write_more(FILE *f, const struct compare_row *row, struct bootstrap **boot)
{
    static const char *const names[] = {
        [METRIC_LOWER] = ",\"better\":\"lower\"", [METRIC_HIGHER] = ",\"better\":\"higher\""};
    const struct sample *side = row->new != NULL ? row->new : row->old;

    write_values(f, "old_values", row->old, boot);
    fputc(',', f);
    write_values(f, "new_values", row->new, boot);
    if (side != NULL && side->better != METRIC_EITHER)
        fputs(names[side->better], f);
    fputc('}', f);
}

struct content {
    const struct compare_report *report;
    struct bootstrap *boot;
};

static void write_document(FILE *f, void *data)
{
    struct content *c = data;
    const struct comparison *result = c->report->result;

    compare_json_head(f, c->report);
    for (size_t i = 0; i < result->n_rows; i++) {
        fputs(i > 0 ? ",\n{" : "\n{", f);
        compare_json_row(f, &result->row[i]);
        fputc(',', f);
        write_more(f, &result->row[i], &c->boot);
    }
    fputs("\n]}", f);
}

static void write_html(FILE *f, const struct compare_report *r)
{
    struct content content = {.report = r};

    bootstrap_new(1, r->options->confidence, &content.boot, NULL);
    html_stream(f, HTML_COMPARE, "perfgo: comparison", write_document, &content);
    bootstrap_free(content.boot);
}

const struct compare_format compare_html = {"html", write_html};
