#include "cli/view.h"

#include "cli/say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- runs ---- */

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* `which` NULL: the newest run. */
static int load_side(struct view_side *side, const char *history, const char *which,
                     struct pg_error *err)
{
    char *dir = NULL;
    int rc;

    if (which != NULL && is_file(which)) {
        side->file = text_copy(which);
        return 0;
    }
    rc = run_resolve(history, which, &dir, err);
    rc = rc < 0 ? rc : run_load(dir, &side->run, err);
    free(dir);
    if (rc == 0)
        summary_make(&side->summary, side->run);
    return rc;
}

/* Loads the first operand, or the newest run; *used: how many operands were runs. */
static int load_first(struct view *v, const char *history, const struct words *operands,
                      size_t *used, struct pg_error *err)
{
    const char *word = operands->n > 0 ? operands->item[0] : NULL;
    struct pg_error newest;
    int rc = load_side(&v->side[0], history, word, err);

    *used = rc == 0 && word != NULL;
    if (word == NULL || operands->n > 1 || rc != -PG_E_NOTFOUND)
        return rc;
    /* Then it is a benchmark of the newest run; when there is none, the first sentence stands. */
    return load_side(&v->side[0], history, NULL, &newest) < 0 ? rc : 0;
}

static int load_sides(struct view *v, const char *history, const struct words *operands,
                      size_t *used, struct pg_error *err)
{
    struct pg_error second;
    int rc = load_first(v, history, operands, used, err);

    v->n_sides = 1;
    if (rc < 0 || *used == 0 || operands->n < 2)
        return rc;
    rc = load_side(&v->side[1], history, operands->item[1], &second);
    if (rc == 0) {
        v->n_sides = 2;
        ++*used;
        return 0;
    }
    if (operands->n == 2 && rc == -PG_E_NOTFOUND) /* RUN BENCHMARK */
        return 0;
    return pg_error_set(err, (enum pg_code)second.code, "%s", second.text);
}

/* ---- benchmarks ---- */

/* The path of a profile, when it is there; malloc'ed. */
static char *profile_of(const struct run_data *run, const struct summary_row *row,
                        const char *suffix)
{
    char *name = row->procs > 0 ? text_format("%s-%u%s", row->name, row->procs, suffix)
                                : text_format("%s%s", row->name, suffix);
    struct strbuf path = {0};
    char *found = NULL;

    if (run_profile_path(run->dir, row->pkg, name, &path, NULL) == 0 && is_file(path.text))
        found = text_copy(path.text);
    strbuf_free(&path);
    free(name);
    return found;
}

/* A sampled profile is of all repeats together; of simulated ones the first is kept. */
static uint64_t iterations(const struct summary_row *row)
{
    uint64_t n = 0;

    for (size_t i = 0; i < row->repeats; i++)
        if (i == 0 || row->record[i]->samples_taken > 0)
            n += row->record[i]->counted;
    return n;
}

static struct view_benchmark *add_benchmark(struct view *v, const char *pkg, const char *label)
{
    v->benchmark = memory_grow(v->benchmark, (v->n_benchmarks + 1) * sizeof *v->benchmark);
    v->benchmark[v->n_benchmarks] =
        (struct view_benchmark){.pkg = text_copy(pkg), .label = text_copy(label)};
    return &v->benchmark[v->n_benchmarks++];
}

static struct view_benchmark *find_benchmark(struct view *v, const char *pkg, const char *label)
{
    for (size_t i = 0; i < v->n_benchmarks; i++)
        if (strcmp(v->benchmark[i].label, label) == 0 && strcmp(v->benchmark[i].pkg, pkg) == 0)
            return &v->benchmark[i];
    return add_benchmark(v, pkg, label);
}

/* With --each, a profile for each repeat. */
static void add_repeats(struct view *v, size_t number, const struct summary_row *row,
                        const char *label)
{
    for (size_t i = 0; i < row->repeats; i++) {
        char *suffix = text_format(".%zu", i + 1), *name;
        char *profile = profile_of(v->side[number].run, row, suffix);
        struct view_benchmark *b;

        if (profile != NULL) {
            name = text_format("%s, repeat %zu", label, i + 1);
            b = find_benchmark(v, row->pkg, name);
            b->side[number].row = row;
            b->side[number].profile = profile;
            b->side[number].n = row->record[i]->counted;
            free(name);
        }
        free(suffix);
    }
}

static void add_side(struct view *v, size_t number)
{
    const struct view_side *side = &v->side[number];

    for (size_t i = 0; i < side->summary.n_rows; i++) {
        const struct summary_row *row = &side->summary.row[i];
        char *label = summary_label(row);
        struct view_benchmark *b = find_benchmark(v, row->pkg, label);

        b->side[number].row = row;
        b->side[number].profile = profile_of(side->run, row, "");
        b->side[number].n = iterations(row);
        add_repeats(v, number, row, label);
        free(label);
    }
}

/* A lone profile has no name that could be looked for: it goes with the only benchmark of the other
 * side, or with the other file. */
static void add_files(struct view *v)
{
    for (size_t i = 0; i < v->n_sides; i++) {
        const char *file = v->side[i].file, *slash;
        struct view_benchmark *b;

        if (file == NULL)
            continue;
        slash = strrchr(file, '/');
        b = v->n_benchmarks == 1 ? &v->benchmark[0]
                                 : add_benchmark(v, "", slash != NULL ? slash + 1 : file);
        b->side[i].profile = text_copy(file);
    }
}

static void free_benchmark(struct view_benchmark *b)
{
    free(b->pkg);
    free(b->label);
    for (size_t i = 0; i < VIEW_SIDES; i++)
        free(b->side[i].profile);
}

static bool is_named(const struct view_benchmark *b, const char *text)
{
    const size_t prefix = strncmp(text, "Benchmark", 9) == 0 ? 9 : 0;
    const size_t n = strlen(text + prefix);

    /* In full, with or without the number of processors. */
    return strcmp(b->label, text) == 0 || strcmp(b->label, text + prefix) == 0 ||
           (strncmp(b->label, text + prefix, n) == 0 && b->label[n] == '-' &&
            b->label[n + 1 + strspn(b->label + n + 1, "0123456789")] == '\0');
}

static bool has_part(const struct view_benchmark *b, const char *text)
{
    char *full = text_format("%s Benchmark%s", b->pkg, b->label);
    const bool found = strstr(full, text) != NULL;

    free(full);
    return found;
}

/* Keeps those that match, and returns how many; none: everything stays. */
static size_t keep(struct view *v, bool (*match)(const struct view_benchmark *, const char *),
                   const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_benchmarks; i++)
        n += match(&v->benchmark[i], text);
    if (n == 0)
        return 0;
    n = 0;
    for (size_t i = 0; i < v->n_benchmarks; i++)
        if (match(&v->benchmark[i], text))
            v->benchmark[n++] = v->benchmark[i];
        else
            free_benchmark(&v->benchmark[i]);
    return v->n_benchmarks = n;
}

static int choose(struct view *v, const struct words *operands, size_t used, struct pg_error *err)
{
    const char *text = used < operands->n ? operands->item[used] : NULL;
    const char *id = v->side[0].run != NULL ? v->side[0].run->id : v->side[0].file;

    if (operands->n > used + 1)
        return pg_error_set(err, PG_E_INVALID,
                            "'%.200s' is too much: give [RUN] [BENCHMARK] or OLD NEW [BENCHMARK]",
                            operands->item[used + 1]);
    if (v->n_benchmarks == 0)
        return pg_error_set(err, PG_E_NOTFOUND, "run %.200s has no benchmark results", id);
    if (text != NULL && keep(v, is_named, text) == 0 && keep(v, has_part, text) == 0)
        return pg_error_set(err, PG_E_NOTFOUND,
                            "'%.200s' is neither a run nor a benchmark of %.200s: perfgo list "
                            "names the runs, perfgo report the benchmarks",
                            text, id);
    return 0;
}

int view_load(struct view *v, const char *history, const struct words *operands,
              struct pg_error *err)
{
    size_t used;
    int rc;

    *v = (struct view){.n_sides = 0};
    rc = load_sides(v, history, operands, &used, err);
    for (size_t i = 0; i < v->n_sides && rc == 0; i++)
        add_side(v, i);
    if (rc == 0) {
        add_files(v);
        rc = choose(v, operands, used, err);
    }
    for (size_t i = 0; i < v->n_benchmarks; i++)
        v->n_profiles += v->benchmark[i].side[0].profile != NULL &&
                         (v->n_sides == 1 || v->benchmark[i].side[1].profile != NULL);
    return rc;
}

void view_free(struct view *v)
{
    for (size_t i = 0; i < v->n_benchmarks; i++)
        free_benchmark(&v->benchmark[i]);
    free(v->benchmark);
    for (size_t i = 0; i < VIEW_SIDES; i++) {
        summary_free(&v->side[i].summary);
        run_data_free(v->side[i].run);
        free(v->side[i].file);
    }
    *v = (struct view){.n_sides = 0};
}
