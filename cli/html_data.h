/* html_data.h - the objects in the pages' JSON that more than one page has.
 *
 *   run      {"id", "run": testrun.json as it is, or null}
 *   values   {"values": in the order in which they ran, "median", "low", "high": of the median's
 *            interval, absent for a single value}
 *   metric   values with "unit", "backend" (absent: printed by Go), "better" ("lower", "higher";
 *            absent: neither), "coverage" (absent: 1)
 *   profile  {"types": [{"type", "unit"}], "default": index, "comments": [text], "duration_ns",
 *            "functions": [[name, file]], "total": [per type],
 *            "tree": {"parent": [node], "function": [index], "self": [[per node] per type]},
 *            "lines": {"function": [index], "line": [number], "flat", "cum": [[per line] per
 * type]}, "folded": share below which frames are part of their callers; absent: none are,
 *            "lines_left_out": how many lines are not in the list}
 *
 * All functions return objects of the caller's; they end the program without memory.
 */
#ifndef PERFGO_CLI_HTML_DATA_H
#define PERFGO_CLI_HTML_DATA_H

#include "bench/metrics.h"
#include "bench/signif.h"
#include "cli/format.h"
#include "profile/read.h"

cJSON *html_run(const struct run_data *data);

/* *boot is made when it is NULL, for intervals of 95 %; the caller frees it with bootstrap_free. */
cJSON *html_values(const double *values, size_t n, struct bootstrap **boot);

/* The interval of the median of sorted values; false for fewer than two. */
bool html_interval(const double *sorted, size_t n, struct bootstrap **boot,
                   struct signif_interval *out);

/* An array: one metric for every column that the row has. */
cJSON *html_metrics(const struct summary *s, const struct summary_row *row,
                    struct bootstrap **boot);

/* At most max_nodes frames: the smallest ones are folded into their callers. */
int html_profile(const struct pprof *p, size_t max_nodes, cJSON **out, struct pg_error *err);

/* Adds "better" for a unit, when one way is. */
void html_add_better(cJSON *to, enum metric_better better);

#endif
