#include "bench/run.h"
#include "base/files.h"
#include "bench/git.h"
#include "bench/host.h"
#include "bench/run_priv.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The object `key` of `root`, made when absent; NULL when memory is out. */
static cJSON *object_at(cJSON *root, const char *key)
{
    cJSON *o = cJSON_GetObjectItemCaseSensitive(root, key);

    return cJSON_IsObject(o) ? o : cJSON_AddObjectToObject(root, key);
}

static bool known(const cJSON *root, const char *key)
{
    return json_member(root, key) != NULL;
}

static bool add_new(cJSON *root, const char *key, const char *value)
{
    return value == NULL || *value == '\0' || known(root, key) || json_add_string(root, key, value);
}

static bool add_git(cJSON *root, const char *cwd)
{
    struct git_state git;
    cJSON *o;

    if (cwd == NULL || known(root, "git") || !git_read(cwd, &git))
        return true;
    o = object_at(root, "git");
    return o != NULL && add_new(o, "commit", git.commit) && add_new(o, "branch", git.branch);
}

static bool add_host(cJSON *root)
{
    struct host host;
    const char *pmu[HOST_MAX_PMUS + 1] = {0};
    cJSON *o;

    if (known(root, "host"))
        return true;
    host_read(&host);
    for (size_t i = 0; i < host.n_pmus; i++)
        pmu[i] = host.pmu[i];
    o = object_at(root, "host");
    return o != NULL && add_new(o, "cpu", host.cpu) && add_new(o, "microcode", host.microcode) &&
           (host.cpus == 0 || json_add_u64(o, "cpus", host.cpus)) &&
           add_new(o, "kernel", host.kernel) && add_new(o, "governor", host.governor) &&
           add_new(o, "virtualization", host.virtualization) && json_add_strings(o, "pmus", pmu);
}

static const char *const backend_names[] = {
    [PG_BACKEND_AUTO] = "auto",         [PG_BACKEND_PMU] = "pmu",
    [PG_BACKEND_SOFTWARE] = "software", [PG_BACKEND_TIMER] = "timer",
    [PG_BACKEND_SIMULATE] = "simulate",
};

static bool add_events(cJSON *root, const struct pg_plan *plan)
{
    cJSON *list, *o;

    if (plan == NULL || known(root, "events"))
        return true;
    list = cJSON_AddArrayToObject(root, "events");
    for (size_t i = 0; list != NULL && i < plan->n_counters; i++) {
        const struct pg_counter *c = &plan->counter[i];

        o = cJSON_CreateObject();
        if (o == NULL || !cJSON_AddItemToArray(list, o)) {
            cJSON_Delete(o);
            return false;
        }
        if (!json_add_string(o, "name", c->name) || !json_add_string(o, "unit", c->unit) ||
            (c->backend <= PG_BACKEND_SIMULATE &&
             !json_add_string(o, "backend", backend_names[c->backend])) ||
            (c->exclude_kernel && cJSON_AddTrueToObject(o, "exclude_kernel") == NULL) ||
            !json_add_double(o, "own_cost", (double)c->own_cost * c->scale) ||
            !json_add_double(o, "own_residual", (double)c->own_residual * c->scale))
            return false;
    }
    return list != NULL;
}

static bool add_pairs(cJSON *root, const char *key, const struct record_tag *pair, size_t n)
{
    cJSON *o;

    if (n == 0 || known(root, key))
        return true;
    o = object_at(root, key);
    for (size_t i = 0; o != NULL && i < n; i++)
        if (!add_new(o, pair[i].key, pair[i].value))
            return false;
    return o != NULL;
}

static bool describe(cJSON *root, void *context)
{
    const struct run_description *d = context;
    const struct record_head head = {.tags = d->tags};
    struct record *tags = NULL;
    bool ok;

    /* The record has the parser for tags; borrow it. */
    if (record_new(&head, &tags, NULL) < 0)
        return false;
    ok = (known(root, "command") || json_add_strings(root, "command", d->command)) &&
         add_new(root, "go_version", d->go_version) && add_new(root, "goos", d->goos) &&
         add_new(root, "goarch", d->goarch) && add_new(root, "module", d->module) &&
         add_git(root, d->cwd) && add_host(root) &&
         add_pairs(root, "settings", d->setting, d->n_settings) &&
         add_pairs(root, "tags", tags->tag, tags->n_tags) && add_new(root, "backend", d->backend) &&
         add_new(root, "note", d->note) && add_events(root, d->plan);
    record_free(tags);
    return ok;
}

int run_update_description(struct run *run, const struct run_description *d, struct pg_error *err)
{
    struct run_description copy = *d;

    return run_change(run, describe, &copy, err);
}

static void rfc3339(int64_t ns, char *out, size_t size)
{
    time_t t = (time_t)(ns / 1000000000);
    struct tm tm;
    char second[32] = "";

    if (gmtime_r(&t, &tm) != NULL)
        strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, size, "%s.%09dZ", second, (int)(ns % 1000000000));
}

static bool set_string(cJSON *o, const char *key, const char *value)
{
    if (value == NULL || *value == '\0')
        return true;
    cJSON_DeleteItemFromObjectCaseSensitive(o, key);
    return json_add_string(o, key, value);
}

static bool set_i64(cJSON *o, const char *key, int64_t value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(o, key);
    return json_add_i64(o, key, value);
}

/* The entry of this process in `processes`, made when absent. */
static cJSON *process_entry(cJSON *root, const struct run_process *p, const char *start)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "processes"), *o;

    if (!cJSON_IsArray(list))
        list = cJSON_AddArrayToObject(root, "processes");
    cJSON_ArrayForEach(o, list)
    {
        const cJSON *pid = json_member(o, "pid"), *when = json_member(o, "start");

        if (cJSON_IsNumber(pid) && pid->valuedouble == p->pid && cJSON_IsString(when) &&
            strcmp(when->valuestring, start) == 0)
            return o;
    }
    o = cJSON_CreateObject();
    if (o == NULL || list == NULL || !cJSON_AddItemToArray(list, o)) {
        cJSON_Delete(o);
        return NULL;
    }
    return json_add_i64(o, "pid", p->pid) && json_add_string(o, "start", start) ? o : NULL;
}

/* From the start of the first process to the end of the last one that has ended, whatever the order
 * in which they report. p's own numbers come from p: what was just written cannot be read back as a
 * number (json_add_i64 adds raw text). */
static int64_t reach(const cJSON *root, const struct run_process *p)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "processes"), *o;
    int64_t first = p->start_ns, last = p->start_ns + p->duration_ns, start, duration;

    cJSON_ArrayForEach(o, list)
    {
        const cJSON *when = json_member(o, "start");

        duration = 0;
        if (!cJSON_IsString(when) || !run_parse_time(when->valuestring, &start) ||
            !json_get_i64(o, "duration_ns", &duration, NULL) || duration < 0)
            continue;
        first = start < first ? start : first;
        if (!__builtin_add_overflow(start, duration, &start) && start > last)
            last = start;
    }
    return last > first ? last - first : 0;
}

static bool merge_result(cJSON *root, const struct run_process *p)
{
    int64_t code = 0;

    if (!json_get_i64(root, "exit_code", &code, NULL))
        code = 0;
    if (p->exit_code >= 0 && code == 0 && !set_i64(root, "exit_code", p->exit_code))
        return false;
    return set_i64(root, "duration_ns", reach(root, p));
}

static bool change_process(cJSON *root, void *context)
{
    const struct run_process *p = context;
    char start[64];
    cJSON *o;

    rfc3339(p->start_ns, start, sizeof start);
    o = process_entry(root, p, start);
    if (o == NULL || !set_string(o, "pkg", p->pkg) || !set_string(o, "backend", p->backend) ||
        !set_string(o, "note", p->note) ||
        (p->argv != NULL && !known(o, "argv") && !json_add_strings(o, "argv", p->argv)) ||
        !set_i64(o, "lines", (int64_t)p->lines))
        return false;
    if (!p->has_result)
        return true;
    return set_i64(o, "duration_ns", p->duration_ns) &&
           (p->exit_code < 0 || set_i64(o, "exit_code", p->exit_code)) && merge_result(root, p);
}

int run_update_process(struct run *run, const struct run_process *p, struct pg_error *err)
{
    struct run_process copy = *p;

    return run_change(run, change_process, &copy, err);
}

static bool change_command(cJSON *root, void *context)
{
    cJSON_DeleteItemFromObjectCaseSensitive(root, "command");
    return json_add_strings(root, "command", *(const char *const **)context);
}

int run_update_command(struct run *run, const char *const *argv, struct pg_error *err)
{
    return run_change(run, change_command, &argv, err);
}

static bool change_dirty(cJSON *root, void *context)
{
    cJSON *git = object_at(root, "git");

    if (git == NULL)
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(git, "dirty");
    return cJSON_AddBoolToObject(git, "dirty", *(const bool *)context) != NULL;
}

int run_update_git_dirty(struct run *run, bool dirty, struct pg_error *err)
{
    return run_change(run, change_dirty, &dirty, err);
}

struct result {
    int exit_code;
    int64_t duration_ns;
};

static bool change_result(cJSON *root, void *context)
{
    const struct result *r = context;

    return set_i64(root, "exit_code", r->exit_code) && set_i64(root, "duration_ns", r->duration_ns);
}

int run_update_result(struct run *run, int exit_code, int64_t duration_ns, struct pg_error *err)
{
    struct result r = {exit_code, duration_ns};

    return run_change(run, change_result, &r, err);
}
