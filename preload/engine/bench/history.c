#include "bench/history.h"

#include "bench/benchset.h"
#include "bench/changepoint.h"
#include "bench/gate.h"
#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The metric that says most about the code, best first. */
static const char *const preferred[] = {"instructions/op", "instructions:u/op", "ns/op",
                                        "task-ns/op"};

struct loader {
    struct history *h;
    const struct history_query *query;
    size_t n_runs; /* room for points in every series */
};

static int no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "no memory for the history");
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The unit to show of this benchmark, when nobody named one. */
static const char *choose_unit(const struct benchset *set, const struct bench *bench)
{
    for (size_t i = 0; i < sizeof preferred / sizeof preferred[0]; i++)
        if (benchset_sample(set, bench, preferred[i]) != NULL)
            return preferred[i];
    return NULL;
}

static struct history_series *find(struct history *h, const struct bench *bench,
                                   const struct sample *sample)
{
    for (size_t i = 0; i < h->n_series; i++) {
        struct history_series *s = &h->series[i];

        if (s->procs == bench->procs && strcmp(s->name, bench->name) == 0 &&
            strcmp(s->pkg, bench->pkg) == 0 && strcmp(s->unit, sample->unit) == 0 &&
            same(s->backend, sample->backend))
            return s;
    }
    return NULL;
}

static struct history_series *add(struct loader *l, const struct bench *bench,
                                  const struct sample *sample)
{
    struct history *h = l->h;
    struct history_series *s = reallocarray(h->series, h->n_series + 1, sizeof *h->series);

    if (s == NULL)
        return NULL;
    h->series = s;
    s = &h->series[h->n_series];
    *s = (struct history_series){
        .pkg = arena_string(&h->arena, bench->pkg),
        .name = arena_string(&h->arena, bench->name),
        .unit = arena_string(&h->arena, sample->unit),
        .backend = arena_string(&h->arena, sample->backend),
        .procs = bench->procs,
        .better = sample->better,
        .exact = true,
        .point = arena_array(&h->arena, l->n_runs, sizeof *s->point),
        .change = arena_array(&h->arena, l->n_runs, sizeof *s->change),
    };
    if (s->pkg == NULL || s->name == NULL || s->unit == NULL || s->point == NULL ||
        s->change == NULL || (sample->backend != NULL && s->backend == NULL))
        return NULL;
    h->n_series++;
    return s;
}

static bool describe(struct arena *arena, const struct testrun *info, struct history_point *p)
{
    p->commit = arena_string(arena, info->git_commit);
    p->branch = arena_string(arena, info->git_branch);
    p->go_version = arena_string(arena, info->go_version);
    p->cpu = arena_string(arena, info->cpu);
    p->dirty = info->has_git_dirty && info->git_dirty;
    return (p->commit != NULL) == (info->git_commit != NULL) &&
           (p->branch != NULL) == (info->git_branch != NULL) &&
           (p->go_version != NULL) == (info->go_version != NULL) &&
           (p->cpu != NULL) == (info->cpu != NULL);
}

static int add_point(struct loader *l, const struct run_entry *entry, const struct testrun *info,
                     const struct bench *bench, const struct sample *sample, struct pg_error *err)
{
    struct history_series *s = find(l->h, bench, sample);
    struct history_point *p;

    if (s == NULL)
        s = add(l, bench, sample);
    if (s == NULL)
        return no_memory(err);
    p = &s->point[s->n_points];
    *p = (struct history_point){
        .run = arena_string(&l->h->arena, entry->id),
        .time = entry->time,
        .n = sample->n,
        .median = stats_describe(sample->value, sample->n).median,
        .min = sample->value[0],
        .max = sample->value[sample->n - 1],
    };
    if (p->run == NULL || (info != NULL && !describe(&l->h->arena, info, p)))
        return no_memory(err);
    s->exact &= sample->n_exact == sample->n;
    s->n_points++;
    return 0;
}

static int add_benchmarks(struct loader *l, const struct run_entry *entry,
                          const struct testrun *info, const struct benchset *set,
                          struct pg_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < set->n_bench && rc == 0; i++) {
        const struct bench *bench = &set->bench[i];
        const char *unit = l->query->unit != NULL ? l->query->unit : choose_unit(set, bench);
        const struct sample *sample = unit != NULL ? benchset_sample(set, bench, unit) : NULL;

        if (sample != NULL && sample->n > 0 &&
            gate_names(l->query->benchmark, bench->name, bench->procs))
            rc = add_point(l, entry, info, bench, sample, err);
    }
    return rc;
}

/* What perfgo test --against measured of another version is not of the time it was measured at. */
static bool is_other_version(const struct testrun *info)
{
    for (size_t i = 0; info != NULL && i < info->n_tags; i++)
        if (strcmp(info->tag[i].key, "version") == 0 && strcmp(info->tag[i].value, "new") != 0)
            return true;
    return false;
}

static int add_run(struct loader *l, const struct run_entry *entry, struct pg_error *err)
{
    const char *branch = l->query->branch;
    struct benchset set = {.results = 0};
    struct run_data *data;
    int rc;

    if (run_load(entry->dir, &data, NULL) < 0)
        return 0;
    if (is_other_version(data->info) ||
        (branch != NULL && (data->info == NULL || !same(data->info->git_branch, branch)))) {
        run_data_free(data);
        return 0;
    }
    rc = benchset_add_run(&set, data, err);
    benchset_sort(&set);
    if (rc == 0)
        rc = add_benchmarks(l, entry, data->info, &set, err);
    l->h->n_runs++;
    benchset_free(&set);
    run_data_free(data);
    return rc;
}

static int find_changes(struct history_series *s, struct pg_error *err)
{
    double *value = calloc(s->n_points + 1, sizeof *value);
    int found;

    if (value == NULL)
        return no_memory(err);
    for (size_t i = 0; i < s->n_points; i++)
        value[i] = s->point[i].median;
    found = changepoint_find(value, s->n_points, s->exact, s->change, err);
    s->n_changes = found > 0 ? (size_t)found : 0;
    free(value);
    return found < 0 ? found : 0;
}

int history_load(const char *dir, const struct history_query *query, struct history *out,
                 struct pg_error *err)
{
    struct loader l = {.h = out, .query = query};
    struct run_list list;
    int rc;

    *out = (struct history){.n_runs = 0};
    rc = run_list(dir, &list, err);
    if (rc < 0)
        return rc;
    l.n_runs = query->limit > 0 && query->limit < list.n ? query->limit : list.n;
    for (size_t i = l.n_runs; i-- > 0 && rc == 0;)
        rc = add_run(&l, &list.entry[i], err);
    for (size_t i = 0; i < out->n_series && rc == 0; i++)
        rc = find_changes(&out->series[i], err);
    run_list_free(&list);
    if (rc < 0)
        history_free(out);
    return rc;
}

void history_free(struct history *h)
{
    free(h->series);
    arena_free(&h->arena);
    *h = (struct history){.n_runs = 0};
}

double history_level(const struct history_series *s, size_t first, size_t end)
{
    double *value = calloc(end - first + 1, sizeof *value);
    double median = NAN;

    for (size_t i = first; value != NULL && i < end; i++)
        value[i - first] = s->point[i].median;
    if (value != NULL)
        median = stats_describe(value, end - first).median;
    free(value);
    return median;
}
