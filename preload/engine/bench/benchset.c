#include "bench/benchset_priv.h"

#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int benchset_no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "no memory for the samples to compare");
}

/* ---- hash tables of indices ---- */

struct benchset_slot {
    uint64_t hash;
    size_t at; /* index + 1; 0: free */
};

/* FNV-1a; the tables are never iterated, so the order of output does not depend on it. */
static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t hash_bench(const struct bench *b)
{
    return (hash_text(hash_text(0xcbf29ce484222325u, b->pkg), b->name) ^ b->procs) * 0x100000001b3u;
}

static uint64_t hash_unit(const char *name)
{
    return hash_text(0xcbf29ce484222325u, name);
}

/* SplitMix64's finisher, see bootstrap.c. */
static uint64_t hash_sample(size_t bench, size_t unit)
{
    uint64_t z = bench * 0x9e3779b97f4a7c15u + unit;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t first_slot(const struct benchset_index *index, uint64_t hash)
{
    return (size_t)((hash ^ (hash >> 29)) & (index->slots - 1));
}

/* The next candidate for a hash, starting with *i = first_slot: its index, or SIZE_MAX when there
 * is none and *i is a free slot. Tables are at most half full. */
static size_t candidate(const struct benchset_index *index, uint64_t hash, size_t *i)
{
    for (; index->slot[*i].at != 0; *i = (*i + 1) & (index->slots - 1))
        if (index->slot[*i].hash == hash)
            return index->slot[*i].at - 1;
    return SIZE_MAX;
}

static void step(const struct benchset_index *index, size_t *i)
{
    *i = (*i + 1) & (index->slots - 1);
}

static void put(struct benchset_index *index, struct benchset_slot entry)
{
    size_t i = first_slot(index, entry.hash);

    while (index->slot[i].at != 0)
        step(index, &i);
    index->slot[i] = entry;
}

/* Makes room for one more than n entries, in the table and in their array: the array, perhaps
 * elsewhere; NULL when memory is out. */
static void *room(struct benchset_index *index, size_t n, void *array, size_t size)
{
    const struct benchset_index old = *index;
    const size_t slots = old.slots > 0 ? 2 * old.slots : 64;
    struct benchset_slot *slot;

    if (2 * (n + 1) <= old.slots)
        return array;
    slot = calloc(slots, sizeof *slot);
    if (slot == NULL)
        return NULL;
    *index = (struct benchset_index){slot, slots};
    for (size_t i = 0; i < old.slots; i++)
        if (old.slot[i].at != 0)
            put(index, old.slot[i]);
    free(old.slot);
    return reallocarray(array, slots / 2, size);
}

static size_t find_unit(const struct benchset *s, const char *name)
{
    const uint64_t hash = hash_unit(name);
    size_t at, i;

    if (s->n_unit == 0)
        return SIZE_MAX;
    i = first_slot(&s->by_unit, hash);
    while ((at = candidate(&s->by_unit, hash, &i)) != SIZE_MAX &&
           strcmp(s->unit[at].name, name) != 0)
        step(&s->by_unit, &i);
    return at;
}

static bool same_bench(const struct bench *a, const struct bench *b)
{
    return a->procs == b->procs && strcmp(a->name, b->name) == 0 && strcmp(a->pkg, b->pkg) == 0;
}

static size_t find_bench(const struct benchset *s, const struct bench *key)
{
    const uint64_t hash = hash_bench(key);
    size_t at, i;

    if (s->n_bench == 0)
        return SIZE_MAX;
    i = first_slot(&s->by_name, hash);
    while ((at = candidate(&s->by_name, hash, &i)) != SIZE_MAX && !same_bench(&s->bench[at], key))
        step(&s->by_name, &i);
    return at;
}

static size_t find_sample(const struct benchset *s, size_t bench, size_t unit)
{
    const uint64_t hash = hash_sample(bench, unit);
    size_t at, i;

    if (s->n_sample == 0 || unit == SIZE_MAX)
        return SIZE_MAX;
    i = first_slot(&s->by_sample, hash);
    while ((at = candidate(&s->by_sample, hash, &i)) != SIZE_MAX &&
           (s->sample[at].bench != bench || s->sample[at].of != unit))
        step(&s->by_sample, &i);
    return at;
}

int benchset_unit_for(struct benchset *s, const char *name, size_t *out, struct pg_error *err)
{
    struct benchset_unit unit = {.better = metrics_better(name)}, *more;

    *out = find_unit(s, name);
    if (*out != SIZE_MAX)
        return 0;
    unit.name = arena_string(&s->arena, name);
    more = room(&s->by_unit, s->n_unit, s->unit, sizeof unit);
    if (unit.name == NULL || more == NULL)
        return benchset_no_memory(err);
    s->unit = more;
    s->unit[s->n_unit] = unit;
    *out = s->n_unit++;
    put(&s->by_unit, (struct benchset_slot){hash_unit(name), s->n_unit});
    return 0;
}

int benchset_bench_for(struct benchset *s, const struct bench *key, size_t *out,
                       struct pg_error *err)
{
    struct bench b = {.procs = key->procs}, *more;

    *out = find_bench(s, key);
    if (*out != SIZE_MAX)
        return 0;
    b.pkg = arena_string(&s->arena, key->pkg);
    b.name = arena_string(&s->arena, key->name);
    more = room(&s->by_name, s->n_bench, s->bench, sizeof b);
    if (b.pkg == NULL || b.name == NULL || more == NULL)
        return benchset_no_memory(err);
    s->bench = more;
    s->bench[s->n_bench] = b;
    *out = s->n_bench++;
    put(&s->by_name, (struct benchset_slot){hash_bench(&b), s->n_bench});
    return 0;
}

struct sample *benchset_sample_at(const struct benchset *s, size_t bench, const char *unit)
{
    const size_t at = find_sample(s, bench, find_unit(s, unit));

    return at != SIZE_MAX ? &s->sample[at] : NULL;
}

int benchset_sample_for(struct benchset *s, size_t bench, const char *unit, struct sample **out,
                        struct pg_error *err)
{
    struct sample x = {.bench = bench}, *more;
    size_t at;
    int rc = benchset_unit_for(s, unit, &x.of, err);

    if (rc < 0)
        return rc;
    at = find_sample(s, bench, x.of);
    if (at == SIZE_MAX) {
        x.unit = s->unit[x.of].name;
        x.better = s->unit[x.of].better;
        more = room(&s->by_sample, s->n_sample, s->sample, sizeof x);
        if (more == NULL)
            return benchset_no_memory(err);
        s->sample = more;
        at = s->n_sample++;
        s->sample[at] = x;
        put(&s->by_sample, (struct benchset_slot){hash_sample(bench, x.of), s->n_sample});
        if (s->bench[bench].first == 0)
            s->bench[bench].first = s->n_sample;
    }
    *out = &s->sample[at];
    return 0;
}

int benchset_add_value(struct sample *x, double value, bool usable, struct pg_error *err)
{
    if (!usable || !isfinite(value)) {
        x->n_bad++;
        return 0;
    }
    if (x->n == x->capacity) {
        const size_t capacity = x->capacity > 0 ? 2 * x->capacity : 8;
        double *more = realloc(x->value, capacity * sizeof *more);

        if (more == NULL)
            return benchset_no_memory(err);
        x->value = more;
        x->capacity = capacity;
    }
    x->value[x->n++] = value;
    return 0;
}

int benchset_add_fact(struct benchset *s, enum benchset_fact fact, const char *value,
                      struct pg_error *err)
{
    const char *old = s->fact[fact];
    struct strbuf all = {0};

    if (value == NULL || value[0] == '\0')
        return 0;
    for (const char *at = old; at != NULL;) {
        const char *end = strstr(at, " | ");
        const size_t size = end != NULL ? (size_t)(end - at) : strlen(at);

        if (size == strlen(value) && memcmp(at, value, size) == 0)
            return 0;
        at = end != NULL ? end + 3 : NULL;
    }
    if (old != NULL)
        strbuf_printf(&all, "%s | ", old);
    strbuf_puts(&all, value);
    for (size_t i = 0; i < all.size; i++) /* facts are shown line by line */
        if ((unsigned char)all.text[i] < ' ' || all.text[i] == 0x7f)
            all.text[i] = '?';
    s->fact[fact] = all.failed ? NULL : arena_utf8(&s->arena, all.text, all.size);
    strbuf_free(&all);
    return s->fact[fact] != NULL ? 0 : benchset_no_memory(err);
}

/* ---- runs ---- */

static int add_metric(struct benchset *s, size_t bench, const struct record *r,
                      const struct record_metric *m, struct pg_error *err)
{
    struct sample *x;
    int rc = benchset_sample_for(s, bench, m->unit, &x, err);

    if (rc == 0)
        rc = benchset_add_value(x, m->per_op, r->n > 0, err);
    if (rc < 0)
        return rc;
    x->n_exact += metrics_exact(m->unit, m->backend);
    x->n_scaled += m->scaled;
    if (x->backend == NULL)
        x->backend = arena_string(&s->arena, m->backend);
    else if (strcmp(x->backend, m->backend) != 0)
        x->backend = "mixed";
    return x->backend != NULL ? 0 : benchset_no_memory(err);
}

int benchset_add_record(struct benchset *s, const struct record *r, struct pg_error *err)
{
    size_t bench;
    int rc = benchset_bench_for(s, &(struct bench){r->pkg, r->name, r->procs, 0}, &bench, err);

    for (size_t i = 0; rc == 0 && i < r->n_go; i++) {
        struct sample *x;

        rc = benchset_sample_for(s, bench, r->go[i].name, &x, err);
        if (rc == 0)
            rc = benchset_add_value(x, r->go[i].value, r->n > 0, err);
    }
    for (size_t i = 0; rc == 0 && i < r->n_metrics; i++)
        rc = add_metric(s, bench, r, &r->metric[i], err);
    s->results++;
    return rc;
}

int benchset_add_info(struct benchset *s, const struct run_data *run, struct pg_error *err)
{
    const struct testrun *info = run->info;
    int rc;

    s->bad_lines += run->bad_lines;
    if (info == NULL)
        return 0;
    if (info->has_exit_code && s->exit_code == 0)
        s->exit_code = info->exit_code;
    rc = benchset_add_fact(s, FACT_CPU, info->cpu, err);
    rc = rc < 0 ? rc : benchset_add_fact(s, FACT_GO, info->go_version, err);
    rc = rc < 0 ? rc : benchset_add_fact(s, FACT_OS, info->goos, err);
    rc = rc < 0 ? rc : benchset_add_fact(s, FACT_ARCH, info->goarch, err);
    return rc < 0 ? rc : benchset_add_fact(s, FACT_BACKEND, info->backend, err);
}

int benchset_add_run(struct benchset *s, const struct run_data *run, struct pg_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < run->n_records; i++)
        rc = benchset_add_record(s, run->record[i], err);
    return rc < 0 ? rc : benchset_add_info(s, run, err);
}

/* ---- use ---- */

void benchset_free(struct benchset *s)
{
    for (size_t i = 0; i < s->n_sample; i++) {
        free(s->sample[i].value);
        free(s->sample[i].turn);
    }
    free(s->bench);
    free(s->sample);
    free(s->unit);
    free(s->by_name.slot);
    free(s->by_unit.slot);
    free(s->by_sample.slot);
    arena_free(&s->arena);
    *s = (struct benchset){.results = 0};
}

void benchset_sort(struct benchset *s)
{
    for (size_t i = 0; i < s->n_sample; i++)
        stats_sort(s->sample[i].value, s->sample[i].n);
}

int benchset_keep_turns(struct benchset *s, struct pg_error *err)
{
    for (size_t i = 0; i < s->n_sample; i++) {
        struct sample *x = &s->sample[i];

        if (x->n == 0)
            continue;
        x->turn = malloc(x->n * sizeof *x->turn);
        if (x->turn == NULL)
            return benchset_no_memory(err);
        memcpy(x->turn, x->value, x->n * sizeof *x->turn);
    }
    return 0;
}

const struct bench *benchset_bench(const struct benchset *s, const struct bench *like)
{
    const size_t at = find_bench(s, like);

    return at != SIZE_MAX ? &s->bench[at] : NULL;
}

const struct sample *benchset_sample_of(const struct benchset *s, const struct bench *bench,
                                        const char *unit)
{
    return benchset_sample_at(s, (size_t)(bench - s->bench), unit);
}

const struct sample *benchset_sample(const struct benchset *s, const struct bench *like,
                                     const char *unit)
{
    const struct bench *bench = benchset_bench(s, like);

    return bench != NULL ? benchset_sample_of(s, bench, unit) : NULL;
}

const char *benchset_fact_name(enum benchset_fact fact)
{
    static const char *const names[FACTS] = {"cpu", "go", "os", "arch", "back end"};

    return names[fact];
}
