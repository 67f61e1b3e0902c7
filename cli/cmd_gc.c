/* cmd_gc.c - old runs go. */
#include "bench/run.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/prune.h"
#include "cli/say.h"

#include <stdio.h>

enum { STANDARD_KEEP = 100 };

struct gc_flags {
    const char *history;
    uint64_t keep, keep_days;
    bool dry;
};

#define ROW(field) offsetof(struct gc_flags, field)
static const struct option_row rows[] = {
    {"keep", 'k', "N", "keep the newest N runs (default 100)", OPTION_NUMBER, ROW(keep)},
    {"keep-days", 0, "D", "and all runs of the last D days", OPTION_NUMBER, ROW(keep_days)},
    {"dry-run", 0, NULL, "only tell which runs would go", OPTION_BOOL, ROW(dry)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside "
     "the nearest go.mod)",
     OPTION_TEXT, ROW(history)},
};
static const struct options options = {
    .usage = "",
    .doc = "Remove old runs from the history, and print their ids. Runs that are being written "
           "stay, and the newest one.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

static void tell(void *context, const char *id)
{
    (void)context;
    puts(id);
}

int cmd_gc(int argc, char **argv)
{
    struct gc_flags flags = {.keep = STANDARD_KEEP};
    struct option_result given;
    struct prune_result result;
    struct pg_error err;
    char history[4096];
    int rc = PERFGO_EXIT_OK;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n > 0) {
        rc = say_error("gc: '%s' is unexpected: perfgo gc --help", given.words.item[0]);
    } else if (flags.keep == 0) {
        rc = say_error("gc: --keep 0 would leave nothing to compare with: give 1 or more");
    } else {
        const struct prune p = {
            .keep = flags.keep, .keep_days = flags.keep_days, .dry = flags.dry, .tell = tell};

        if (run_history_dir(flags.history != NULL ? flags.history : given.settings.output, NULL,
                            NULL, history, sizeof history, &err) < 0 ||
            prune_history(history, &p, &result, &err) < 0)
            rc = say_error("gc: %s", err.text);
        else
            say("%zu run%s %s, %zu kept in %s", result.removed, result.removed == 1 ? "" : "s",
                flags.dry ? "would be removed" : "removed", result.kept, history);
    }
    if (rc == PERFGO_EXIT_OK && fflush(stdout) != 0)
        rc = say_error("gc: cannot write to standard output");
    options_free(&given);
    return rc;
}
