#include "pmu/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "bus/event_source/devices"

int sysfs_read(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    int rc = 0;

    if (fd < 0)
        return -errno;
    n = read(fd, out, size);
    if (n < 0)
        rc = -errno;
    else if ((size_t)n == size)
        rc = -E2BIG;
    else
        out[n] = '\0';
    close(fd);
    if (rc == 0)
        out[strcspn(out, "\n")] = '\0';
    return rc;
}

bool sysfs_read_number(const char *path, int64_t *out)
{
    char text[64], *end;

    if (sysfs_read(path, text, sizeof text) != 0 || text[0] == '\0')
        return false;
    errno = 0;
    *out = strtoll(text, &end, 0);
    return *end == '\0' && errno == 0;
}

/* A component that stays in its directory. */
static bool is_plain(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static bool device_path(char out[PATH_MAX], const char *root, const char *pmu, const char *dir,
                        const char *file, const char *suffix)
{
    int n = snprintf(out, PATH_MAX, "%s/" DEVICES "/%s/%s%s%s", root, pmu, dir, file, suffix);

    return is_plain(pmu) && is_plain(file) && n > 0 && n < PATH_MAX;
}

bool sysfs_pmu(const char *root, const char *name, struct sysfs_pmu *out)
{
    char path[PATH_MAX];
    int64_t type;

    if (!device_path(path, root, name, "", "type", "") || strlen(name) >= sizeof out->name ||
        !sysfs_read_number(path, &type) || type < 0 || type > UINT32_MAX)
        return false;
    memset(out, 0, sizeof *out);
    strcpy(out->name, name);
    out->type = (uint32_t)type;
    /* "cpus" marks a core PMU of a hybrid or Arm machine, "cpumask" one that is bound to CPUs;
     * x86 has a plain "cpu" with neither. */
    device_path(path, root, name, "", "cpus", "");
    out->core = type == PERF_TYPE_RAW || access(path, R_OK) == 0;
    device_path(path, root, name, "", "cpumask", "");
    out->uncore = !out->core && access(path, R_OK) == 0;
    return true;
}

static int by_core_and_name(const void *a, const void *b)
{
    const struct sysfs_pmu *x = a, *y = b;

    return x->core != y->core ? (int)y->core - (int)x->core : strcmp(x->name, y->name);
}

size_t sysfs_pmus(const char *root, struct sysfs_pmu *out, size_t max)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    if (snprintf(path, sizeof path, "%s/" DEVICES, root) >= (int)sizeof path)
        return 0;
    dir = opendir(path);
    if (dir == NULL)
        return 0;
    while (n < max && (entry = readdir(dir)) != NULL)
        n += sysfs_pmu(root, entry->d_name, &out[n]);
    closedir(dir);
    qsort(out, n, sizeof *out, by_core_and_name);
    return n;
}

bool sysfs_format_parse(const char *text, struct sysfs_format *out)
{
    static const char *const words[] = {"config:", "config1:", "config2:"};
    size_t w = 0, len = 0;

    while (w < 3 && strncmp(text, words[w], len = strlen(words[w])) != 0)
        w++;
    if (w == 3)
        return false;
    *out = (struct sysfs_format){.word = (uint8_t)w};
    text += len;
    for (;;) {
        char *end;
        unsigned long first, last;

        if (*text < '0' || *text > '9')
            return false;
        first = last = strtoul(text, &end, 10);
        if (*end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoul(end + 1, &end, 10);
        if (first > last || last > 63)
            return false;
        out->mask |= (UINT64_MAX >> (63 - (last - first))) << first;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

bool sysfs_format(const char *root, const char *pmu, const char *key, struct sysfs_format *out)
{
    char path[PATH_MAX], text[128];

    return device_path(path, root, pmu, "format/", key, "") &&
           sysfs_read(path, text, sizeof text) == 0 && sysfs_format_parse(text, out);
}

bool sysfs_format_put(const struct sysfs_format *format, uint64_t value,
                      struct perf_event_attr *attr)
{
    uint64_t word = 0;

    for (unsigned bit = 0; bit < 64; bit++)
        if (format->mask >> bit & 1) {
            word |= (value & 1) << bit;
            value >>= 1;
        }
    if (value != 0)
        return false;
    if (format->word == 0)
        attr->config = (attr->config & ~format->mask) | word;
    else if (format->word == 1)
        attr->config1 = (attr->config1 & ~format->mask) | word;
    else
        attr->config2 = (attr->config2 & ~format->mask) | word;
    return true;
}

/* The kernel writes a point whatever the locale of the program we are in. */
static bool c_double(const char *text, double *out)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end;

    if (c == (locale_t)0)
        return false;
    *out = strtod_l(text, &end, c);
    freelocale(c);
    return end != text && *end == '\0';
}

bool sysfs_event(const char *root, const char *pmu, const char *event, struct sysfs_event *out)
{
    char path[PATH_MAX], text[64];

    memset(out, 0, sizeof *out);
    if (!device_path(path, root, pmu, "events/", event, "") ||
        sysfs_read(path, out->text, sizeof out->text) != 0)
        return false;
    out->scale = 1;
    if (device_path(path, root, pmu, "events/", event, ".scale") &&
        sysfs_read(path, text, sizeof text) == 0 && !c_double(text, &out->scale))
        out->scale = 1;
    if (device_path(path, root, pmu, "events/", event, ".unit") &&
        sysfs_read(path, out->unit, sizeof out->unit) != 0)
        out->unit[0] = '\0';
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **sysfs_names(const char *dir, bool (*skip)(const char *name), size_t *n)
{
    size_t room = 0;
    char **names = NULL;
    const struct dirent *entry;
    DIR *d = opendir(dir);

    *n = 0;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (entry->d_name[0] == '.' || (skip != NULL && skip(entry->d_name)))
            continue;
        if (*n == room) {
            char **more = realloc(names, (room = room ? 2 * room : 64) * sizeof *names);
            if (more == NULL)
                break;
            names = more;
        }
        if ((names[*n] = strdup(entry->d_name)) == NULL)
            break;
        ++*n;
    }
    if (d != NULL)
        closedir(d);
    if (names != NULL)
        qsort(names, *n, sizeof *names, by_text);
    return names;
}

void sysfs_free_names(char **names, size_t n)
{
    while (n > 0)
        free(names[--n]);
    free(names);
}

/* events/NAME.scale, .unit, .per-pkg and .snapshot say something about the event NAME. */
static bool has_dot(const char *name)
{
    return strchr(name, '.') != NULL;
}

char **sysfs_event_names(const char *root, const char *pmu, size_t *n)
{
    char path[PATH_MAX];

    *n = 0;
    if (!is_plain(pmu) ||
        snprintf(path, sizeof path, "%s/" DEVICES "/%s/events", root, pmu) >= (int)sizeof path)
        return NULL;
    return sysfs_names(path, has_dot, n);
}
