/* compare_html.c - a comparison as a page with plots: what compare_json.c writes, and in each row
 * "old_values" and "new_values" (values of html_data.h; null: that side is absent) and "better". */
#include "cli/compare_format.h"
#include "cli/html.h"
#include "cli/html_data.h"

#include <stdlib.h>

static void write_more(FILE *f, const struct compare_row *row, struct bootstrap **boot)
{
    const struct sample *sides[] = {row->old, row->new};
    static const char *const names[] = {"old_values", "new_values"};
    cJSON *more = cJSON_CreateObject();
    char *text;

    for (int i = 0; i < 2; i++)
        cJSON_AddItemToObject(more, names[i],
                              sides[i] != NULL && sides[i]->n > 0
                                  ? html_values(sides[i]->value, sides[i]->n, boot)
                                  : cJSON_CreateNull());
    if (row->unit != NULL)
        html_add_better(more, metrics_better(row->unit));
    text = cJSON_PrintUnformatted(more);
    if (text != NULL)
        fputs(text + 1, f); /* behind its brace, with the one that ends the row */
    cJSON_free(text);
    cJSON_Delete(more);
}

static void write_html(FILE *f, const struct compare_report *r)
{
    struct bootstrap *boot = NULL;
    char *text = NULL;
    size_t size;
    FILE *json = open_memstream(&text, &size);

    if (json == NULL)
        return;
    bootstrap_new(1, r->options->confidence, &boot, NULL);
    compare_json_head(json, r);
    for (size_t i = 0; i < r->result->n_rows; i++) {
        fputs(i > 0 ? ",\n{" : "\n{", json);
        compare_json_row(json, &r->result->row[i]);
        fputc(',', json);
        write_more(json, &r->result->row[i], &boot);
    }
    fputs("\n]}", json);
    if (fclose(json) == 0)
        html_write(f, HTML_COMPARE, "perfgo: comparison", text);
    free(text);
    bootstrap_free(boot);
}

const struct compare_format compare_html = {"html", write_html};
