/* cmd_events.c - every event that can be counted here, by the name that -e takes.
 *
 * The engine shows the names (pmu/catalog.h) and opens them (pmu/trial.h); this file chooses and
 * prints. Opening is quick but for tracepoints: the kernel waits for all processors before it lets
 * go of one. So when many match, the first one stands for them, and the others are said to be
 * untried.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/say.h"

#include "bench/metrics.h"
#include "pmu/catalog.h"
#include "pmu/trial.h"

#include <cjson/cJSON.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { TRACEPOINTS_TRIED = 24, REASONS = 4 };

enum opens { OPENS_NO, OPENS_USER, OPENS_YES, OPENS_UNTRIED };

static const struct {
    const char *name, *color;
} opens_words[] = {
    [OPENS_NO] = {"no", "red"},
    [OPENS_USER] = {"user", "yellow"},
    [OPENS_YES] = {"yes", "green"},
    [OPENS_UNTRIED] = {"untried", NULL},
};

struct entry {
    enum catalog_kind kind;
    char *name, *alias, *pmu, *text, *reason; /* alias, reason: or NULL */
    enum opens opens;
};

struct listing {
    const struct words *patterns;
    struct entry *entry;
    size_t n, room;
    const char *no_tracepoints; /* why they are not in the list; NULL when they are */
};

struct events_flags {
    bool all, json, try_all, metrics;
};

#define ROW(field) offsetof(struct events_flags, field)
static const struct option_row rows[] = {
    {"all", 'a', NULL, "also events that cannot be opened here", OPTION_BOOL, ROW(all)},
    {"try", 0, NULL, "open every tracepoint, not only the first of many (some 40 ms each)",
     OPTION_BOOL, ROW(try_all)},
    {"metrics", 0, NULL, "instead, the metrics that follow from events that are counted together",
     OPTION_BOOL, ROW(metrics)},
    {"json", 0, NULL, "as JSON, with the reason for each event that cannot be opened", OPTION_BOOL,
     ROW(json)},
};
static const struct options options = {
    .usage = "[PATTERN...]",
    .doc =
        "List the events that can be counted on this machine, by the name that -e takes.\v"
        "A PATTERN with one of *?[ must match a whole name; any other may stand anywhere in name "
        "or description. The second column says what was found by opening the event: yes; user, "
        "in user mode only; no, for the reason below; untried, a tracepoint like the one that "
        "was tried.\n\n"
        "Not in the list because they have no name: rNNN, TYPE:CONFIG and PMU/event=N,.../.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

/* ---- choosing ---- */

static bool is_wanted(const struct words *patterns, const struct catalog_event *event)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (catalog_matches(event, patterns->item[i]))
            return true;
    return patterns->n == 0;
}

static void take(void *context, const struct catalog_event *event)
{
    struct listing *l = context;

    if (!is_wanted(l->patterns, event))
        return;
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 256;
        l->entry = memory_grow(l->entry, l->room * sizeof *l->entry);
    }
    l->entry[l->n++] = (struct entry){
        .kind = event->kind,
        .name = text_copy(event->name),
        .alias = event->alias != NULL ? text_copy(event->alias) : NULL,
        .pmu = text_copy(event->pmu),
        .text = text_copy(event->text),
    };
}

static void try_entry(const struct trial_machine *machine, struct entry *e)
{
    static const enum opens opens[] = {
        [TRIAL_NO] = OPENS_NO, [TRIAL_USER] = OPENS_USER, [TRIAL_YES] = OPENS_YES};
    char reason[CAPS_TEXT_SIZE];

    e->opens = opens[trial_open(machine, e->name, reason)];
    if (e->opens == OPENS_NO)
        e->reason = text_copy(reason);
}

static void try_all(const struct trial_machine *machine, struct listing *l, bool every)
{
    const struct entry *first = NULL;
    size_t tracepoints = 0;

    for (size_t i = 0; i < l->n; i++)
        tracepoints += l->entry[i].kind == CATALOG_TRACEPOINT;
    every |= tracepoints <= TRACEPOINTS_TRIED;
    for (size_t i = 0; i < l->n; i++) {
        struct entry *e = &l->entry[i];

        /* A failure costs nothing, so after one the next is tried. */
        if (e->kind == CATALOG_TRACEPOINT && !every && first != NULL) {
            e->opens = OPENS_UNTRIED;
            continue;
        }
        try_entry(machine, e);
        if (e->kind == CATALOG_TRACEPOINT && e->opens != OPENS_NO)
            first = e;
    }
}

/* ---- printing ---- */

static void print_rows(const struct listing *l, enum catalog_kind kind, bool all)
{
    const struct output_style style = output_style(stdout);
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return;
    scols_table_enable_colors(table, style.colors);
    scols_table_enable_noheadings(table, 1);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table,
                              style.width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style.width > 0)
        scols_table_set_termwidth(table, style.width);
    scols_table_new_column(table, "", 0, 0);
    scols_table_new_column(table, "", 0, 0);
    scols_table_new_column(table, "", 0, SCOLS_FL_TRUNC);
    for (size_t i = 0; i < l->n; i++) {
        const struct entry *e = &l->entry[i];
        struct libscols_line *line;

        if (e->kind != kind || (e->opens == OPENS_NO && !all))
            continue;
        line = scols_table_new_line(table, NULL);
        scols_line_refer_data(line, 0,
                              e->alias != NULL && kind != CATALOG_PFM
                                  ? text_format("  %s or %s", e->name, e->alias)
                                  : text_format("  %s", e->name));
        scols_line_set_data(line, 1, opens_words[e->opens].name);
        scols_line_set_data(line, 2, e->text);
        if (style.colors && opens_words[e->opens].color != NULL)
            scols_cell_set_color(scols_line_get_cell(line, 1), opens_words[e->opens].color);
    }
    scols_print_table(table);
    scols_unref_table(table);
}

/* "  54 cannot be opened: this virtual machine has no PMU", for each of the first reasons. */
static void print_reasons(const struct listing *l, enum catalog_kind kind)
{
    const char *reason[REASONS];
    size_t count[REASONS] = {0}, n = 0, others = 0;

    for (size_t i = 0; i < l->n; i++) {
        const struct entry *e = &l->entry[i];
        size_t k = 0;

        if (e->kind != kind || e->reason == NULL)
            continue;
        while (k < n && strcmp(reason[k], e->reason) != 0)
            k++;
        if (k == n && n < REASONS)
            reason[n++] = e->reason;
        if (k < REASONS)
            count[k]++;
        else
            others++;
    }
    for (size_t k = 0; k < n; k++)
        printf("  %zu cannot be opened: %s\n", count[k], reason[k]);
    if (others > 0)
        printf("  %zu cannot be opened for other reasons (--json tells them)\n", others);
}

static void print_text(const struct listing *l, bool all)
{
    bool first = true;

    for (int kind = 0; kind < CATALOG_KINDS; kind++) {
        size_t total = 0, open = 0;

        for (size_t i = 0; i < l->n; i++)
            if (l->entry[i].kind == (enum catalog_kind)kind) {
                total++;
                open += l->entry[i].opens != OPENS_NO;
            }
        if (total == 0)
            continue;
        printf("%s%s events: %zu of %zu\n", first ? "" : "\n",
               catalog_kind_name((enum catalog_kind)kind), open, total);
        if (open > 0 || all)
            print_rows(l, (enum catalog_kind)kind, all);
        print_reasons(l, (enum catalog_kind)kind);
        first = false;
    }
    if (l->no_tracepoints != NULL && l->patterns->n == 0)
        printf("%stracepoint events: not listed: %s\n", first ? "" : "\n", l->no_tracepoints);
}

static cJSON *events_json(const struct listing *l, bool all)
{
    cJSON *document = cJSON_CreateObject(), *events = cJSON_CreateArray();

    cJSON_AddNumberToObject(document, "schema", 1);
    for (size_t i = 0; i < l->n; i++) {
        const struct entry *e = &l->entry[i];
        cJSON *row;

        if (e->opens == OPENS_NO && !all)
            continue;
        row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", e->name);
        if (e->alias != NULL)
            cJSON_AddStringToObject(row, "alias", e->alias);
        cJSON_AddStringToObject(row, "kind", catalog_kind_name(e->kind));
        if (e->pmu[0] != '\0')
            cJSON_AddStringToObject(row, "pmu", e->pmu);
        if (e->text[0] != '\0')
            cJSON_AddStringToObject(row, "description", e->text);
        cJSON_AddStringToObject(row, "opens", opens_words[e->opens].name);
        if (e->reason != NULL)
            cJSON_AddStringToObject(row, "reason", e->reason);
        cJSON_AddItemToArray(events, row);
    }
    cJSON_AddItemToObject(document, "events", events);
    if (l->no_tracepoints != NULL)
        cJSON_AddStringToObject(document, "no_tracepoints", l->no_tracepoints);
    return document;
}

static void print_json(cJSON *document)
{
    char *text = cJSON_Print(document);

    if (text != NULL)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(document);
}

static void print_metrics(void)
{
    struct metrics_derived metric;

    for (size_t i = 0; metrics_derived_at(i, &metric); i++)
        printf("%-18s= %s\n%-20s%s\n", metric.name, metric.formula, "", metric.source);
}

static cJSON *metrics_json(void)
{
    cJSON *document = cJSON_CreateObject(), *metrics = cJSON_CreateArray();
    struct metrics_derived metric;

    cJSON_AddNumberToObject(document, "schema", 1);
    for (size_t i = 0; metrics_derived_at(i, &metric); i++) {
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", metric.name);
        cJSON_AddStringToObject(row, "formula", metric.formula);
        cJSON_AddStringToObject(row, "source", metric.source);
        cJSON_AddItemToArray(metrics, row);
    }
    cJSON_AddItemToObject(document, "metrics", metrics);
    return document;
}

static int no_match(const struct words *patterns)
{
    char near[EVSPEC_NAME_SIZE];

    if (patterns->n == 1 && evspec_suggest(patterns->item[0], near))
        return say_error("events: no event matches '%s': did you mean '%s'?", patterns->item[0],
                         near);
    return say_error("events: no event matches '%s'%s: perfgo events --all lists all of them",
                     patterns->item[0], patterns->n > 1 ? " or the other patterns" : "");
}

static void release(struct listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->entry[i].name);
        free(l->entry[i].alias);
        free(l->entry[i].pmu);
        free(l->entry[i].text);
        free(l->entry[i].reason);
    }
    free(l->entry);
}

static int list_events(struct listing *l, const struct events_flags *flags)
{
    struct pmu_caps caps;
    struct trial_machine machine = {.caps = &caps, .kernel = &fit_real_kernel};
    struct pg_error err;

    caps_probe("/proc", "/sys", &caps);
    machine.roots = (struct resolve_roots){"/sys", caps.tracefs};
    if (catalog_each(&machine.roots, take, l, &err) < 0)
        l->no_tracepoints = err.text;
    if (l->n == 0 && l->patterns->n > 0)
        return no_match(l->patterns);
    try_all(&machine, l, flags->try_all);
    if (flags->json)
        print_json(events_json(l, flags->all));
    else
        print_text(l, flags->all);
    return PERFGO_EXIT_OK;
}

static int list_metrics(const struct events_flags *flags)
{
    if (flags->json)
        print_json(metrics_json());
    else
        print_metrics();
    return PERFGO_EXIT_OK;
}

int cmd_events(int argc, char **argv)
{
    struct events_flags flags = {0};
    struct option_result given;
    struct listing listing = {0};
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    listing.patterns = &given.words;
    if (flags.metrics && given.words.n > 0)
        rc = say_error("events: --metrics takes no PATTERN");
    else
        rc = flags.metrics ? list_metrics(&flags) : list_events(&listing, &flags);
    if (fflush(stdout) != 0)
        rc = say_error("events: cannot write the list");
    release(&listing);
    options_free(&given);
    return rc;
}
