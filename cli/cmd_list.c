/* cmd_list.c - the runs in the history, newest first. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/say.h"

#include "bench/run.h"

#include <cjson/cJSON.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STANDARD_LIMIT = 20 };

struct list_flags {
    const char *pkg, *bench, *tag, *branch, *commit, *history;
    uint64_t limit;
    bool json;
};

#define ROW(field) offsetof(struct list_flags, field)
static const struct option_row rows[] = {
    {"pkg", 'p', "TEXT", "only runs of a package whose path contains TEXT", OPTION_TEXT, ROW(pkg)},
    {"bench", 0, "TEXT", "only runs with a benchmark whose name contains TEXT", OPTION_TEXT,
     ROW(bench)},
    {"tag", 't', "KEY=VALUE", "only runs with this tag", OPTION_TEXT, ROW(tag)},
    {"branch", 0, "NAME", "only runs of this git branch", OPTION_TEXT, ROW(branch)},
    {"commit", 0, "HASH", "only runs of the commit that begins so", OPTION_TEXT, ROW(commit)},
    {"limit", 'n', "N", "at most N runs (default 20; 0: all)", OPTION_NUMBER, ROW(limit)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside the nearest "
     "go.mod)",
     OPTION_TEXT, ROW(history)},
    {"json", 0, NULL, "as a JSON array", OPTION_BOOL, ROW(json)},
};
static const struct options options = {
    .usage = "",
    .doc = "List the runs in the history, newest first.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

static bool has_tag(const struct testrun *info, const char *tag)
{
    for (size_t i = 0; i < info->n_tags; i++) {
        const size_t n = strlen(info->tag[i].key);

        if (strncmp(tag, info->tag[i].key, n) == 0 && tag[n] == '=' &&
            strcmp(tag + n + 1, info->tag[i].value) == 0)
            return true;
    }
    return false;
}

static bool begins(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static bool info_matches(const struct testrun *info, const struct list_flags *flags)
{
    if (flags->tag == NULL && flags->branch == NULL && flags->commit == NULL)
        return true;
    return info != NULL && (flags->tag == NULL || has_tag(info, flags->tag)) &&
           (flags->commit == NULL || begins(info->git_commit, flags->commit)) &&
           (flags->branch == NULL ||
            (info->git_branch != NULL && strcmp(info->git_branch, flags->branch) == 0));
}

static bool matches(const struct run_data *data, const struct list_flags *flags)
{
    if (!info_matches(data->info, flags))
        return false;
    if (flags->pkg == NULL && flags->bench == NULL)
        return true;
    for (size_t i = 0; i < data->n_records; i++)
        if ((flags->pkg == NULL || strstr(data->record[i]->pkg, flags->pkg) != NULL) &&
            (flags->bench == NULL || strstr(data->record[i]->name, flags->bench) != NULL))
            return true;
    return false;
}

/* Distinct packages of the run, separated by blanks; malloc'ed. */
static char *packages_of(const struct run_data *data)
{
    char *text = text_copy("");

    for (size_t i = 0; i < data->n_records; i++) {
        const char *pkg = data->record[i]->pkg;
        bool seen = false;

        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(data->record[j]->pkg, pkg) == 0;
        if (!seen) {
            char *longer = text_format("%s%s%s", text, text[0] != '\0' ? " " : "", pkg);

            free(text);
            text = longer;
        }
    }
    return text;
}

/* Local time of the start, to the second; malloc'ed. */
static char *time_of(const struct run_entry *entry)
{
    char out[32];
    struct tm tm;
    time_t t = (time_t)entry->time;

    if (localtime_r(&t, &tm) == NULL || strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        out[0] = '\0';
    return text_copy(out);
}

static char *commit_of(const struct testrun *info)
{
    if (info == NULL || info->git_commit == NULL)
        return text_copy("");
    return text_format(
        "%.9s%s%s%s%s", info->git_commit, info->has_git_dirty && info->git_dirty ? "+" : "",
        info->git_branch != NULL ? " (" : "", info->git_branch != NULL ? info->git_branch : "",
        info->git_branch != NULL ? ")" : "");
}

static void add_row(struct libscols_table *table, const struct run_entry *entry,
                    const struct run_data *data, bool colors)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    const struct testrun *info = data->info;
    const bool bad = info != NULL && info->has_exit_code && info->exit_code != 0;

    scols_line_set_data(line, 0, entry->id);
    scols_line_refer_data(line, 1, time_of(entry));
    scols_line_refer_data(line, 2, text_format("%zu", data->n_records));
    scols_line_refer_data(line, 3,
                          info != NULL && info->has_exit_code ? text_format("%d", info->exit_code)
                                                              : text_copy("?"));
    scols_line_set_data(line, 4, info != NULL && info->backend != NULL ? info->backend : "");
    scols_line_refer_data(line, 5, commit_of(info));
    scols_line_refer_data(line, 6, packages_of(data));
    if (bad && colors)
        scols_cell_set_color(scols_line_get_cell(line, 3), "red");
}

static struct libscols_table *new_table(const struct output_style *style)
{
    static const struct {
        const char *name;
        int flags;
    } columns[] = {{"run", 0},
                   {"started", 0},
                   {"lines", SCOLS_FL_RIGHT},
                   {"exit", SCOLS_FL_RIGHT},
                   {"back end", 0},
                   {"commit", SCOLS_FL_TRUNC},
                   {"packages", SCOLS_FL_TRUNC}};
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return NULL;
    scols_table_set_column_separator(table, "  ");
    scols_table_enable_colors(table, style->colors);
    scols_table_set_termforce(table,
                              style->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style->width > 0)
        scols_table_set_termwidth(table, style->width);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        scols_table_new_column(table, columns[i].name, 0, columns[i].flags);
    return table;
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL)
        cJSON_AddStringToObject(object, name, text);
}

static cJSON *json_row(const struct run_entry *entry, const struct run_data *data)
{
    cJSON *row = cJSON_CreateObject(), *packages = cJSON_CreateArray();
    const struct testrun *info = data->info;

    cJSON_AddStringToObject(row, "id", entry->id);
    cJSON_AddStringToObject(row, "dir", entry->dir);
    cJSON_AddNumberToObject(row, "lines", (double)data->n_records);
    if (info != NULL) {
        add_text(row, "time", info->time);
        add_text(row, "backend", info->backend);
        add_text(row, "go_version", info->go_version);
        add_text(row, "commit", info->git_commit);
        add_text(row, "branch", info->git_branch);
        if (info->has_exit_code)
            cJSON_AddNumberToObject(row, "exit_code", info->exit_code);
        if (info->has_git_dirty)
            cJSON_AddBoolToObject(row, "dirty", info->git_dirty);
    }
    for (size_t i = 0; i < data->n_records; i++)
        if (i == 0 || strcmp(data->record[i]->pkg, data->record[i - 1]->pkg) != 0)
            cJSON_AddItemToArray(packages, cJSON_CreateString(data->record[i]->pkg));
    cJSON_AddItemToObject(row, "packages", packages);
    return row;
}

/* Shows the runs that match; returns how many. */
static size_t show(const struct run_list *list, const struct list_flags *flags,
                   struct libscols_table *table, cJSON *array, bool colors)
{
    size_t shown = 0;

    for (size_t i = 0; i < list->n && (flags->limit == 0 || shown < flags->limit); i++) {
        struct run_data *data;
        struct pg_error err;

        if (run_load(list->entry[i].dir, &data, &err) < 0) {
            say("%s", err.text);
            continue;
        }
        if (matches(data, flags)) {
            if (flags->json)
                cJSON_AddItemToArray(array, json_row(&list->entry[i], data));
            else
                add_row(table, &list->entry[i], data, colors);
            shown++;
        }
        run_data_free(data);
    }
    return shown;
}

static int list_runs(const struct list_flags *flags, const char *history)
{
    const struct output_style style = output_style(stdout);
    struct libscols_table *table = new_table(&style);
    cJSON *array = cJSON_CreateArray();
    struct run_list list;
    struct pg_error err;
    int rc = PERFGO_EXIT_OK;

    if (run_list(history, &list, &err) < 0) {
        rc = say_error("list: %s", err.text);
    } else {
        size_t shown = show(&list, flags, table, array, style.colors);
        char *text = flags->json ? cJSON_Print(array) : NULL;

        if (text != NULL)
            puts(text);
        else if (shown > 0)
            scols_print_table(table);
        else
            say("no runs in %s%s", history, list.n > 0 ? " match" : "");
        cJSON_free(text);
        run_list_free(&list);
    }
    cJSON_Delete(array);
    scols_unref_table(table);
    if (rc == PERFGO_EXIT_OK && fflush(stdout) != 0)
        rc = say_error("list: cannot write to standard output");
    return rc;
}

int cmd_list(int argc, char **argv)
{
    struct list_flags flags = {.limit = STANDARD_LIMIT};
    struct option_result given;
    struct pg_error err;
    char history[4096];
    const char *output;
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    output = flags.history != NULL ? flags.history : given.settings.output;
    if (given.words.n > 0)
        rc = say_error("list: '%s' is unexpected: perfgo list --help", given.words.item[0]);
    else if (run_history_dir(output, NULL, NULL, history, sizeof history, &err) < 0)
        rc = say_error("list: %s", err.text);
    else
        rc = list_runs(&flags, history);
    options_free(&given);
    return rc;
}
