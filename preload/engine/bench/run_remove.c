/* run_remove.c - a run goes: first its name, in one step, so that no reader meets half of it, then
 * what is in it. What a killed process left of that is finished by the next one. */
#include "base/files.h"
#include "bench/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REMOVED ".removed-"

static void finish(int history, const char *name)
{
    int fd = openat(history, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    file_empty_directory(fd);
    close(fd);
    unlinkat(history, name, AT_REMOVEDIR);
}

static void finish_all(int history)
{
    int copy = openat(history, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *d;

    if (dir == NULL) {
        if (copy >= 0)
            close(copy);
        return;
    }
    while ((d = readdir(dir)) != NULL)
        if (strncmp(d->d_name, REMOVED, sizeof REMOVED - 1) == 0)
            finish(history, d->d_name);
    closedir(dir);
}

int run_remove(const char *dir, struct pg_error *err)
{
    const char *slash = strrchr(dir, '/');
    char parent[PATH_MAX], gone[NAME_MAX + 1];
    int history, rc = 0;

    if (slash == NULL ||
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - dir), dir) >= (int)sizeof parent ||
        snprintf(gone, sizeof gone, REMOVED "%d-%.200s", (int)getpid(), slash + 1) >=
            (int)sizeof gone)
        return pg_error_set(err, PG_E_INVALID, "%.300s is not the directory of a run", dir);
    history = open(parent[0] != '\0' ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (history < 0)
        return pg_error_errno(err, PG_E_IO, errno, "cannot open %.300s", parent);
    if (renameat(history, slash + 1, history, gone) < 0)
        rc = pg_error_errno(err, errno == EACCES || errno == EPERM ? PG_E_PERMISSION : PG_E_IO,
                            errno, "cannot remove the run %.300s", dir);
    else
        finish_all(history);
    close(history);
    return rc;
}
