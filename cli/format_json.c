/* format_json.c - for programs: one document, versioned.
 *
 *     {"schema": 1, "id": …, "dir": …, "run": testrun.json as it is or null,
 *      "benchmarks": [objects of benchmarks.jsonl], "bad_lines": how many lines were no record}
 */
#include "cli/format.h"

#include "base/files.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

enum { REPORT_SCHEMA = 1, MAX_TESTRUN = 16 << 20 };

cJSON *format_json_testrun(const struct run_data *data)
{
    char *path = text_format("%s/testrun.json", data->dir);
    struct strbuf text = {0};
    cJSON *run = NULL;

    if (data->info != NULL && file_read(path, MAX_TESTRUN, &text, NULL) == 0)
        run = cJSON_ParseWithLength(text.text, text.size);
    strbuf_free(&text);
    free(path);
    return run != NULL ? run : cJSON_CreateNull();
}

static void write_json(FILE *f, const struct report *r)
{
    cJSON *document = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(document, "schema", REPORT_SCHEMA);
    cJSON_AddStringToObject(document, "id", r->data->id);
    cJSON_AddStringToObject(document, "dir", r->data->dir);
    cJSON_AddItemToObject(document, "run", format_json_testrun(r->data));
    cJSON_AddNumberToObject(document, "bad_lines", (double)r->data->bad_lines);
    text = cJSON_PrintUnformatted(document);
    cJSON_Delete(document);
    if (text == NULL)
        return;
    /* The records go straight to the file: a long run need not be in memory twice. */
    fprintf(f, "%.*s,\"benchmarks\":[", (int)(strlen(text) - 1), text);
    cJSON_free(text);
    for (size_t i = 0; i < r->data->n_records; i++) {
        struct strbuf line = {0};

        if (record_to_json(r->data->record[i], &line, NULL) == 0)
            fprintf(f, "%s\n%s", i > 0 ? "," : "", line.text);
        strbuf_free(&line);
    }
    fputs("\n]}\n", f);
}

const struct report_format format_json = {"json", write_json};
