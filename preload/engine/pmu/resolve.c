/* resolve.c - where the bits of an event come from.
 *
 * Four sources, in this order for a bare name: the builtin tables (already applied by the parser),
 * the aliases that the kernel publishes per PMU in sysfs (events/NAME holds settings such as
 * "event=0xc0,umask=0x1"; format/KEY tells which bits of config, config1, config2 a setting fills),
 * tracefs (events/SUBSYSTEM/NAME/id is the config of a tracepoint), and libpfm4, last because its
 * initialisation is the dearest. Formats: perf_event_open(2), section "/sys/bus/event_source".
 *
 * Hybrid machines have several core PMUs; there a PERF_TYPE_HARDWARE or PERF_TYPE_HW_CACHE event
 * names its PMU in the upper half of config (uapi/linux/perf_event.h, PERF_PMU_TYPE_SHIFT).
 */
#include "pmu/resolve.h"

#include "pmu/pfm.h"
#include "pmu/sysfs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { HYBRID_SHIFT = 32, ALIAS_DEPTH = 1 };

struct context {
    const struct resolve_roots *roots;
    const struct evspec *spec;
    const struct evspec_term *term;
    struct pg_error *err;
};

void resolve_modifiers(const struct evspec_term *term, struct perf_event_attr *attr)
{
    uint32_t bits = term->all.bits;
    bool own = term->own.bits != 0 || term->own.precise != 0;

    attr->precise_ip = term->all.precise;
    attr->exclude_idle = (bits & EVSPEC_NO_IDLE) != 0;
    attr->pinned = (bits & EVSPEC_PINNED) != 0;
    attr->exclusive = (bits & EVSPEC_EXCLUSIVE) != 0;
    if (bits & (EVSPEC_USER | EVSPEC_KERNEL | EVSPEC_HV)) {
        attr->exclude_user = (bits & EVSPEC_USER) == 0;
        attr->exclude_kernel = (bits & EVSPEC_KERNEL) == 0;
        attr->exclude_hv = (bits & EVSPEC_HV) == 0;
    }
    /* Guests are left out unless a modifier speaks of something else, as perf has it. */
    if (bits & (EVSPEC_GUEST | EVSPEC_HOST)) {
        attr->exclude_guest = (bits & EVSPEC_GUEST) == 0;
        attr->exclude_host = (bits & EVSPEC_HOST) == 0;
    } else {
        attr->exclude_guest = !own || (bits & EVSPEC_USER) || term->all.precise > 0;
    }
}

static enum resolve_class class_of(uint32_t type)
{
    return type == PERF_TYPE_SOFTWARE     ? RESOLVE_SOFTWARE
           : type == PERF_TYPE_TRACEPOINT ? RESOLVE_TRACEPOINT
                                          : RESOLVE_HARDWARE;
}

static void start(const struct context *c, struct resolved *out, uint32_t type)
{
    memset(out, 0, sizeof *out);
    out->attr.size = sizeof out->attr;
    out->attr.type = type;
    out->class = class_of(type);
    /* The generic types are served by the CPU's PMU, whose own type is RAW on x86. */
    out->pmu = type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE ? PERF_TYPE_RAW : type;
    out->scale = 1;
    out->precise_max = (c->term->all.bits & EVSPEC_PRECISE_MAX) != 0;
    resolve_modifiers(c->term, &out->attr);
    evspec_display(c->term, out->name, sizeof out->name);
}

/* config=, config1=, config2=, period=, name= and what perf knows but a counter has no use for. */
static bool general_setting(struct resolved *out, const char *key, uint64_t value)
{
    static const char *const ignored[] = {"name",         "freq",    "time",       "call-graph",
                                          "stack-size",   "inherit", "no-inherit", "overwrite",
                                          "no-overwrite", "percore", "metric-id"};
    const struct {
        const char *key;
        __u64 *field;
    } fields[] = {{"config", (__u64 *)&out->attr.config},
                  {"config1", (__u64 *)&out->attr.config1},
                  {"config2", (__u64 *)&out->attr.config2},
                  {"period", (__u64 *)&out->period}};

    for (size_t i = 0; i < COUNT(fields); i++)
        if (strcmp(key, fields[i].key) == 0) {
            *fields[i].field = value;
            return true;
        }
    for (size_t i = 0; i < COUNT(ignored); i++)
        if (strcmp(key, ignored[i]) == 0)
            return true;
    return false;
}

static int apply(const struct context *c, const char *pmu, const struct evspec_setting *s,
                 struct resolved *out, int depth);

/* The settings of an alias, "event=0x3c,umask=0x00". */
static int apply_alias(const struct context *c, const char *pmu, const struct sysfs_event *event,
                       struct resolved *out)
{
    struct evspec_setting s;
    char text[SYSFS_TEXT_SIZE], *rest = text, *item;
    int rc;

    memcpy(text, event->text, sizeof text);
    while ((item = strsep(&rest, ",")) != NULL) {
        char *value = strchr(item, '='), *end;

        memset(&s, 0, sizeof s);
        s.has_value = true;
        s.value = 1;
        if (value != NULL) {
            *value++ = '\0';
            s.has_text = true;
            s.value = strtoull(value, &end, 0);
            s.has_value = *value != '\0' && *end == '\0';
        }
        /* "=?" stands for a value that only the user can give. */
        if (value != NULL && strcmp(value, "?") == 0)
            continue;
        if (snprintf(s.key, sizeof s.key, "%s", item) >= (int)sizeof s.key || !s.has_value)
            return pg_error_set(c->err, PG_E_UNSUPPORTED,
                                "the kernel's definition of an event of %s is not understood: '%s'",
                                pmu, event->text);
        if ((rc = apply(c, pmu, &s, out, ALIAS_DEPTH)) != 0)
            return rc;
    }
    out->scale = event->scale;
    memcpy(out->unit, event->unit, sizeof out->unit);
    return 0;
}

static int apply(const struct context *c, const char *pmu, const struct evspec_setting *s,
                 struct resolved *out, int depth)
{
    struct sysfs_format format;
    struct sysfs_event event;

    if (sysfs_format(c->roots->sysfs, pmu, s->key, &format)) {
        if (!s->has_value)
            return pg_error_set(c->err, PG_E_INVALID, "'%s=%s' in '%s' is not a number", s->key,
                                s->text, c->term->name);
        if (!sysfs_format_put(&format, s->value, &out->attr))
            return pg_error_set(c->err, PG_E_INVALID,
                                "'%s' in '%s' takes %d bits, 0x%llx has more; see "
                                "/sys/bus/event_source/devices/%s/format/%s",
                                s->key, c->term->name, __builtin_popcountll(format.mask),
                                (unsigned long long)s->value, pmu, s->key);
        return 0;
    }
    if (depth < ALIAS_DEPTH && (!s->has_text || s->value == 1) &&
        sysfs_event(c->roots->sysfs, pmu, s->key, &event))
        return apply_alias(c, pmu, &event, out);
    if (general_setting(out, s->key, s->value)) {
        if (s->has_value || strcmp(s->key, "name") == 0)
            return 0;
        return pg_error_set(c->err, PG_E_INVALID, "'%s=%s' in '%s' is not a number", s->key,
                            s->text, c->term->name);
    }
    return pg_error_set(c->err, PG_E_INVALID,
                        "the PMU '%s' has no setting or event '%s' ('%s'); `ls "
                        "/sys/bus/event_source/devices/%s/format "
                        "/sys/bus/event_source/devices/%s/events` shows what it has",
                        pmu, s->key, c->term->name, pmu, pmu);
}

/* A builtin event by its name between the slashes: cpu/cycles/. */
static bool apply_builtin(const struct evspec_setting *s, const struct sysfs_pmu *pmu,
                          struct resolved *out)
{
    char name[EVSPEC_NAME_SIZE];
    uint32_t type;
    uint64_t config;

    if (s->has_text || !pmu->core ||
        !evspec_builtin(s->key, strlen(s->key), &type, &config, name) || type == PERF_TYPE_SOFTWARE)
        return false;
    out->attr.type = type;
    out->attr.config =
        config | (pmu->type != PERF_TYPE_RAW ? (uint64_t)pmu->type << HYBRID_SHIFT : 0);
    return true;
}

static int core_pmus(const struct context *c, struct sysfs_pmu *out)
{
    struct sysfs_pmu all[SYSFS_MAX_PMUS];
    size_t n = sysfs_pmus(c->roots->sysfs, all, COUNT(all)), cores = 0;

    while (cores < n && all[cores].core && cores < RESOLVE_MAX) {
        out[cores] = all[cores];
        cores++;
    }
    return (int)cores;
}

/* An event that several PMUs have says which one it is on: "cpu_core/mem-loads/". */
static void name_on_pmu(const struct context *c, const struct sysfs_pmu *pmu, struct resolved *out)
{
    snprintf(out->name, sizeof out->name, "%.60s/%s/%s", pmu->name, c->term->name, c->term->mods);
    if (pmu->core)
        snprintf(out->whole, sizeof out->whole, "%s%s%s", c->term->name,
                 c->term->mods[0] != '\0' ? ":" : "", c->term->mods);
}

static void on_pmu(const struct context *c, const struct sysfs_pmu *pmu, struct resolved *out)
{
    struct sysfs_pmu core[RESOLVE_MAX];

    start(c, out, pmu->type);
    if (pmu->uncore)
        out->class = RESOLVE_UNCORE;
    /* The only core PMU is the one that generic events are on, whatever its number (Arm). */
    if (pmu->core && core_pmus(c, core) == 1)
        out->pmu = PERF_TYPE_RAW;
}

static int resolve_pmu(const struct context *c, struct resolved *out)
{
    const struct evspec_setting *s = &c->spec->setting[c->term->first_setting];
    struct sysfs_format format;
    struct sysfs_event event;
    struct sysfs_pmu pmu;
    int rc;

    if (!sysfs_pmu(c->roots->sysfs, c->term->pmu, &pmu))
        return pg_error_set(c->err, PG_E_UNSUPPORTED,
                            "this machine has no PMU '%s'; `ls "
                            "/sys/bus/event_source/devices` shows those it has",
                            c->term->pmu);
    on_pmu(c, &pmu, out);
    for (size_t i = 0; i < c->term->n_settings; i++) {
        if (!sysfs_format(c->roots->sysfs, pmu.name, s[i].key, &format) &&
            !sysfs_event(c->roots->sysfs, pmu.name, s[i].key, &event) &&
            apply_builtin(&s[i], &pmu, out))
            continue;
        if ((rc = apply(c, pmu.name, &s[i], out, 0)) != 0)
            return rc;
    }
    return 1;
}

static int resolve_generic(const struct context *c, struct resolved *out)
{
    struct sysfs_pmu core[RESOLVE_MAX];
    uint32_t type = c->term->type;
    int n = 0;

    if (type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE)
        n = core_pmus(c, core);
    if (n < 2) {
        start(c, out, type);
        out->attr.config = c->term->config;
        return 1;
    }
    for (int i = 0; i < n; i++) {
        start(c, &out[i], type);
        out[i].attr.config = c->term->config | (uint64_t)core[i].type << HYBRID_SHIFT;
        out[i].pmu = core[i].type;
        name_on_pmu(c, &core[i], &out[i]);
    }
    return n;
}

static int resolve_pfm(const struct context *c, struct resolved *out)
{
    int rc;

    start(c, out, PERF_TYPE_RAW);
    rc = pfmevent_encode(c->term->name, &out->attr, c->err);
    if (rc != 0)
        return rc;
    out->class = class_of(out->attr.type);
    if (out->attr.type != PERF_TYPE_HARDWARE && out->attr.type != PERF_TYPE_HW_CACHE)
        out->pmu = out->attr.type;
    return 1;
}

static int unknown(const struct context *c)
{
    char near[EVSPEC_NAME_SIZE];

    if (evspec_suggest(c->term->name, near))
        return pg_error_set(c->err, PG_E_INVALID,
                            "unknown event '%s' at column %u of the event list; did you mean '%s'?",
                            c->term->name, c->term->column, near);
    return pg_error_set(c->err, PG_E_INVALID,
                        "unknown event '%s' at column %u of the event list; `perfgo events` shows "
                        "what can be counted",
                        c->term->name, c->term->column);
}

static int resolve_alias(const struct context *c, struct resolved *out)
{
    struct sysfs_pmu pmu[SYSFS_MAX_PMUS];
    size_t n = sysfs_pmus(c->roots->sysfs, pmu, COUNT(pmu)), on[RESOLVE_MAX];
    struct sysfs_event event;
    int found = 0, rc;

    for (size_t i = 0; i < n && found < RESOLVE_MAX; i++) {
        /* Devices often come in several of the same kind; the first one stands for them. */
        if ((found > 0 && !pmu[i].core) ||
            !sysfs_event(c->roots->sysfs, pmu[i].name, c->term->name, &event))
            continue;
        on_pmu(c, &pmu[i], &out[found]);
        if ((rc = apply_alias(c, pmu[i].name, &event, &out[found])) != 0)
            return rc;
        on[found++] = i;
    }
    for (int i = 0; found > 1 && i < found; i++)
        name_on_pmu(c, &pmu[on[i]], &out[i]);
    return found;
}

static int resolve_named(const struct context *c, struct resolved *out)
{
    int rc = resolve_alias(c, out);

    if (rc == 0)
        rc = resolve_pfm(c, out);
    return rc == -PG_E_NOTFOUND ? unknown(c) : rc;
}

int resolve_no_tracefs(int number, struct pg_error *err)
{
    if (number == EACCES || number == EPERM)
        return pg_error_set(err, PG_E_PERMISSION,
                            "tracefs may be read by root only; cure: sudo mount -o "
                            "remount,mode=755 /sys/kernel/tracing");
    return pg_error_set(err, PG_E_UNSUPPORTED,
                        "tracefs is not mounted; cure: sudo mount -t tracefs nodev "
                        "/sys/kernel/tracing");
}

static int resolve_tracepoint(const struct context *c, struct resolved *out)
{
    const char *colon = strchr(c->term->name, ':'), *root = c->roots->tracefs;
    char path[PATH_MAX], text[64], *end;
    int rc = -ENOENT;

    if (root != NULL && c->term->name[0] != '.' && colon[1] != '.') {
        snprintf(path, sizeof path, "%s/events/%.*s/%s/id", root, (int)(colon - c->term->name),
                 c->term->name, colon + 1);
        rc = sysfs_read(path, text, sizeof text);
    }
    if (rc == 0) {
        start(c, out, PERF_TYPE_TRACEPOINT);
        out->attr.config = strtoull(text, &end, 10);
        return *text != '\0' && *end == '\0'
                   ? 1
                   : pg_error_set(c->err, PG_E_UNSUPPORTED, "%s holds no number", path);
    }
    if (rc == -EACCES || rc == -EPERM)
        return resolve_no_tracefs(-rc, c->err);
    if (resolve_pfm(c, out) == 1)
        return 1;
    if (root != NULL && snprintf(path, sizeof path, "%s/events", root) < (int)sizeof path &&
        access(path, R_OK) == 0)
        return unknown(c);
    return resolve_no_tracefs(root == NULL ? ENOENT : errno, c->err);
}

int resolve_term(const struct resolve_roots *roots, const struct evspec *spec,
                 const struct evspec_term *term, struct resolved out[RESOLVE_MAX],
                 struct pg_error *err)
{
    const struct context c = {roots, spec, term, err};
    int (*const resolvers[])(const struct context *, struct resolved *) = {
        [EVSPEC_GENERIC] = resolve_generic,
        [EVSPEC_PMU] = resolve_pmu,
        [EVSPEC_TRACEPOINT] = resolve_tracepoint,
        [EVSPEC_NAMED] = resolve_named,
    };

    return resolvers[term->kind](&c, out);
}
