/* view_html.c - the page of perfgo view.
 *
 *     {"runs": [run, …], "benchmarks": [{"pkg", "label", "sides": [{"n": iterations that the
 *      profile is of, 0: not known, "metrics": [metric], "profile": profile or null} or null, …]}]}
 *
 * with one run and side, or with old and new; the objects are html_data.h's.
 */
#include "cli/view.h"

#include "base/files.h"
#include "cli/html.h"
#include "cli/html_data.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 20000, MIN_NODES = 2000, ALL_NODES = 200000 };

static int profile_json(const char *path, size_t max_nodes, cJSON **out, struct pg_error *err)
{
    struct strbuf bytes = {0};
    struct pprof *p = NULL;
    struct pg_error why = {0};
    int rc = file_read(path, PPROF_MAX_FILE, &bytes, err);

    if (rc == 0) {
        rc = pprof_read(bytes.text != NULL ? bytes.text : "", bytes.size, &p, &why);
        rc = rc < 0 ? rc : html_profile(p, max_nodes, out, &why);
        if (rc < 0)
            pg_error_set(err, (enum pg_code)why.code, "%.200s: %.250s", path, why.text);
    }
    pprof_free(p);
    strbuf_free(&bytes);
    return rc;
}

static int side_json(const struct view *v, const struct view_benchmark *b, size_t number,
                     struct bootstrap **boot, cJSON **out, struct pg_error *err)
{
    const struct summary_row *row = b->side[number].row;
    const size_t share = ALL_NODES / v->n_benchmarks;
    cJSON *profile = NULL;
    int rc = 0;

    if (b->side[number].profile != NULL)
        rc = profile_json(b->side[number].profile,
                          share > MAX_NODES   ? MAX_NODES
                          : share < MIN_NODES ? MIN_NODES
                                              : share,
                          &profile, err);
    if (rc < 0)
        return rc;
    if (row == NULL && profile == NULL) {
        *out = cJSON_CreateNull();
        return 0;
    }
    *out = cJSON_CreateObject();
    cJSON_AddNumberToObject(*out, "n", (double)b->side[number].n);
    cJSON_AddItemToObject(*out, "metrics",
                          row != NULL ? html_metrics(&v->side[number].summary, row, boot)
                                      : cJSON_CreateArray());
    cJSON_AddItemToObject(*out, "profile", profile != NULL ? profile : cJSON_CreateNull());
    return 0;
}

static int benchmark_json(const struct view *v, const struct view_benchmark *b,
                          struct bootstrap **boot, cJSON *list, struct pg_error *err)
{
    cJSON *benchmark = cJSON_CreateObject(), *sides, *side = NULL;
    int rc = 0;

    cJSON_AddItemToArray(list, benchmark);
    cJSON_AddStringToObject(benchmark, "pkg", b->pkg);
    cJSON_AddStringToObject(benchmark, "label", b->label);
    sides = cJSON_AddArrayToObject(benchmark, "sides");
    for (size_t i = 0; i < v->n_sides && rc == 0; i++) {
        rc = side_json(v, b, i, boot, &side, err);
        if (rc == 0)
            cJSON_AddItemToArray(sides, side);
    }
    return rc;
}

static cJSON *run_json(const struct view_side *side)
{
    cJSON *run;

    if (side->run != NULL)
        return html_run(side->run);
    run = cJSON_CreateObject();
    cJSON_AddStringToObject(run, "id", side->file);
    cJSON_AddNullToObject(run, "run");
    return run;
}

int view_html(FILE *f, const struct view *v, struct pg_error *err)
{
    cJSON *document = cJSON_CreateObject(), *runs = cJSON_AddArrayToObject(document, "runs"),
          *list = cJSON_AddArrayToObject(document, "benchmarks");
    const char *only = v->n_benchmarks == 1 ? v->benchmark[0].label : NULL;
    char *title = only != NULL ? text_format("%s – perfgo", only)
                               : text_format("%zu benchmarks – perfgo", v->n_benchmarks);
    struct bootstrap *boot = NULL;
    char *text;
    int rc = 0;

    for (size_t i = 0; i < v->n_sides; i++)
        cJSON_AddItemToArray(runs, run_json(&v->side[i]));
    for (size_t i = 0; i < v->n_benchmarks && rc == 0; i++)
        rc = benchmark_json(v, &v->benchmark[i], &boot, list, err);
    if (rc == 0) {
        text = cJSON_PrintUnformatted(document);
        if (text != NULL)
            html_write(f, HTML_VIEW, title, text);
        cJSON_free(text);
    }
    cJSON_Delete(document);
    free(title);
    bootstrap_free(boot);
    return rc;
}
