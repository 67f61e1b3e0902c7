#include "cli/tempdir.h"

#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PREFIX "perfgo-"

const char *tempdir_base(void)
{
    const char *base = getenv("TMPDIR");

    return base != NULL && base[0] == '/' ? base : "/tmp";
}

bool tempdir_base_runs(const char *base)
{
    struct statvfs fs;

    return access(base, W_OK | X_OK) == 0 && statvfs(base, &fs) == 0 &&
           (fs.f_flag & ST_NOEXEC) == 0;
}

int tempdir_create(struct tempdir *t, const char *base, bool keep, struct pg_error *err)
{
    int n = snprintf(t->path, sizeof t->path, "%s/" PREFIX "%s%ld-XXXXXX", base,
                     keep ? "kept-" : "", (long)getpid());

    t->fd = -1;
    if (n < 0 || (size_t)n >= sizeof t->path)
        return pg_error_set(err, PG_E_LIMIT, "%s: the path is too long for a temporary directory",
                            base);
    if (mkdtemp(t->path) == NULL)
        return pg_error_errno(err, PG_E_IO, errno, "cannot make a temporary directory in %s", base);
    t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->fd < 0 || flock(t->fd, LOCK_EX | LOCK_NB) < 0) {
        int failure = errno;

        tempdir_remove(t);
        return pg_error_errno(err, PG_E_IO, failure, "cannot lock the temporary directory %s",
                              t->path);
    }
    return 0;
}

void tempdir_remove(struct tempdir *t)
{
    if (t->path[0] == '\0')
        return;
    if (t->fd >= 0) {
        file_empty_directory(t->fd);
        close(t->fd);
    }
    rmdir(t->path);
    *t = (struct tempdir){.fd = -1};
}

/* The process that made a directory of that name; 0 when the name is not one of ours. */
static pid_t owner_of(const char *name)
{
    char *end;
    long pid;

    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    pid = strtol(name + strlen(PREFIX), &end, 10);
    return pid > 0 && pid <= INT_MAX && *end == '-' && strlen(end) == 7 ? (pid_t)pid : 0;
}

static void sweep_one(int base_fd, const char *name)
{
    struct stat st;
    int fd = openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        file_empty_directory(fd);
        unlinkat(base_fd, name, AT_REMOVEDIR);
    }
    close(fd);
}

void tempdir_sweep(const char *base)
{
    DIR *dir = opendir(base);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        pid_t owner = owner_of(entry->d_name);

        if (owner > 0 && kill(owner, 0) < 0 && errno == ESRCH)
            sweep_one(dirfd(dir), entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}
