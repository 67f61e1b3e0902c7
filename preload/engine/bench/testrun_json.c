#include "bench/run.h"
#include "base/locale.h"
#include "bench/run_priv.h"

#include <stdlib.h>
#include <string.h>

/* Each reader returns false for a member of the wrong type; absent members stay NULL, 0 or empty.
 */

static bool read_exit(const cJSON *o, bool *has_code, int *code, bool *has_duration,
                      int64_t *duration)
{
    int64_t n = 0;

    if (!json_get_i64(o, "exit_code", &n, has_code) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *code = (int)n;
    return json_get_i64(o, "duration_ns", duration, has_duration);
}

static bool read_git(const cJSON *root, struct testrun *t)
{
    const cJSON *o = json_member(root, "git");

    return o == NULL ||
           (cJSON_IsObject(o) && json_get_string(o, "commit", &t->arena, &t->git_commit) &&
            json_get_string(o, "branch", &t->arena, &t->git_branch) &&
            json_get_bool(o, "dirty", &t->git_dirty, &t->has_git_dirty));
}

static bool read_host(const cJSON *root, struct testrun *t)
{
    const cJSON *o = json_member(root, "host");
    uint64_t cpus = 0;

    if ((o != NULL && !cJSON_IsObject(o)) || !json_get_u64(o, "cpus", &cpus, NULL) ||
        cpus > UINT32_MAX)
        return false;
    t->cpus = (uint32_t)cpus;
    return json_get_string(o, "cpu", &t->arena, &t->cpu) &&
           json_get_string(o, "microcode", &t->arena, &t->microcode) &&
           json_get_string(o, "kernel", &t->arena, &t->kernel) &&
           json_get_string(o, "governor", &t->arena, &t->governor) &&
           json_get_string(o, "virtualization", &t->arena, &t->virtualization) &&
           json_get_strings(o, "pmus", &t->arena, &t->pmu);
}

/* {"key": "value", …} */
static bool read_pairs(const cJSON *root, const char *key, struct arena *a, struct record_tag **out,
                       size_t *n)
{
    const cJSON *list = json_member(root, key), *o;

    if (list != NULL && !cJSON_IsObject(list))
        return false;
    *out = arena_array(a, json_size(list), sizeof **out);
    if (*out == NULL)
        return false;
    cJSON_ArrayForEach(o, list)
    {
        struct record_tag *pair = &(*out)[*n];

        if (!cJSON_IsString(o))
            return false;
        pair->key = arena_utf8(a, o->string, strlen(o->string));
        pair->value = arena_utf8(a, o->valuestring, strlen(o->valuestring));
        if (pair->key == NULL || pair->value == NULL)
            return false;
        ++*n;
    }
    return true;
}

static bool read_events(const cJSON *root, struct testrun *t)
{
    const cJSON *list = json_member(root, "events"), *o;

    if (list != NULL && !cJSON_IsArray(list))
        return false;
    t->event = arena_array(&t->arena, json_size(list), sizeof *t->event);
    if (t->event == NULL)
        return false;
    cJSON_ArrayForEach(o, list)
    {
        struct testrun_event *e = &t->event[t->n_events++];

        if (!cJSON_IsObject(o) || !json_get_string(o, "name", &t->arena, &e->name) ||
            e->name == NULL || !json_get_string(o, "unit", &t->arena, &e->unit) ||
            !json_get_string(o, "backend", &t->arena, &e->backend) ||
            !json_get_bool(o, "exclude_kernel", &e->exclude_kernel, NULL) ||
            !json_get_double(o, "own_cost", &e->own_cost, NULL) ||
            !json_get_double(o, "own_residual", &e->own_residual, NULL))
            return false;
    }
    return true;
}

static bool read_processes(const cJSON *root, struct testrun *t)
{
    const cJSON *list = json_member(root, "processes"), *o;
    int64_t pid;

    if (list != NULL && !cJSON_IsArray(list))
        return false;
    t->process = arena_array(&t->arena, json_size(list), sizeof *t->process);
    if (t->process == NULL)
        return false;
    cJSON_ArrayForEach(o, list)
    {
        struct testrun_process *p = &t->process[t->n_processes++];

        pid = 0;
        if (!cJSON_IsObject(o) || !json_get_i64(o, "pid", &pid, NULL) || pid < 0 ||
            pid > INT32_MAX || !json_get_string(o, "pkg", &t->arena, &p->pkg) ||
            !json_get_string(o, "start", &t->arena, &p->start) ||
            !json_get_string(o, "backend", &t->arena, &p->backend) ||
            !json_get_string(o, "note", &t->arena, &p->note) ||
            !json_get_strings(o, "argv", &t->arena, &p->argv) ||
            !read_exit(o, &p->has_exit_code, &p->exit_code, &p->has_duration, &p->duration_ns))
            return false;
        p->pid = (int32_t)pid;
    }
    return true;
}

static bool read_head(const cJSON *root, struct testrun *t)
{
    return json_get_string(root, "id", &t->arena, &t->id) &&
           json_get_string(root, "time", &t->arena, &t->time) &&
           json_get_strings(root, "command", &t->arena, &t->command) &&
           json_get_string(root, "go_version", &t->arena, &t->go_version) &&
           json_get_string(root, "goos", &t->arena, &t->goos) &&
           json_get_string(root, "goarch", &t->arena, &t->goarch) &&
           json_get_string(root, "module", &t->arena, &t->module) &&
           json_get_string(root, "backend", &t->arena, &t->backend) &&
           json_get_string(root, "note", &t->arena, &t->note) &&
           read_exit(root, &t->has_exit_code, &t->exit_code, &t->has_duration, &t->duration_ns);
}

static int read_testrun(const cJSON *root, struct testrun *t, struct pg_error *err)
{
    uint64_t schema = 0;
    const char *part;

    if (!json_get_u64(root, "schema", &schema, NULL) || schema == 0)
        return pg_error_set(err, PG_E_FORMAT, "not a run: no schema number");
    if (schema > TESTRUN_SCHEMA)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "the run has schema %llu, this perfgo reads up to %d: use a newer "
                            "perfgo",
                            (unsigned long long)schema, TESTRUN_SCHEMA);
    t->schema = (uint32_t)schema;
    part = !read_head(root, t)                                                     ? "head"
           : !read_git(root, t)                                                    ? "git"
           : !read_host(root, t)                                                   ? "host"
           : !read_pairs(root, "settings", &t->arena, &t->setting, &t->n_settings) ? "settings"
           : !read_pairs(root, "tags", &t->arena, &t->tag, &t->n_tags)             ? "tags"
           : !read_events(root, t)                                                 ? "events"
           : !read_processes(root, t)                                              ? "processes"
                                                                                   : NULL;
    if (part != NULL)
        return pg_error_set(err, PG_E_FORMAT, "its \"%s\" part breaks the schema of testrun.json",
                            part);
    return 0;
}

int testrun_from_json(const char *json, size_t size, struct testrun **out, struct pg_error *err)
{
    struct testrun *t = calloc(1, sizeof *t);
    struct locale_scope scope;
    cJSON *root;
    int rc;

    *out = NULL;
    if (t == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a run");
    scope = locale_enter();
    root = json_parse_object(json, size, err);
    rc = root != NULL ? read_testrun(root, t, err) : -PG_E_FORMAT;
    cJSON_Delete(root);
    locale_leave(&scope);
    if (rc == 0)
        *out = t;
    else
        testrun_free(t);
    return rc;
}

void testrun_free(struct testrun *t)
{
    if (t == NULL)
        return;
    arena_free(&t->arena);
    free(t);
}
