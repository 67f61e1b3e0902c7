/* tree.h - directories of small files that look like the /proc, /sys or tracefs of some machine. */
#ifndef PERFGO_TESTS_UNIT_TREE_H
#define PERFGO_TESTS_UNIT_TREE_H

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TREE_PMU "bus/event_source/devices/"

struct tree_file {
    const char *path, *text;
};

/* Writes a file below `dir`, and the directories on the way to it. */
static inline void tree_put(const char *dir, const char *name, const char *text)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0755);
    }
    f = fopen(path, "w");
    assert(f != NULL);
    fputs(text, f);
    fclose(f);
}

static inline void tree_put_all(const char *dir, const struct tree_file *file, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tree_put(dir, file[i].path, file[i].text);
}

static inline int tree_remove(const char *dir)
{
    char command[PATH_MAX];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

#endif
