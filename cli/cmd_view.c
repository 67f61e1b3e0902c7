/* cmd_view.c - look at a run, or at the difference of two: counters, profiles, flame graphs.
 *
 * Without --html one profile is given to Go's pprof and its web interface; where there is not just
 * one, the terminal shows what there is.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct view_flags {
    const char *html, *http, *history;
};

#define ROW(field) offsetof(struct view_flags, field)
static const struct option_row rows[] = {
    {"html", 0, "FILE", "write one self-contained page instead; - is standard output", OPTION_TEXT,
     ROW(html)},
    {"http", 0, "ADDRESS",
     "where pprof's web interface listens (default: localhost, any free port)", OPTION_TEXT,
     ROW(http)},
    {"dir", 'd', "DIR",
     "directory that holds history/ (default: PERFGO_OUTPUT, else .perfgo beside the nearest "
     "go.mod)",
     OPTION_TEXT, ROW(history)},
};
static const struct options options = {
    .usage = "[RUN] [BENCHMARK]\nOLD NEW [BENCHMARK]",
    .doc = "Look at a run: RUN is an id, a unique prefix of one, or a path; without it, the newest "
           "run. BENCHMARK is a name, in full or in part. Of one benchmark the profile opens in "
           "pprof's web interface (go tool pprof -http); of several, or without a profile, the "
           "counters are printed. With two runs, the difference.\vWith --html everything goes on "
           "one page that loads nothing: flame graph with search and zoom, hottest lines, "
           "counters. RUN, OLD and NEW may also be pprof files of any origin.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

static int write_html(const struct view *v, const char *path, struct pg_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int rc;

    if (f == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    rc = view_html(f, v, err);
    if (fclose(f) != 0)
        rc = pg_error_set(err, PG_E_NOMEM, "out of memory");
    rc = rc < 0 ? rc : output_text(path, text, size, err);
    free(text);
    return rc;
}

/* A browser that cannot open would only make pprof complain. */
static bool has_screen(void)
{
    return getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL ||
           getenv("BROWSER") != NULL;
}

/* Replaces this process by pprof. */
static int open_pprof(const struct view *v, const struct view_benchmark *b, const char *address,
                      struct pg_error *err)
{
    char *http = text_format("-http=%s", address != NULL ? address : "localhost:");
    char *base = v->n_sides == 2 ? text_format("-diff_base=%s", b->side[VIEW_OLD].profile) : NULL;
    struct words argv = {0};

    words_add(&argv, "go");
    words_add(&argv, "tool");
    words_add(&argv, "pprof");
    words_add(&argv, http);
    if (!has_screen())
        words_add(&argv, "-no_browser");
    if (base != NULL)
        words_add(&argv, base);
    words_add(&argv, b->side[v->n_sides - 1].profile);
    free(http);
    free(base);
    execvp("go", argv.item);
    words_free(&argv);
    return pg_error_errno(err, PG_E_NOTFOUND, errno,
                          "cannot start go tool pprof; --html FILE needs no Go");
}

static const struct view_benchmark *with_profile(const struct view *v)
{
    for (size_t i = 0; i < v->n_benchmarks; i++)
        if (v->benchmark[i].side[0].profile != NULL &&
            (v->n_sides == 1 || v->benchmark[i].side[1].profile != NULL))
            return &v->benchmark[i];
    return NULL;
}

static int show(const struct view *v, const struct view_flags *flags, struct pg_error *err)
{
    if (flags->html != NULL)
        return write_html(v, flags->html, err);
    if (v->n_profiles == 1 && (v->n_benchmarks == 1 || v->n_sides == 2))
        return open_pprof(v, with_profile(v), flags->http, err);
    if (v->n_sides == 2)
        return pg_error_set(err, PG_E_INVALID,
                            v->n_profiles == 0
                                ? "no benchmark has a profile in both runs: perfgo compare shows "
                                  "how their counters differ"
                                : "%zu benchmarks have a profile in both runs: name one, or give "
                                  "--html FILE for a page of all",
                            v->n_profiles);
    view_text(stdout, v, output_style(stdout));
    return fflush(stdout) == 0
               ? 0
               : pg_error_errno(err, PG_E_IO, errno, "cannot write to standard output");
}

int cmd_view(int argc, char **argv)
{
    struct view_flags flags = {.html = NULL};
    struct option_result given;
    struct pg_error err;
    struct view v = {.n_sides = 0};
    char history[4096];
    int rc;

    options_parse(&options, argc, argv, &flags, &given);
    rc = run_history_dir(flags.history != NULL ? flags.history : given.settings.output, NULL, NULL,
                         history, sizeof history, &err);
    rc = rc < 0 ? rc : view_load(&v, history, &given.words, &err);
    rc = rc < 0 ? rc : show(&v, &flags, &err);
    for (size_t i = 0; i < v.n_sides; i++)
        if (v.side[i].run != NULL)
            report_complain(v.side[i].run);
    rc = rc < 0 ? say_error("view: %s", err.text) : PERFGO_EXIT_OK;
    view_free(&v);
    options_free(&given);
    return rc;
}
