#include "bench/record.h"
#include "base/locale.h"
#include "bench/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static bool write_metrics(cJSON *root, const struct record *r)
{
    cJSON *metrics = cJSON_AddObjectToObject(root, "metrics");

    for (size_t i = 0; i < r->n_metrics; i++) {
        const struct record_metric *m = &r->metric[i];
        cJSON *o = cJSON_AddObjectToObject(metrics, m->name);

        if (!json_add_double(o, "value", m->value) || !json_add_double(o, "per_op", m->per_op) ||
            !json_add_string(o, "unit", m->unit) || !json_add_double(o, "coverage", m->coverage) ||
            !json_add_u64(o, "enabled_ns", m->enabled_ns) ||
            !json_add_u64(o, "running_ns", m->running_ns) ||
            !json_add_string(o, "backend", m->backend))
            return false;
        if (m->scaled && cJSON_AddTrueToObject(o, "scaled") == NULL)
            return false;
        if (m->exclude_kernel && cJSON_AddTrueToObject(o, "exclude_kernel") == NULL)
            return false;
        if (!isnan(m->marginal) && !json_add_double(o, "marginal", m->marginal))
            return false;
        if (m->derived && cJSON_AddTrueToObject(o, "derived") == NULL)
            return false;
        if ((!m->derived || m->own_cost != 0 || m->own_residual != 0) &&
            (!json_add_double(o, "own_cost", m->own_cost) ||
             !json_add_double(o, "own_residual", m->own_residual)))
            return false;
    }
    return metrics != NULL;
}

static bool write_values(cJSON *root, const char *key, const struct record_value *value, size_t n)
{
    cJSON *o = cJSON_AddObjectToObject(root, key);

    for (size_t i = 0; i < n; i++)
        if (!json_add_double(o, value[i].name, value[i].value))
            return false;
    return o != NULL;
}

static bool write_threads(cJSON *root, const struct record *r)
{
    cJSON *o = cJSON_AddObjectToObject(root, "threads");
    char tid[16];

    for (size_t i = 0; i < r->n_threads; i++) {
        snprintf(tid, sizeof tid, "%d", r->thread[i].tid);
        if (!write_values(o, tid, r->thread[i].value, r->thread[i].n_values))
            return false;
    }
    return o != NULL;
}

static bool write_regions(cJSON *root, const struct record *r)
{
    cJSON *list, *o;

    if (r->n_regions == 0)
        return true;
    list = cJSON_AddObjectToObject(root, "regions");
    for (size_t i = 0; i < r->n_regions; i++) {
        o = cJSON_AddObjectToObject(list, r->region[i].name);
        if (!json_add_u64(o, "entered", r->region[i].entered) ||
            !write_values(o, "values", r->region[i].value, r->region[i].n_values))
            return false;
    }
    return list != NULL;
}

static bool write_rest(cJSON *root, const struct record *r)
{
    cJSON *o;

    if (r->has_samples) {
        o = cJSON_AddObjectToObject(root, "samples");
        if (!json_add_u64(o, "taken", r->samples_taken) ||
            !json_add_u64(o, "lost", r->samples_lost) ||
            !json_add_u64(o, "throttled", r->samples_throttled))
            return false;
    }
    o = cJSON_AddObjectToObject(root, "tags");
    for (size_t i = 0; i < r->n_tags; i++)
        if (!json_add_string(o, r->tag[i].key, r->tag[i].value))
            return false;
    return o != NULL;
}

static bool write_record(cJSON *root, const struct record *r)
{
    return json_add_u64(root, "schema", r->schema) && json_add_string(root, "pkg", r->pkg) &&
           json_add_string(root, "name", r->name) &&
           (r->procs == 0 || json_add_u64(root, "procs", r->procs)) &&
           json_add_u64(root, "n", r->n) &&
           (!r->has_ns_per_op || json_add_double(root, "ns_per_op", r->ns_per_op)) &&
           (r->counted == r->n || json_add_u64(root, "counted", r->counted)) &&
           (r->duration_ns == 0 || json_add_i64(root, "duration_ns", r->duration_ns)) &&
           json_add_u64(root, "iterations_run", r->iterations_run) &&
           json_add_u64(root, "windows", r->windows) &&
           (r->threads_missed == 0 || json_add_u64(root, "threads_missed", r->threads_missed)) &&
           write_values(root, "go", r->go, r->n_go) && write_metrics(root, r) &&
           write_threads(root, r) && write_regions(root, r) && write_rest(root, r);
}

int record_to_json(const struct record *r, struct strbuf *out, struct pg_error *err)
{
    struct locale_scope scope = locale_enter();
    cJSON *root = cJSON_CreateObject();
    bool ok = root != NULL && write_record(root, r) && json_print(root, false, out);

    cJSON_Delete(root);
    locale_leave(&scope);
    return ok ? 0 : pg_error_set(err, PG_E_NOMEM, "no memory to write the record of %s", r->name);
}

/* ---- reading: each function returns false when its part of the schema is not kept ---- */

static bool read_string(const cJSON *root, const char *key, struct record *r, const char **out)
{
    return json_get_string(root, key, &r->arena, out) && *out != NULL;
}

static bool read_metric(const cJSON *o, struct record *r, struct record_metric *m)
{
    bool value, per_op, coverage;

    m->marginal = NAN;
    m->name = arena_utf8(&r->arena, o->string, strlen(o->string));
    return m->name != NULL && cJSON_IsObject(o) && json_keys_unique(o) &&
           json_get_double(o, "value", &m->value, &value) && value &&
           json_get_double(o, "per_op", &m->per_op, &per_op) && per_op &&
           json_get_double(o, "coverage", &m->coverage, &coverage) && coverage && m->coverage > 0 &&
           m->coverage <= 1 && read_string(o, "unit", r, &m->unit) &&
           read_string(o, "backend", r, &m->backend) &&
           json_get_u64(o, "enabled_ns", &m->enabled_ns, NULL) &&
           json_get_u64(o, "running_ns", &m->running_ns, NULL) &&
           json_get_double(o, "marginal", &m->marginal, NULL) &&
           json_get_double(o, "own_cost", &m->own_cost, NULL) &&
           json_get_double(o, "own_residual", &m->own_residual, NULL) &&
           json_get_bool(o, "scaled", &m->scaled, NULL) &&
           json_get_bool(o, "exclude_kernel", &m->exclude_kernel, NULL) &&
           json_get_bool(o, "derived", &m->derived, NULL);
}

/* The object member `key`, checked; an absent one is an empty list. False when it is none. */
static bool read_object(const cJSON *root, const char *key, const cJSON **out, size_t *n)
{
    *out = json_member(root, key);
    *n = json_size(*out);
    return *out == NULL || (cJSON_IsObject(*out) && json_keys_unique(*out));
}

static bool read_metrics(const cJSON *root, struct record *r)
{
    const cJSON *list, *o;
    size_t n;

    if (!read_object(root, "metrics", &list, &n) || list == NULL)
        return false;
    r->metric = arena_array(&r->arena, n, sizeof *r->metric);
    if (r->metric == NULL)
        return false;
    cJSON_ArrayForEach(o, list) if (!read_metric(o, r, &r->metric[r->n_metrics++])) return false;
    return true;
}

static bool read_values(const cJSON *list, struct record *r, struct record_value **out, size_t *n)
{
    const cJSON *o;

    *n = 0;
    *out = arena_array(&r->arena, json_size(list), sizeof **out);
    if (*out == NULL)
        return false;
    cJSON_ArrayForEach(o, list)
    {
        const char *name = arena_utf8(&r->arena, o->string, strlen(o->string));

        if (name == NULL || !cJSON_IsNumber(o) || !isfinite(o->valuedouble))
            return false;
        (*out)[(*n)++] = (struct record_value){name, o->valuedouble};
    }
    return true;
}

static bool read_thread(const cJSON *o, struct record *r, struct record_thread *t)
{
    char *end;
    long tid;

    errno = 0;
    tid = strtol(o->string, &end, 10);
    if (o->string[0] < '0' || o->string[0] > '9' || *end != '\0' || errno != 0 || tid > INT32_MAX)
        return false;
    t->tid = (int32_t)tid;
    return cJSON_IsObject(o) && json_keys_unique(o) && read_values(o, r, &t->value, &t->n_values);
}

static bool read_threads(const cJSON *root, struct record *r)
{
    const cJSON *list, *o;
    size_t n;

    if (!read_object(root, "threads", &list, &n))
        return false;
    r->thread = arena_array(&r->arena, n, sizeof *r->thread);
    if (r->thread == NULL)
        return false;
    cJSON_ArrayForEach(o, list) if (!read_thread(o, r, &r->thread[r->n_threads++])) return false;
    return true;
}

static bool read_region(const cJSON *o, struct record *r, struct record_region *region)
{
    const cJSON *values;
    bool entered;
    size_t n;

    region->name = arena_utf8(&r->arena, o->string, strlen(o->string));
    return region->name != NULL && cJSON_IsObject(o) && json_keys_unique(o) &&
           json_get_u64(o, "entered", &region->entered, &entered) && entered &&
           read_object(o, "values", &values, &n) &&
           read_values(values, r, &region->value, &region->n_values);
}

static bool read_regions(const cJSON *root, struct record *r)
{
    const cJSON *list, *o;
    size_t n;

    if (!read_object(root, "regions", &list, &n))
        return false;
    r->region = arena_array(&r->arena, n, sizeof *r->region);
    if (r->region == NULL)
        return false;
    cJSON_ArrayForEach(o, list) if (!read_region(o, r, &r->region[r->n_regions++])) return false;
    return true;
}

static bool read_tags(const cJSON *root, struct record *r)
{
    const cJSON *list, *o;
    size_t n;

    if (!read_object(root, "tags", &list, &n))
        return false;
    r->tag = arena_array(&r->arena, n, sizeof *r->tag);
    if (r->tag == NULL)
        return false;
    cJSON_ArrayForEach(o, list)
    {
        struct record_tag *t = &r->tag[r->n_tags++];

        if (!cJSON_IsString(o))
            return false;
        t->key = arena_utf8(&r->arena, o->string, strlen(o->string));
        t->value = arena_utf8(&r->arena, o->valuestring, strlen(o->valuestring));
        if (t->key == NULL || t->value == NULL)
            return false;
    }
    return true;
}

static bool read_samples(const cJSON *root, struct record *r)
{
    const cJSON *o;
    size_t n;

    if (!read_object(root, "samples", &o, &n))
        return false;
    r->has_samples = o != NULL;
    return json_get_u64(o, "taken", &r->samples_taken, NULL) &&
           json_get_u64(o, "lost", &r->samples_lost, NULL) &&
           json_get_u64(o, "throttled", &r->samples_throttled, NULL);
}

static bool read_head(const cJSON *root, struct record *r)
{
    uint64_t procs = 0;
    bool has_n, has_procs;

    if (!read_string(root, "pkg", r, &r->pkg) || !read_string(root, "name", r, &r->name) ||
        !json_get_u64(root, "procs", &procs, &has_procs) || (has_procs && procs == 0) ||
        procs > INT32_MAX || !json_get_u64(root, "n", &r->n, &has_n) || !has_n)
        return false;
    r->procs = (uint32_t)procs;
    r->counted = r->n;
    return json_get_double(root, "ns_per_op", &r->ns_per_op, &r->has_ns_per_op) &&
           json_get_u64(root, "counted", &r->counted, NULL) &&
           json_get_i64(root, "duration_ns", &r->duration_ns, NULL) &&
           json_get_u64(root, "iterations_run", &r->iterations_run, NULL) &&
           json_get_u64(root, "windows", &r->windows, NULL) &&
           json_get_u64(root, "threads_missed", &r->threads_missed, NULL);
}

static int read_record(const cJSON *root, struct record *r, struct pg_error *err)
{
    uint64_t schema = 0;
    const cJSON *go;
    const char *part;
    size_t n;

    if (!json_get_u64(root, "schema", &schema, NULL) || schema == 0)
        return pg_error_set(err, PG_E_FORMAT, "not a benchmark record: no schema number");
    if (schema > RECORD_SCHEMA)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the record has schema %llu, this perfgo reads up to %d: use a newer "
                            "perfgo",
                            (unsigned long long)schema, RECORD_SCHEMA);
    r->schema = (uint32_t)schema;
    part = !json_keys_unique(root)                                                      ? "keys"
           : !read_head(root, r)                                                        ? "head"
           : !read_object(root, "go", &go, &n) || !read_values(go, r, &r->go, &r->n_go) ? "go"
           : !read_metrics(root, r)                                                     ? "metrics"
           : !read_threads(root, r)                                                     ? "threads"
           : !read_regions(root, r)                                                     ? "regions"
           : !read_tags(root, r)                                                        ? "tags"
           : !read_samples(root, r)                                                     ? "samples"
                                                                                        : NULL;
    if (part != NULL)
        return pg_error_set(err, PG_E_FORMAT,
                            "not a benchmark record: its %s break the schema (wrong type, missing "
                            "or duplicate member)",
                            part);
    return 0;
}

int record_from_json(const char *json, size_t size, struct record **out, struct pg_error *err)
{
    struct locale_scope scope;
    struct record *r;
    cJSON *root;
    int rc;

    *out = NULL;
    if (size > RECORD_MAX_BYTES)
        return pg_error_set(err, PG_E_LIMIT, "a record of %zu bytes is refused: the limit is %d",
                            size, RECORD_MAX_BYTES);
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a benchmark record");
    scope = locale_enter();
    root = json_parse_object(json, size, err);
    rc = root != NULL ? read_record(root, r, err) : -PG_E_FORMAT;
    cJSON_Delete(root);
    locale_leave(&scope);
    if (rc == 0)
        *out = r;
    else
        record_free(r);
    return rc;
}
