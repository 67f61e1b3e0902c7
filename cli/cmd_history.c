/* cmd_history.c - a benchmark's metric over the runs of the history. */
#include "cli/command.h"
#include "cli/history_format.h"
#include "cli/options.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

enum { STANDARD_LIMIT = 200 };

/* A new format is a file and a row; the first one is the default. */
static const void *const formats[] = {&history_table, &history_json, &history_html, NULL};

struct history_flags {
    const struct history_format *format;
    const char *output, *history, *branch;
    uint64_t limit;
};

#define ROW(field) offsetof(struct history_flags, field)
static const struct option_row rows[] = {
    {"format", 'f', "NAME", "", OPTION_CHOICE, ROW(format)},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_TEXT, ROW(output)},
    {"branch", 0, "NAME", "only runs of this git branch", OPTION_TEXT, ROW(branch)},
    {"limit", 'n', "N", "the newest N runs (default 200; 0: all)", OPTION_NUMBER, ROW(limit)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside "
     "the nearest go.mod)",
     OPTION_TEXT, ROW(history)},
};
static const struct options options = {
    .usage = "BENCHMARK [METRIC]",
    .doc = "Show a metric of a benchmark over the runs of the history, oldest first, and where its "
           "level changed.\vBENCHMARK is a name, with or without \"Benchmark\" and the number of "
           "processors, or a pattern: * stands for anything. METRIC is a unit as on the benchmark "
           "line, such as allocs/op; without it, instructions/op where they were counted, else "
           "ns/op.\nA change is a difference that the noise between runs does not explain; of "
           "metrics that repeat exactly, any difference. With noise, six runs are needed at least.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
    .choices = formats,
};

static int nothing_found(const struct history *h, const struct history_query *q, const char *dir)
{
    if (h->n_runs == 0)
        return say_error("history: there is no run in %s%s%s: record one with perfgo test", dir,
                         q->branch != NULL ? " of branch " : "",
                         q->branch != NULL ? q->branch : "");
    return say_error(
        "history: none of %zu runs in %s has a benchmark '%s'%s%s: perfgo report shows "
        "what a run has",
        h->n_runs, dir, q->benchmark, q->unit != NULL ? " with " : "",
        q->unit != NULL ? q->unit : "");
}

static int show(const struct history_flags *flags, const struct history *h)
{
    const bool to_stdout = flags->output == NULL || strcmp(flags->output, "-") == 0;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    struct pg_error err;
    int rc = 0;

    if (f == NULL)
        return say_error("history: out of memory");
    flags->format->write(f, h, to_stdout ? output_style(stdout) : (struct output_style){0});
    if (fclose(f) != 0)
        rc = say_error("history: out of memory");
    else if (output_text(flags->output, text, size, &err) < 0)
        rc = say_error("history: %s", err.text);
    free(text);
    return rc;
}

int cmd_history(int argc, char **argv)
{
    struct history_flags flags = {.limit = STANDARD_LIMIT};
    struct option_result given;
    struct history_query query;
    struct history history;
    struct pg_error err;
    char dir[4096];
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    query = (struct history_query){.branch = flags.branch, .limit = flags.limit};
    if (given.words.n < 1 || given.words.n > 2) {
        rc = say_error("history: give a benchmark and perhaps a metric, as in perfgo history "
                       "Sort/1000 allocs/op");
    } else {
        query.benchmark = given.words.item[0];
        query.unit = given.words.n > 1 ? given.words.item[1] : NULL;
        if (run_history_dir(flags.history != NULL ? flags.history : given.settings.output, NULL,
                            NULL, dir, sizeof dir, &err) < 0 ||
            history_load(dir, &query, &history, &err) < 0) {
            rc = say_error("history: %s", err.text);
        } else {
            rc = history.n_series > 0 ? show(&flags, &history)
                                      : nothing_found(&history, &query, dir);
            history_free(&history);
        }
    }
    options_free(&given);
    return rc;
}
