/* format_html.c - a run as a page with plots.
 *
 *     {run (html_data.h), "benchmarks": [{"pkg", "label", "metrics": [metric]}], "bad_lines"}
 */
#include "cli/format.h"
#include "cli/html.h"
#include "cli/html_data.h"
#include "cli/say.h"

#include <stdlib.h>

static cJSON *benchmark_json(const struct summary *s, const struct summary_row *row,
                             struct bootstrap **boot)
{
    cJSON *benchmark = cJSON_CreateObject();
    char *label = summary_label(row);

    cJSON_AddStringToObject(benchmark, "pkg", row->pkg);
    cJSON_AddStringToObject(benchmark, "label", label);
    cJSON_AddItemToObject(benchmark, "metrics", html_metrics(s, row, boot));
    free(label);
    return benchmark;
}

static void write_html(FILE *f, const struct report *r)
{
    cJSON *document = html_run(r->data), *list = cJSON_AddArrayToObject(document, "benchmarks");
    char *title = text_format("perfgo: run %s", r->data->id), *text;
    struct bootstrap *boot = NULL;

    for (size_t i = 0; i < r->summary->n_rows; i++)
        cJSON_AddItemToArray(list, benchmark_json(r->summary, &r->summary->row[i], &boot));
    cJSON_AddNumberToObject(document, "bad_lines", (double)r->data->bad_lines);
    text = cJSON_PrintUnformatted(document);
    if (text != NULL)
        html_write(f, HTML_REPORT, title, text);
    cJSON_free(text);
    free(title);
    cJSON_Delete(document);
    bootstrap_free(boot);
}

const struct report_format format_html = {"html", write_html};
