#include "cli/preload.h"

#include "cli/say.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEPARATORS " \t\n:"

char *preload_self(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    return text_copy(path);
}

static char *beside_self(void)
{
    char *self = preload_self(), *path = NULL;

    for (int up = 0; self != NULL && up < 2; up++) {
        char *slash = strrchr(self, '/');

        if (slash == NULL)
            break;
        *slash = '\0';
        if (up == 1)
            path = text_format("%s/lib/libperfgo.so", self);
    }
    free(self);
    return path;
}

int preload_library(char **path, struct pg_error *err)
{
    const char *given = getenv("PERFGO_LIB");
    char *wanted = given != NULL && given[0] != '\0' ? text_copy(given) : beside_self();
    int rc = 0;

    *path = wanted != NULL ? realpath(wanted, NULL) : NULL;
    if (*path == NULL || access(*path, R_OK) != 0) {
        rc = pg_error_set(err, PG_E_NOTFOUND,
                          "%s is not there: build it with make, or set PERFGO_LIB to its path",
                          wanted != NULL ? wanted : "libperfgo.so");
        free(*path);
        *path = NULL;
    }
    free(wanted);
    return rc;
}

int preload_simulator(char **path, struct pg_error *err)
{
    char *agent;
    int rc = preload_library(&agent, err);

    *path = NULL;
    if (rc < 0)
        return rc;
    *path = text_format("%.*s/libperfgo-simulate.so", (int)(strrchr(agent, '/') - agent), agent);
    if (access(*path, R_OK) != 0) {
        rc = pg_error_set(err, PG_E_NOTFOUND, "%s is not there: build it with make", *path);
        free(*path);
        *path = NULL;
    }
    free(agent);
    return rc;
}

bool preload_path_usable(const char *path)
{
    return strpbrk(path, SEPARATORS "$") == NULL;
}

static bool names(const char *list, const char *library)
{
    const size_t size = strlen(library);

    for (const char *s = list; *s != '\0';) {
        size_t n = strcspn(s, SEPARATORS);

        if (n == size && memcmp(s, library, n) == 0)
            return true;
        s += n + strspn(s + n, SEPARATORS);
    }
    return false;
}

char *preload_value(const char *library, const char *before)
{
    if (before == NULL || before[strspn(before, SEPARATORS)] == '\0')
        return text_copy(library);
    if (names(before, library))
        return text_copy(before);
    return text_format("%s:%s", library, before);
}
