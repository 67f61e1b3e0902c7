/* cmd_doctor.c - what works on this machine, what does not, why, and what mends it. */
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/say.h"

#include <cjson/cJSON.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>

static const struct {
    const char *name, *color;
} statuses[] = {
    [DOCTOR_OK] = {"ok", "green"},
    [DOCTOR_LIMITED] = {"limited", "yellow"},
    [DOCTOR_MISSING] = {"missing", "red"},
};

static void print_table(const struct doctor *d)
{
    const struct output_style style = output_style(stdout);
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return;
    scols_table_enable_colors(table, style.colors);
    scols_table_enable_noheadings(table, 1);
    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    for (int i = 0; i < 3; i++)
        scols_table_new_column(table, "", 0, 0);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];
        struct libscols_line *line = scols_table_new_line(table, NULL);

        scols_line_set_data(line, 0, statuses[f->status].name);
        scols_line_set_data(line, 1, f->check);
        scols_line_set_data(line, 2, f->state);
        if (style.colors)
            scols_cell_set_color(scols_line_get_cell(line, 0), statuses[f->status].color);
    }
    scols_print_table(table);
    scols_unref_table(table);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];

        if (f->cause != NULL)
            printf("\n%s: %s\n", f->check, f->cause);
        if (f->cause != NULL && f->cure != NULL)
            printf("  %s\n", f->cure);
    }
}

static void print_json(const struct doctor *d)
{
    cJSON *document = cJSON_CreateObject(), *checks = cJSON_CreateArray();
    char *text;

    cJSON_AddNumberToObject(document, "schema", 1);
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->finding[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "name", f->check);
        cJSON_AddStringToObject(row, "status", statuses[f->status].name);
        cJSON_AddStringToObject(row, "state", f->state);
        if (f->cause != NULL)
            cJSON_AddStringToObject(row, "cause", f->cause);
        if (f->cure != NULL)
            cJSON_AddStringToObject(row, "cure", f->cure);
        cJSON_AddItemToArray(checks, row);
    }
    cJSON_AddItemToObject(document, "checks", checks);
    text = cJSON_Print(document);
    if (text != NULL)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(document);
}

/* 0 unless nothing can be measured here. */
static int verdict(const struct doctor *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->finding[i].vital && d->finding[i].status == DOCTOR_MISSING)
            return PERFGO_EXIT_ERROR;
    return PERFGO_EXIT_OK;
}

struct doctor_flags {
    const char *sysroot;
    bool json;
};

static const struct option_row rows[] = {
    {"json", 0, NULL, "as JSON", OPTION_BOOL, offsetof(struct doctor_flags, json)},
    {"sysroot", 0, "DIR", "read DIR/proc and DIR/sys, copies from another machine", OPTION_TEXT,
     offsetof(struct doctor_flags, sysroot)},
};
static const struct options options = {
    .usage = "",
    .doc = "Tell what works on this machine, what does not, why, and what mends it.\v"
           "With --sysroot, what is found by trying is still found on this machine. "
           "The exit status is 0 unless nothing at all can be measured here (3).",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

int cmd_doctor(int argc, char **argv)
{
    struct doctor_flags flags = {0};
    struct doctor doctor = {0};
    struct option_result given;
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n > 0) {
        rc = say_error("doctor: '%s' is unexpected: perfgo doctor --help", given.words.item[0]);
        options_free(&given);
        return rc;
    }
    doctor.sysroot = flags.sysroot != NULL ? flags.sysroot : "";
    doctor.output = given.settings.output;
    doctor_examine(&doctor);
    if (flags.json)
        print_json(&doctor);
    else
        print_table(&doctor);
    rc = fflush(stdout) == 0 ? verdict(&doctor) : say_error("doctor: cannot write the findings");
    doctor_release(&doctor);
    options_free(&given);
    return rc;
}
