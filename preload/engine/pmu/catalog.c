/* catalog.c - the sources of event names, one after the other.
 *
 * A name is shown as the parser of event lists takes it, so that what is listed can be counted:
 * builtin names from the tables of evnames.c, "pmu/event/" for what the kernel publishes in sysfs,
 * "pmu::EVENT:UMASK" for libpfm4, and "subsystem:event" for what has a number in tracefs. The text
 * of a tracepoint is the list of its fields, which is all that the kernel says about it
 * (Documentation/trace/events.rst, "Event formats").
 */
#include "pmu/catalog.h"

#include "pmu/pfm.h"
#include "pmu/sysfs.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 512 };

struct shower {
    const struct resolve_roots *roots;
    catalog_visit *visit;
    void *context;
};

static const char *const kind_names[CATALOG_KINDS] = {
    [CATALOG_HARDWARE] = "hardware", [CATALOG_CACHE] = "cache", [CATALOG_SOFTWARE] = "software",
    [CATALOG_PMU] = "PMU",           [CATALOG_PFM] = "libpfm4", [CATALOG_TRACEPOINT] = "tracepoint",
};

const char *catalog_kind_name(enum catalog_kind kind)
{
    return kind_names[kind];
}

static void show_builtins(const struct shower *s, uint32_t type, enum catalog_kind kind)
{
    struct evspec_builtin_event event;

    for (size_t i = 0; evspec_builtin_at(i, &event); i++)
        if (event.type == type) {
            struct catalog_event out = {kind, event.name, event.alias, "", event.text};
            s->visit(s->context, &out);
        }
}

/* "event=0x3c,umask=0x00" becomes "event=0x3c,umask=0x00 (× 6.1e-05 MiB)". */
static void describe_alias(const struct sysfs_event *event, char text[TEXT_SIZE + 64])
{
    int n = snprintf(text, TEXT_SIZE, "%s", event->text);

    if (event->scale != 1)
        snprintf(text + n, 64, " (x %g%s%s)", event->scale, event->unit[0] ? " " : "", event->unit);
    else if (event->unit[0] != '\0')
        snprintf(text + n, 64, " (%s)", event->unit);
}

static void show_pmu(const struct shower *s, const char *pmu)
{
    char path[2 * SYSFS_NAME_SIZE + 256], text[TEXT_SIZE + 64];
    struct sysfs_event event;
    size_t n;
    char **names = sysfs_event_names(s->roots->sysfs, pmu, &n);

    for (size_t i = 0; i < n; i++) {
        struct catalog_event out = {CATALOG_PMU, path, names[i], pmu, text};

        if (!sysfs_event(s->roots->sysfs, pmu, names[i], &event) ||
            snprintf(path, sizeof path, "%s/%s/", pmu, names[i]) >= EVSPEC_NAME_SIZE)
            continue;
        describe_alias(&event, text);
        s->visit(s->context, &out);
    }
    sysfs_free_names(names, n);
}

static void show_pmus(const struct shower *s)
{
    struct sysfs_pmu pmu[SYSFS_MAX_PMUS];
    size_t n = sysfs_pmus(s->roots->sysfs, pmu, SYSFS_MAX_PMUS);

    for (size_t i = 0; i < n; i++)
        show_pmu(s, pmu[i].name);
}

static void show_pfm(void *context, const struct pfmevent *event)
{
    const struct shower *s = context;
    char name[EVSPEC_NAME_SIZE], text[TEXT_SIZE];
    struct catalog_event out = {CATALOG_PFM, name, NULL, event->pmu, text};
    const char *colon = event->umask[0] ? ":" : "";
    int n =
        snprintf(name, sizeof name, "%s::%s%s%s", event->pmu, event->event, colon, event->umask);

    if (n >= (int)sizeof name)
        return;
    out.alias = name + strlen(event->pmu) + 2;
    snprintf(text, sizeof text, "%s%s%s", event->text, event->umask[0] ? ": " : "",
             event->umask_text);
    s->visit(s->context, &out);
}

/* The names of the fields in a tracepoint's format file, which has lines such as
 * "\tfield:char prev_comm[16];\toffset:8;\t…" and "\tfield:__data_loc char[] name;\t…"; the fields
 * common_… are in every event. */
static void describe_tracepoint(const char *path, char out[TEXT_SIZE])
{
    char *line = NULL, *end, *name;
    size_t size = 0, used = 0;
    FILE *f = fopen(path, "re");

    out[0] = '\0';
    while (f != NULL && getline(&line, &size, f) > 0) {
        if (strncmp(line, "\tfield:", 7) != 0 || (end = strchr(line, ';')) == NULL)
            continue;
        *end = '\0';
        name = strrchr(line, ' ');
        if (name == NULL || strncmp(++name, "common_", 7) == 0 || *name == '\0')
            continue;
        name[strcspn(name, "[")] = '\0';
        if (used + strlen(name) + 3 > TEXT_SIZE)
            break;
        used += (size_t)sprintf(out + used, "%s%s", used ? ", " : "", name);
    }
    free(line);
    if (f != NULL)
        fclose(f);
}

static void show_subsystem(const struct shower *s, const char *subsystem)
{
    char path[PATH_MAX], name[NAME_MAX + EVSPEC_NAME_SIZE], text[TEXT_SIZE];
    size_t n;
    char **names;

    if (snprintf(path, sizeof path, "%s/events/%s", s->roots->tracefs, subsystem) >=
        (int)sizeof path)
        return;
    names = sysfs_names(path, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        struct catalog_event out = {CATALOG_TRACEPOINT, name, NULL, subsystem, text};

        /* What has no number is no event of perf's: files of the directory, ftrace's own records.
         */
        if (snprintf(path, sizeof path, "%s/events/%s/%s/id", s->roots->tracefs, subsystem,
                     names[i]) >= (int)sizeof path ||
            access(path, F_OK) != 0 ||
            snprintf(name, sizeof name, "%s:%s", subsystem, names[i]) >= EVSPEC_NAME_SIZE)
            continue;
        strcpy(path + strlen(path) - 2, "format");
        describe_tracepoint(path, text);
        s->visit(s->context, &out);
    }
    sysfs_free_names(names, n);
}

static int show_tracepoints(const struct shower *s, struct pg_error *err)
{
    char path[PATH_MAX];
    size_t n = 0;
    char **names = NULL;

    if (s->roots->tracefs == NULL)
        return resolve_no_tracefs(ENOENT, err);
    if (snprintf(path, sizeof path, "%s/events", s->roots->tracefs) < (int)sizeof path)
        names = sysfs_names(path, NULL, &n);
    if (names == NULL)
        return resolve_no_tracefs(errno, err);
    for (size_t i = 0; i < n; i++)
        show_subsystem(s, names[i]);
    sysfs_free_names(names, n);
    return 0;
}

int catalog_each(const struct resolve_roots *roots, catalog_visit *visit, void *context,
                 struct pg_error *err)
{
    struct shower s = {roots, visit, context};

    show_builtins(&s, PERF_TYPE_HARDWARE, CATALOG_HARDWARE);
    show_builtins(&s, PERF_TYPE_HW_CACHE, CATALOG_CACHE);
    show_builtins(&s, PERF_TYPE_SOFTWARE, CATALOG_SOFTWARE);
    show_pmus(&s);
    pfmevent_each(show_pfm, &s);
    return show_tracepoints(&s, err);
}

bool catalog_matches(const struct catalog_event *event, const char *pattern)
{
    const char *const in[] = {event->name, event->alias, event->text};

    if (pattern == NULL)
        return true;
    if (strpbrk(pattern, "*?[") != NULL) {
        for (int i = 0; i < 2; i++)
            if (in[i] != NULL && fnmatch(pattern, in[i], FNM_CASEFOLD) == 0)
                return true;
        return false;
    }
    for (int i = 0; i < 3; i++)
        if (in[i] != NULL && strcasestr(in[i], pattern) != NULL)
            return true;
    return false;
}
