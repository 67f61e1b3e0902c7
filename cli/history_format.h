/* history_format.h - one way to show a history: a file history_<name>.c and a row in
 * cmd_history.c. */
#ifndef PERFGO_CLI_HISTORY_FORMAT_H
#define PERFGO_CLI_HISTORY_FORMAT_H

#include "bench/history.h"
#include "cli/output.h"

#include <cjson/cJSON.h>
#include <stdio.h>

struct history_format {
    const char *name;
    /* Errors of f are the caller's to see. */
    void (*write)(FILE *f, const struct history *h, struct output_style style);
};

extern const struct history_format history_table, history_json, history_html;

/* A series of the document of history_json.c; the caller deletes it. */
cJSON *history_json_series(const struct history_series *s);

/* Does point i begin a new level? *step: how far, as a share of the level before. */
bool history_step(const struct history_series *s, size_t i, double *step);

/* "BenchmarkX-8" without its "Benchmark", harmless on a terminal; malloc'ed. */
char *history_label(const struct history_series *s);

#endif
