/* format.h - one way to write a run down: a file format_<name>.c and a row in cmd_report.c. */
#ifndef PERFGO_CLI_FORMAT_H
#define PERFGO_CLI_FORMAT_H

#include "bench/run.h"
#include "cli/output.h"
#include "cli/summary.h"

#include <cjson/cJSON.h>
#include <stdio.h>

struct report {
    const struct run_data *data;
    const struct summary *summary;
    struct output_style style;
};

struct report_format {
    const char *name;
    void (*write)(FILE *f, const struct report *r); /* errors of f are the caller's to see */
};

extern const struct report_format format_table, format_benchfmt, format_markdown, format_json,
    format_csv, format_html, format_action, format_bencher;

/* testrun.json with all its members, also those that this version does not know; JSON's null when
 * there is none. The caller deletes it. */
cJSON *format_json_testrun(const struct run_data *data);

#endif
