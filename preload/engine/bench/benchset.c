#include "bench/benchset.h"

#include "bench/gobench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "no memory for the samples to compare");
}

/* ---- hash tables of indices: slot i holds 0 (free) or an index + 1 ---- */

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

static uint64_t hash_sample(size_t bench, const char *unit)
{
    return hash_text((0xcbf29ce484222325u ^ bench) * 0x100000001b3u, unit);
}

static size_t spread(uint64_t h, size_t slots)
{
    return (size_t)((h ^ (h >> 29)) & (slots - 1));
}

static bool same_bench(const struct bench *a, const struct bench *b)
{
    return a->procs == b->procs && strcmp(a->name, b->name) == 0 && strcmp(a->pkg, b->pkg) == 0;
}

/* The slot that holds the key or would; tables are never full. */
static size_t *bench_slot(const struct benchset *s, const struct bench *key)
{
    size_t i = spread(hash_bench(key), s->bench_slots);

    while (s->bench_slot[i] != 0 && !same_bench(&s->bench[s->bench_slot[i] - 1], key))
        i = (i + 1) & (s->bench_slots - 1);
    return &s->bench_slot[i];
}

static size_t *sample_slot(const struct benchset *s, size_t bench, const char *unit)
{
    size_t i = spread(hash_sample(bench, unit), s->sample_slots);

    for (; s->sample_slot[i] != 0; i = (i + 1) & (s->sample_slots - 1)) {
        const struct sample *x = &s->sample[s->sample_slot[i] - 1];

        if (x->bench == bench && strcmp(x->unit, unit) == 0)
            break;
    }
    return &s->sample_slot[i];
}

/* Makes room for one more of both, at a load of one half at most. */
static int grow(struct benchset *s, struct pg_error *err)
{
    if (2 * (s->n_bench + 1) > s->bench_slots) {
        const size_t slots = s->bench_slots > 0 ? 2 * s->bench_slots : 64;
        struct bench *bench = realloc(s->bench, slots / 2 * sizeof *bench);
        size_t *slot = calloc(slots, sizeof *slot);

        s->bench = bench != NULL ? bench : s->bench;
        if (bench == NULL || slot == NULL) {
            free(slot);
            return no_memory(err);
        }
        free(s->bench_slot);
        s->bench_slot = slot;
        s->bench_slots = slots;
        for (size_t i = 0; i < s->n_bench; i++)
            *bench_slot(s, &s->bench[i]) = i + 1;
    }
    if (2 * (s->n_sample + 1) > s->sample_slots) {
        const size_t slots = s->sample_slots > 0 ? 2 * s->sample_slots : 256;
        struct sample *sample = realloc(s->sample, slots / 2 * sizeof *sample);
        size_t *slot = calloc(slots, sizeof *slot);

        s->sample = sample != NULL ? sample : s->sample;
        if (sample == NULL || slot == NULL) {
            free(slot);
            return no_memory(err);
        }
        free(s->sample_slot);
        s->sample_slot = slot;
        s->sample_slots = slots;
        for (size_t i = 0; i < s->n_sample; i++)
            *sample_slot(s, s->sample[i].bench, s->sample[i].unit) = i + 1;
    }
    return 0;
}

static int bench_for(struct benchset *s, const struct bench *key, size_t *out, struct pg_error *err)
{
    int rc = grow(s, err);
    size_t *slot;
    struct bench b = {.procs = key->procs};

    if (rc < 0)
        return rc;
    slot = bench_slot(s, key);
    if (*slot == 0) {
        b.pkg = arena_string(&s->arena, key->pkg);
        b.name = arena_string(&s->arena, key->name);
        if (b.pkg == NULL || b.name == NULL)
            return no_memory(err);
        s->bench[s->n_bench++] = b;
        *slot = s->n_bench;
    }
    *out = *slot - 1;
    return 0;
}

static int sample_for(struct benchset *s, size_t bench, const char *unit, struct sample **out,
                      struct pg_error *err)
{
    int rc = grow(s, err);
    size_t *slot;

    if (rc < 0)
        return rc;
    slot = sample_slot(s, bench, unit);
    if (*slot == 0) {
        struct sample x = {.bench = bench, .better = metrics_better(unit)};

        x.unit = arena_string(&s->arena, unit);
        if (x.unit == NULL)
            return no_memory(err);
        s->sample[s->n_sample++] = x;
        if (s->bench[bench].first == 0)
            s->bench[bench].first = s->n_sample;
        *slot = s->n_sample;
    }
    *out = &s->sample[*slot - 1];
    return 0;
}

static int add_value(struct sample *x, double value, bool usable, struct pg_error *err)
{
    if (!usable || !isfinite(value)) {
        x->n_bad++;
        return 0;
    }
    if (x->n == x->capacity) {
        const size_t capacity = x->capacity > 0 ? 2 * x->capacity : 8;
        double *more = realloc(x->value, capacity * sizeof *more);

        if (more == NULL)
            return no_memory(err);
        x->value = more;
        x->capacity = capacity;
    }
    x->value[x->n++] = value;
    return 0;
}

/* Joins a value to a fact that may have several. */
static int add_fact(struct benchset *s, enum benchset_fact fact, const char *value,
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
    return s->fact[fact] != NULL ? 0 : no_memory(err);
}

/* ---- runs ---- */

static int add_metric(struct benchset *s, size_t bench, const struct record *r,
                      const struct record_metric *m, struct pg_error *err)
{
    struct sample *x;
    int rc = sample_for(s, bench, m->unit, &x, err);

    if (rc == 0)
        rc = add_value(x, m->per_op, r->n > 0, err);
    if (rc < 0)
        return rc;
    x->n_exact += metrics_exact(m->unit, m->backend);
    x->n_scaled += m->scaled;
    if (x->backend == NULL)
        x->backend = arena_string(&s->arena, m->backend);
    else if (strcmp(x->backend, m->backend) != 0)
        x->backend = "mixed";
    return x->backend != NULL ? 0 : no_memory(err);
}

static int add_record(struct benchset *s, const struct record *r, struct pg_error *err)
{
    size_t bench;
    int rc = bench_for(s, &(struct bench){r->pkg, r->name, r->procs, 0}, &bench, err);

    for (size_t i = 0; rc == 0 && i < r->n_go; i++) {
        struct sample *x;

        rc = sample_for(s, bench, r->go[i].name, &x, err);
        if (rc == 0)
            rc = add_value(x, r->go[i].value, r->n > 0, err);
    }
    for (size_t i = 0; rc == 0 && i < r->n_metrics; i++)
        rc = add_metric(s, bench, r, &r->metric[i], err);
    s->results++;
    return rc;
}

int benchset_add_run(struct benchset *s, const struct run_data *run, struct pg_error *err)
{
    const struct testrun *info = run->info;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < run->n_records; i++)
        rc = add_record(s, run->record[i], err);
    s->bad_lines += run->bad_lines;
    if (info == NULL || rc < 0)
        return rc;
    if (info->has_exit_code && s->exit_code == 0)
        s->exit_code = info->exit_code;
    rc = add_fact(s, FACT_CPU, info->cpu, err);
    rc = rc < 0 ? rc : add_fact(s, FACT_GO, info->go_version, err);
    rc = rc < 0 ? rc : add_fact(s, FACT_OS, info->goos, err);
    rc = rc < 0 ? rc : add_fact(s, FACT_ARCH, info->goarch, err);
    return rc < 0 ? rc : add_fact(s, FACT_BACKEND, info->backend, err);
}

/* ---- text ---- */

struct reader {
    struct benchset *set;
    const char *pkg; /* of the lines that follow */
    struct unit {    /* what Unit lines say */
        const char *name;
        enum metric_better better;
        bool has_better, exact;
    } * unit;
    size_t n_units;
};

static const char *copy(struct reader *r, struct gobench_slice s)
{
    return arena_utf8(&r->set->arena, s.p, s.size);
}

static bool is(struct gobench_slice s, const char *word)
{
    return s.size == strlen(word) && memcmp(s.p, word, s.size) == 0;
}

static bool has_word(struct gobench_slice s, const char *word)
{
    const size_t size = strlen(word);

    for (size_t i = 0; i + size <= s.size; i++)
        if (memcmp(s.p + i, word, size) == 0 &&
            (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t') &&
            (i + size == s.size || s.p[i + size] == ' ' || s.p[i + size] == '\t'))
            return true;
    return false;
}

static int read_unit(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    struct unit *more = realloc(r->unit, (r->n_units + 1) * sizeof *more);
    struct unit unit = {.exact = has_word(line->value, "assume=exact")};

    if (more != NULL)
        r->unit = more;
    unit.name = copy(r, line->key);
    if (more == NULL || unit.name == NULL)
        return no_memory(err);
    unit.better = has_word(line->value, "better=lower") ? METRIC_LOWER : METRIC_HIGHER;
    unit.has_better = unit.better == METRIC_LOWER || has_word(line->value, "better=higher");
    r->unit[r->n_units++] = unit;
    return 0;
}

static int read_config(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    static const struct {
        const char *key;
        enum benchset_fact fact;
    } keys[] = {
        {"cpu", FACT_CPU},
        {"goos", FACT_OS},
        {"goarch", FACT_ARCH},
        {"toolchain", FACT_GO},
    };
    const char *value = copy(r, line->value);

    if (value == NULL)
        return no_memory(err);
    if (is(line->key, "pkg"))
        r->pkg = value;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (is(line->key, keys[i].key))
            return add_fact(r->set, keys[i].fact, value, err);
    return 0;
}

/* perfgo prints "NAME-coverage-%" behind a counter that ran only part of the time: that is no
 * metric but a remark on "NAME/op". True when the value was one. */
static bool is_coverage(struct reader *r, size_t bench, const char *unit)
{
    static const char suffix[] = "-coverage-%";
    const size_t size = strlen(unit), tail = sizeof suffix - 1;
    struct benchset *s = r->set;
    struct strbuf name = {0};
    size_t at = 0;

    if (size <= tail || strcmp(unit + size - tail, suffix) != 0)
        return false;
    strbuf_add(&name, unit, size - tail);
    strbuf_puts(&name, "/op");
    if (!name.failed)
        at = *sample_slot(s, bench, name.text);
    if (at != 0)
        s->sample[at - 1].n_scaled++;
    strbuf_free(&name);
    return true;
}

static int read_value(struct reader *r, size_t bench, bool usable,
                      const struct gobench_value *value, struct pg_error *err)
{
    const char *unit = copy(r, value->unit);
    struct sample *x;
    int rc;

    if (unit == NULL)
        return no_memory(err);
    if (is_coverage(r, bench, unit))
        return 0;
    rc = sample_for(r->set, bench, unit, &x, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->n_units; i++)
        if (strcmp(r->unit[i].name, unit) == 0) {
            x->n_exact += r->unit[i].exact;
            x->better = r->unit[i].has_better ? r->unit[i].better : x->better;
            break;
        }
    return add_value(x, value->value, usable, err);
}

static int read_result(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    struct gobench_slice rest = line->values;
    struct gobench_value value;
    struct bench key = {r->pkg, copy(r, line->name), line->procs, 0};
    size_t bench = 0;
    int rc = key.name != NULL ? bench_for(r->set, &key, &bench, err) : no_memory(err);

    while (rc == 0 && gobench_next(&rest, &value))
        rc = read_value(r, bench, line->n > 0, &value, err);
    r->set->results++;
    return rc;
}

/* Unit lines hold for the whole text, wherever they stand: so they are read first. */
int benchset_add_text(struct benchset *s, const char *text, size_t size, struct pg_error *err)
{
    struct reader r = {.set = s, .pkg = ""};
    int rc = 0;

    for (int pass = 0; pass < 2 && rc == 0; pass++) {
        struct gobench_slice rest = {text, size}, raw;
        struct gobench_line line;

        while (rc == 0 && gobench_next_line(&rest, &raw)) {
            const enum gobench_kind kind = gobench_line(raw, &line);

            if (pass == 0 && kind == GOBENCH_UNIT)
                rc = read_unit(&r, &line, err);
            else if (pass == 1 && kind == GOBENCH_CONFIG)
                rc = read_config(&r, &line, err);
            else if (pass == 1 && kind == GOBENCH_RESULT)
                rc = read_result(&r, &line, err);
        }
    }
    free(r.unit);
    return rc;
}

/* ---- use ---- */

void benchset_free(struct benchset *s)
{
    for (size_t i = 0; i < s->n_sample; i++)
        free(s->sample[i].value);
    free(s->bench);
    free(s->sample);
    free(s->bench_slot);
    free(s->sample_slot);
    arena_free(&s->arena);
    *s = (struct benchset){.results = 0};
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void benchset_sort(struct benchset *s)
{
    for (size_t i = 0; i < s->n_sample; i++)
        if (s->sample[i].n > 1)
            qsort(s->sample[i].value, s->sample[i].n, sizeof(double), ascending);
}

const struct bench *benchset_bench(const struct benchset *s, const struct bench *like)
{
    const size_t at = s->n_bench > 0 ? *bench_slot(s, like) : 0;

    return at > 0 ? &s->bench[at - 1] : NULL;
}

const struct sample *benchset_sample(const struct benchset *s, const struct bench *like,
                                     const char *unit)
{
    const struct bench *bench = benchset_bench(s, like);
    const size_t at = bench != NULL ? *sample_slot(s, (size_t)(bench - s->bench), unit) : 0;

    return at > 0 ? &s->sample[at - 1] : NULL;
}

const char *benchset_fact_name(enum benchset_fact fact)
{
    static const char *const names[FACTS] = {"cpu", "go", "os", "arch", "back end"};

    return names[fact];
}
