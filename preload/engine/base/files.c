#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum pg_code code_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return PG_E_NOTFOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return PG_E_PERMISSION;
    default:
        return PG_E_IO;
    }
}

int file_read(const char *path, size_t max, struct strbuf *out, struct pg_error *err)
{
    size_t start = out->size;
    char buf[16384];
    ssize_t n = 0;
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return pg_error_errno(err, code_of(errno), errno, "cannot open %s", path);
    while (out->size - start <= max) {
        n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        strbuf_add(out, buf, (size_t)n);
        if (out->failed)
            break;
    }
    if (n < 0)
        rc = pg_error_errno(err, code_of(errno), errno, "cannot read %s", path);
    else if (out->failed)
        rc = pg_error_set(err, PG_E_NOMEM, "no memory to read %s", path);
    else if (out->size - start > max)
        rc = pg_error_set(err, PG_E_LIMIT, "%s is longer than %zu bytes", path, max);
    close(fd);
    return rc;
}

bool file_line(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n;

    if (fd < 0)
        return false;
    do
        n = read(fd, buf, size - 1);
    while (n < 0 && errno == EINTR);
    close(fd);
    if (n < 0)
        return false;
    buf[n] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return true;
}

int file_write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The temporary name holds the thread's id: writers of one file never share it. */
int file_replace(const char *path, const char *data, size_t size, struct pg_error *err)
{
    char temp[PATH_MAX];
    int fd, rc;

    if (snprintf(temp, sizeof temp, "%s.%d.tmp", path, gettid()) >= (int)sizeof temp)
        return pg_error_set(err, PG_E_INVALID, "the path %s is too long", path);
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return pg_error_errno(err, code_of(errno), errno, "cannot create %s", temp);
    rc = file_write_all(fd, data, size);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(temp, path) < 0)
        rc = -errno;
    if (rc == 0)
        return 0;
    unlink(temp);
    return pg_error_errno(err, code_of(-rc), -rc, "cannot write %s", path);
}

int file_mkdirs(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    size_t size = strlen(path);

    if (size == 0 || size >= sizeof part)
        return size == 0 ? -ENOENT : -ENAMETOOLONG;
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        part[i] = '\0';
        /* mkdir says EROFS or EACCES for a directory that is there, too: ask it last. */
        if (access(part, F_OK) != 0 && mkdir(part, mode) < 0 && errno != EEXIST)
            return -errno;
        part[i] = path[i];
    }
    return 0;
}

static void remove_entry(int fd, const char *name)
{
    int below;

    if (unlinkat(fd, name, 0) == 0 || (errno != EISDIR && errno != EPERM))
        return;
    below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return;
    file_empty_directory(below);
    close(below);
    unlinkat(fd, name, AT_REMOVEDIR);
}

void file_empty_directory(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;

    if (dir == NULL) {
        if (copy >= 0)
            close(copy);
        return;
    }
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_entry(fd, entry->d_name);
    closedir(dir);
}
