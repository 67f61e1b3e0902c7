/* cmd_compare.c - OLD against NEW, and whether NEW may pass. */
#include "cli/command.h"
#include "cli/compare_config.h"
#include "cli/compare_format.h"
#include "cli/compare_load.h"
#include "cli/compare_proof.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/step_summary.h"

#include <stdlib.h>
#include <string.h>

/* A new format is a file and a row; the first one is the default. */
static const void *const formats[] = {
    &compare_table, &compare_markdown, &compare_json, &compare_csv, &compare_html, NULL,
};

struct compare_flags {
    struct words gates;
    const struct compare_format *format;
    const char *output, *history, *control, *alpha, *confidence, *config;
    bool json, force, allow_drop, no_config, self_test, paired;
};

#define ROW(field) offsetof(struct compare_flags, field)
static const struct option_row rows[] = {
    {"gate", 'g', "EXPR",
     "what NEW may cost: instructions/op<=+1%, 'Sort* allocs/op<=0', ns/op<=+5%:advisory; repeat "
     "it for more, the last one that matches a result counts",
     OPTION_TEXTS, ROW(gates)},
    {"format", 'f', "NAME", "", OPTION_CHOICE, ROW(format)},
    {"json", 0, NULL, "the same as --format=json", OPTION_BOOL, ROW(json)},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_TEXT, ROW(output)},
    {"force", 0, NULL, "gate times also across different CPU models", OPTION_BOOL, ROW(force)},
    {"allow-drop", 0, NULL, "a fall to a tenth or less is an improvement, not a broken benchmark",
     OPTION_BOOL, ROW(allow_drop)},
    {"self-test", 0, NULL,
     "prove that the gates can fail: put a regression just beyond its limit into each gated result "
     "of NEW, one at a time, and find it; exit status 0 all found, 1 not all, 2 nothing is gated",
     OPTION_BOOL, ROW(self_test)},
    {"control", 0, "RUN",
     "OLD measured once more: what it differs from OLD by is noise, and no gate fails for less",
     OPTION_TEXT, ROW(control)},
    {"paired", 0, NULL,
     "the n-th values of OLD and NEW were measured side by side, as perfgo test --against does: "
     "what moved both is no noise",
     OPTION_BOOL, ROW(paired)},
    {"alpha", 0, "X",
     "the share of false alarms to accept among all that is called a change (0.05)", OPTION_TEXT,
     ROW(alpha)},
    {"confidence", 0, "X", "of the intervals (0.95)", OPTION_TEXT, ROW(confidence)},
    {"config", 0, "FILE",
     "read gates and settings from FILE (default: the nearest .perfgo.toml from here up to "
     "go.mod); "
     "flags win",
     OPTION_TEXT, ROW(config)},
    {"no-config", 0, NULL, "read no such file", OPTION_BOOL, ROW(no_config)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside "
     "the nearest go.mod)",
     OPTION_TEXT, ROW(history)},
};
static const struct options options = {
    .usage = "OLD NEW",
    .doc = "Compare benchmarks: OLD and NEW are runs (id, unique prefix, directory), files in Go's "
           "benchmark format, or several of these with commas between.\vThe limit of a gate bounds "
           "the difference of the medians: with % as a share of OLD, else in the unit of the "
           "metric. A pattern before the metric chooses benchmarks; * stands for anything. Without "
           "--gate, exact instruction counts (perfgo test simulate) may grow by 1%, and times are "
           "reported only.\n\nExit status: 0 PASS, 1 FAIL, 2 INCONCLUSIVE, 3 wrong use or input "
           "that cannot be read.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
    .choices = formats,
};

/* Those of the file first: the last one that matches counts. */
static int parse_gates(const struct words *texts, const struct compare_config *config,
                       struct compare_options *o, struct pg_error *err)
{
    const size_t n = config->n_gates + texts->n;
    struct gate *gate = n > 0 ? memory_grow(NULL, n * sizeof *gate) : NULL;
    int rc = 0;

    if (config->n_gates > 0)
        memcpy(gate, config->gate, config->n_gates * sizeof *gate);
    for (size_t i = 0; i < texts->n && rc == 0; i++)
        rc = gate_parse(texts->item[i], &gate[config->n_gates + i], err);
    o->gate = gate;
    o->n_gates = n;
    return rc;
}

/* What flags and the file say; o->gate is the caller's to free. */
static int settle(const struct compare_flags *flags, struct compare_options *o,
                  struct pg_error *err)
{
    struct compare_config config = {.path = NULL};
    int rc = flags->no_config ? 0 : compare_config_read(flags->config, &config, err);

    *o = (struct compare_options){
        .alpha = config.alpha > 0 ? config.alpha : 0.05,
        .confidence = config.confidence > 0 ? config.confidence : 0.95,
        .force = flags->force || config.force,
        .allow_drop = flags->allow_drop || config.allow_drop,
    };
    if (rc == 0 && flags->alpha != NULL)
        rc = compare_config_share("alpha", flags->alpha, &o->alpha, err);
    if (rc == 0 && flags->confidence != NULL)
        rc = compare_config_share("confidence", flags->confidence, &o->confidence, err);
    rc = rc < 0 ? rc : parse_gates(&flags->gates, &config, o, err);
    if (rc == 0 && config.path != NULL)
        say("compare: settings of %s", config.path);
    compare_config_free(&config);
    return rc;
}

static bool several_packages(const struct comparison *c)
{
    for (size_t i = 1; i < c->n_rows; i++)
        if (strcmp(c->row[i].bench->pkg, c->row[0].bench->pkg) != 0)
            return true;
    return false;
}

struct written {
    const struct compare_format *format;
    struct compare_report report;
};

static void write_report(FILE *f, const void *data)
{
    const struct written *w = data;

    w->format->write(f, &w->report);
}

struct proof_written {
    bool json;
    struct proof_report report;
};

static void write_proof(FILE *f, const void *data)
{
    const struct proof_written *w = data;

    (w->json ? compare_proof_json : compare_proof_table)(f, &w->report);
}

/* The verdict of --self-test, or a negative error code. */
static int prove(const struct compare_flags *flags, const struct comparison *c,
                 const struct compare_options *o, struct pg_error *err)
{
    struct compare_selftest result;
    struct proof_written w = {flags->format == &compare_json, {.result = &result, .options = o}};
    int rc = compare_selftest(c, o, &result, err);

    if (rc < 0)
        return rc;
    if (output_to_stdout(flags->output))
        w.report.style = output_style(stdout);
    rc = output_stream(flags->output, write_proof, &w, err);
    rc = rc < 0 ? rc : (int)result.verdict;
    compare_selftest_free(&result);
    return rc;
}

/* The verdict, or a negative error code. */
static int report(const struct compare_flags *flags, const struct comparison *c,
                  const struct compare_options *o, struct pg_error *err)
{
    struct written w = {flags->format, {.result = c, .options = o}};
    int rc;

    w.report.packages = several_packages(c);
    if (output_to_stdout(flags->output))
        w.report.style = output_style(stdout);
    rc = output_stream(flags->output, write_report, &w, err);
    w = (struct written){&compare_markdown,
                         {.result = c, .options = o, .packages = w.report.packages}};
    step_summary(write_report, &w);
    return rc < 0 ? rc : (int)c->verdict;
}

static int load_side(const char *output, const char *operand, bool turns, struct benchset *set,
                     struct pg_error *err)
{
    char history[4096];
    int rc = run_history_dir(output, NULL, NULL, history, sizeof history, err);

    if (rc == 0)
        rc = compare_load(history, operand, set, err);
    if (rc == 0 && turns)
        rc = benchset_keep_turns(set, err);
    benchset_sort(set);
    return rc;
}

/* The verdict, or a negative error code. */
static int compare(const struct compare_flags *flags, const struct option_result *given,
                   struct pg_error *err)
{
    const char *history = flags->history != NULL ? flags->history : given->settings.output;
    struct compare_options o;
    struct benchset old = {.results = 0}, new = {.results = 0}, control = {.results = 0};
    struct comparison result = {.n_rows = 0};
    int rc = settle(flags, &o, err);

    rc = rc < 0 ? rc : load_side(history, given->words.item[0], flags->paired, &old, err);
    rc = rc < 0 ? rc : load_side(history, given->words.item[1], flags->paired, &new, err);
    if (rc == 0 && flags->control != NULL) {
        rc = load_side(history, flags->control, false, &control, err);
        o.control = &control;
    }
    rc = rc < 0 ? rc : compare_sets(&old, &new, &o, &result, err);
    if (rc == 0)
        rc = (flags->self_test ? prove : report)(flags, &result, &o, err);
    compare_free(&result);
    benchset_free(&old);
    benchset_free(&new);
    benchset_free(&control);
    free((void *)o.gate);
    return rc;
}

static int exit_status(int verdict)
{
    return verdict == COMPARE_PASS   ? PERFGO_EXIT_OK
           : verdict == COMPARE_FAIL ? PERFGO_EXIT_FAIL
                                     : PERFGO_EXIT_INCONCLUSIVE;
}

int cmd_compare(int argc, char **argv)
{
    struct compare_flags flags = {.format = NULL};
    struct option_result given;
    struct pg_error err;
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    if (flags.json)
        flags.format = &compare_json;
    if (flags.config != NULL && flags.no_config) {
        rc = say_error("compare: --config and --no-config contradict each other: give one of them");
    } else if (flags.self_test && flags.format != &compare_table && flags.format != &compare_json) {
        rc = say_error("compare: --self-test is written as table or json, not %s",
                       flags.format->name);
    } else if (given.words.n != 2) {
        rc = say_error("compare: give OLD and NEW, not %zu operands; several files or runs of one "
                       "side go together with commas between",
                       given.words.n);
    } else {
        rc = compare(&flags, &given, &err);
        rc = rc < 0 ? say_error("compare: %s", err.text) : exit_status(rc);
    }
    words_free(&flags.gates);
    options_free(&given);
    return rc;
}
