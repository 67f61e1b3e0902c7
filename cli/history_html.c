/* history_html.c - a history as a page with plots: the "series" of history_json.c, each with
 * "better" (html_data.h) and "levels": the one before the first change, and the one from each. */
#include "cli/history_format.h"
#include "cli/html.h"
#include "cli/html_data.h"

static cJSON *series_json(const struct history_series *s)
{
    cJSON *series = history_json_series(s), *levels = cJSON_AddArrayToObject(series, "levels");

    html_add_better(series, s->better);
    for (size_t i = 0; i <= s->n_changes; i++)
        cJSON_AddItemToArray(levels, cJSON_CreateNumber(history_level(
                                         s, i > 0 ? s->change[i - 1] : 0,
                                         i < s->n_changes ? s->change[i] : s->n_points)));
    return series;
}

static void write_html(FILE *f, const struct history *h, struct output_style style)
{
    cJSON *document = cJSON_CreateObject(), *list;
    char *text;

    (void)style;
    cJSON_AddNumberToObject(document, "runs", (double)h->n_runs);
    list = cJSON_AddArrayToObject(document, "series");
    for (size_t i = 0; i < h->n_series; i++)
        cJSON_AddItemToArray(list, series_json(&h->series[i]));
    text = cJSON_PrintUnformatted(document);
    if (text != NULL)
        html_write(f, HTML_HISTORY, "perfgo: history", text);
    cJSON_free(text);
    cJSON_Delete(document);
}

const struct history_format history_html = {"html", write_html};
