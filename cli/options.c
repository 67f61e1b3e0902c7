#include "cli/options.h"

#include "cli/command.h"
#include "cli/say.h"
#include "pmu/pmu.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* argp keys: a letter where there is one, otherwise these bases plus the row's index. Keys of
 * settings live above all others so that the two tables cannot collide. */
enum { KEY_ROW = 0x400, KEY_SETTING = 0x800, KEY_SWITCH = 0xc00 };

/* Flags that are another way to write a setting. */
static const struct {
    const char *name, *env, *value, *help;
} switches[] = {
    {"no-inline", "PERFGO_INLINE", "0", "leave Go's benchmark lines alone; only record"},
    {"save-binary", "PERFGO_SAVE_BINARY", "1", "keep the test binaries with the run, in binaries/"},
    {"each", "PERFGO_EACH", "1", "profile: one for each repetition of -count, not one for all"},
    {"perf-data", "PERFGO_PERF_DATA", "1",
     "profile: also a recording for perf script and perf report"},
};
enum { SWITCHES = sizeof switches / sizeof switches[0] };

struct parse {
    const struct options *o;
    char *values;
    struct option_result *result;
};

static const char *choice_name(const void *choice)
{
    return *(const char *const *)choice;
}

/* "table, markdown or json", with `mark` behind the first; malloc'ed. */
static char *choice_names(const void *const *choices, const char *mark)
{
    char *all = text_format("%s%s", choice_name(choices[0]), mark);

    for (size_t i = 1; choices[i] != NULL; i++) {
        char *longer = text_format("%s%s%s", all, choices[i + 1] != NULL ? ", " : " or ",
                                   choice_name(choices[i]));

        free(all);
        all = longer;
    }
    return all;
}

static const void *choose(const struct argp_state *state, const struct option_row *row,
                          const void *const *choices, const char *name)
{
    for (size_t i = 0; choices[i] != NULL; i++)
        if (strcmp(choice_name(choices[i]), name) == 0)
            return choices[i];
    argp_failure(state, PERFGO_EXIT_ERROR, 0, "--%s %s: give %s", row->name, name,
                 choice_names(choices, ""));
    return NULL;
}

static const struct pg_setting_row *setting_by_env(const char *env)
{
    for (size_t i = 0; i < pg_setting_count; i++)
        if (strcmp(pg_setting_rows[i].env, env) == 0)
            return &pg_setting_rows[i];
    abort(); /* a switch names a row that settings.def does not have */
}

static bool is_tags(const struct pg_setting_row *row)
{
    return row->offset == offsetof(struct pg_settings, tags);
}

static void add_tag(const struct argp_state *state, struct option_result *result, const char *tag)
{
    const char *before = result->settings.tags;
    char *all;

    if (strchr(tag, '=') == NULL || *tag == '=' || strchr(tag, ',') != NULL)
        argp_failure(state, PERFGO_EXIT_ERROR, 0,
                     "--tag %s: give KEY=VALUE without a comma; repeat --tag for more", tag);
    all = before != NULL ? text_format("%s,%s", before, tag) : text_copy(tag);
    free(result->tags);
    result->tags = all;
    result->settings.tags = all;
}

static void set_setting(const struct argp_state *state, struct option_result *result,
                        const struct pg_setting_row *row, const char *value)
{
    char text[512];
    enum pg_backend backend;

    if (is_tags(row)) {
        add_tag(state, result, value);
        return;
    }
    if (row->offset == offsetof(struct pg_settings, iterations) && strcmp(value, "auto") == 0)
        value = "0";
    if (pg_settings_set(&result->settings, row, value, text, sizeof text) < 0)
        argp_failure(state, PERFGO_EXIT_ERROR, 0, "%s", text);
    if (row->offset == offsetof(struct pg_settings, backend) &&
        !pmu_backend_by_name(value, &backend))
        argp_failure(state, PERFGO_EXIT_ERROR, 0,
                     "--backend %s: give auto, pmu, software, timer or simulate%s", value,
                     strncmp(value, "ench", 4) == 0 ? "; go test's -bench belongs behind --" : "");
}

static void set_row(const struct argp_state *state, const struct parse *p,
                    const struct option_row *row, char *arg)
{
    void *field = p->values + row->offset;
    char *end;

    switch (row->kind) {
    case OPTION_BOOL:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        *(const char **)field = arg;
        break;
    case OPTION_TEXTS:
        words_add(field, arg);
        break;
    case OPTION_NUMBER:
        errno = 0;
        *(uint64_t *)field = strtoull(arg, &end, 10);
        if (arg[0] < '0' || arg[0] > '9' || *end != '\0' || errno != 0)
            argp_failure(state, PERFGO_EXIT_ERROR, 0, "--%s %s: give a number", row->name, arg);
        break;
    case OPTION_CHOICE:
        *(const void **)field = choose(state, row, p->o->choices, arg);
        break;
    }
}

static void take_operand(struct argp_state *state, struct parse *p, char *arg)
{
    bool behind_dashes = state->quoted > 0 && state->next - 1 >= state->quoted;

    if (p->o->operands == OPERANDS_COMMAND ||
        (p->o->operands == OPERANDS_DASHES && behind_dashes)) {
        p->result->rest = &state->argv[state->next - 1];
        p->result->n_rest = (size_t)(state->argc - state->next + 1);
        state->next = state->argc;
        return;
    }
    words_add(&p->result->words, arg);
}

static error_t parse_key(int key, char *arg, struct argp_state *state)
{
    struct parse *p = state->input;

    if (key == ARGP_KEY_ARG) {
        take_operand(state, p, arg);
        return 0;
    }
    for (size_t i = 0; i < p->o->n_rows; i++) {
        const struct option_row *row = &p->o->rows[i];

        if (key == (row->letter != 0 ? row->letter : (int)(KEY_ROW + i))) {
            set_row(state, p, row, arg);
            return 0;
        }
    }
    for (size_t i = 0; p->o->settings && i < pg_setting_count; i++) {
        const struct pg_setting_row *row = &pg_setting_rows[i];

        if (row->flag != NULL && key == (row->letter != 0 ? row->letter : (int)(KEY_SETTING + i))) {
            set_setting(state, p->result, row, arg);
            return 0;
        }
    }
    if (p->o->settings && key >= KEY_SWITCH && key < KEY_SWITCH + SWITCHES) {
        const int i = key - KEY_SWITCH;

        set_setting(state, p->result, setting_by_env(switches[i].env), switches[i].value);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

/* malloc'ed where it is not the row's own: for choices, see free_table. */
static const char *help_of(const struct options *o, const struct option_row *row)
{
    char *names, *help;

    if (row->kind != OPTION_CHOICE)
        return row->help;
    names = choice_names(o->choices, " (default)");
    help = text_format("%s%s%s", row->help, row->help[0] != '\0' ? ": " : "", names);
    free(names);
    return help;
}

static void free_table(const struct options *o, struct argp_option *table)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (table[i].doc != o->rows[i].help)
            free((char *)table[i].doc);
    free(table);
}

/* All rows as argp wants them; free_table frees. The first are those of o->rows. */
static struct argp_option *argp_table(const struct options *o)
{
    size_t max = o->n_rows + pg_setting_count + SWITCHES + 1, n = 0;
    struct argp_option *table = memory_grow(NULL, max * sizeof *table);

    memset(table, 0, max * sizeof *table);
    for (size_t i = 0; i < o->n_rows; i++) {
        const struct option_row *row = &o->rows[i];

        table[n++] = (struct argp_option){
            row->name,       row->letter != 0 ? row->letter : (int)(KEY_ROW + i),
            row->arg,        0,
            help_of(o, row), 0};
    }
    for (size_t i = 0; o->settings && i < pg_setting_count; i++) {
        const struct pg_setting_row *row = &pg_setting_rows[i];

        if (row->flag != NULL)
            table[n++] = (struct argp_option){
                row->flag, row->letter != 0 ? row->letter : (int)(KEY_SETTING + i),
                row->arg,  0,
                row->help, 0};
    }
    for (int i = 0; o->settings && i < SWITCHES; i++)
        table[n++] =
            (struct argp_option){switches[i].name, KEY_SWITCH + i, NULL, 0, switches[i].help, 0};
    return table;
}

static void settings_from_environment(struct option_result *result)
{
    char text[512];

    if (pg_settings_from_env(&result->settings, environ, text, sizeof text) < 0) {
        say("%s", text);
        exit(PERFGO_EXIT_ERROR);
    }
}

void options_parse(const struct options *o, int argc, char **argv, void *values,
                   struct option_result *result)
{
    struct parse p = {o, values, result};
    struct argp_option *table = argp_table(o);
    struct argp argp = {table, parse_key, o->usage, o->doc, NULL, NULL, NULL};

    *result = (struct option_result){.rest = &argv[argc]};
    settings_from_environment(result);
    for (size_t i = 0; i < o->n_rows; i++)
        if (o->rows[i].kind == OPTION_CHOICE)
            *(const void **)(void *)((char *)values + o->rows[i].offset) = o->choices[0];
    argp_err_exit_status = PERFGO_EXIT_ERROR;
    argp_parse(&argp, argc, argv, o->operands != OPERANDS_ANYWHERE ? ARGP_IN_ORDER : 0, NULL, &p);
    free_table(o, table);
}

void options_free(struct option_result *result)
{
    words_free(&result->words);
    free(result->tags);
    result->tags = NULL;
}

static void export_text(const char *env, const char *value, const char *standard)
{
    if (value == NULL || (standard != NULL && strcmp(value, standard) == 0))
        unsetenv(env);
    else
        setenv(env, value, 1);
}

void options_export(const struct pg_settings *s)
{
    struct pg_settings standard;
    char number[24], standard_number[24];

    pg_settings_default(&standard);
    for (size_t i = 0; i < pg_setting_count; i++) {
        const struct pg_setting_row *row = &pg_setting_rows[i];
        const char *at = (const char *)s + row->offset;
        const char *at_standard = (const char *)&standard + row->offset;

        switch (row->type) {
        case PG_SETTING_STR:
            export_text(row->env, *(const char *const *)(const void *)at,
                        *(const char *const *)(const void *)at_standard);
            break;
        case PG_SETTING_BOOL:
            export_text(row->env, *(const bool *)at ? "1" : "0",
                        *(const bool *)at_standard ? "1" : "0");
            break;
        case PG_SETTING_U64:
            snprintf(number, sizeof number, "%" PRIu64, *(const uint64_t *)(const void *)at);
            snprintf(standard_number, sizeof standard_number, "%" PRIu64,
                     *(const uint64_t *)(const void *)at_standard);
            export_text(row->env, number, standard_number);
            break;
        }
    }
}
