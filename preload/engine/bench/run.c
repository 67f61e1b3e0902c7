/* run.c - several processes write one directory.
 *
 * testrun.json is read, changed and replaced by rename under a lock, so that it is valid at any
 * moment for readers, who take no lock. benchmarks.jsonl only grows: a line is one write(2) on a
 * descriptor with O_APPEND, and under the same lock, so that a write cut short by a full disk can
 * be taken back without cutting another process's line. A lock that cannot be had within two
 * seconds (its holder is stopped, or the file system has none) is done without for lines, and is an
 * error for testrun.json.
 */
#include "bench/run.h"
#include "base/files.h"
#include "base/locale.h"
#include "bench/run_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int cannot_write(struct pg_error *err, int number, const char *what, const char *path)
{
    enum pg_code code = number == EACCES || number == EPERM || number == EROFS ? PG_E_PERMISSION
                        : number == EMFILE || number == ENFILE                 ? PG_E_LIMIT
                                                                               : PG_E_IO;
    char text[128];

    return pg_error_set(err, code,
                        "cannot %s %.200s (%s): set PERFGO_OUTPUT to a writable "
                        "directory with free space",
                        what, path, strerror_r(number, text, sizeof text));
}

static int set_path(char *out, const char *dir, const char *name, struct pg_error *err)
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
        return 0;
    return pg_error_set(err, PG_E_INVALID, "the path %.200s/%.40s is too long", dir, name);
}

static int run_new(const char *dir, struct run **out, struct pg_error *err)
{
    struct run *run = calloc(1, sizeof *run);
    size_t size = strlen(dir);

    *out = NULL;
    if (run == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a run");
    while (size > 1 && dir[size - 1] == '/')
        size--;
    if (size >= sizeof run->dir) {
        free(run);
        return pg_error_set(err, PG_E_INVALID, "the path %.200s… is too long", dir);
    }
    memcpy(run->dir, dir, size);
    run->id = strrchr(run->dir, '/');
    run->id = run->id != NULL ? run->id + 1 : run->dir;
    *out = run;
    return 0;
}

/* The first one to come writes what identifies the run. */
static bool begin(cJSON *root, void *context)
{
    const struct run *run = context;
    struct timespec now;
    struct tm tm;
    char text[40];

    if (json_member(root, "schema") != NULL)
        return true;
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) == NULL)
        return false;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_add_u64(root, "schema", TESTRUN_SCHEMA) && json_add_string(root, "id", run->id) &&
           json_add_string(root, "time", text);
}

int run_create(const char *history, const char *id, struct run **out, struct pg_error *err)
{
    char dir[PATH_MAX];
    int rc;

    *out = NULL;
    if (!run_id_valid(id))
        return pg_error_set(err, PG_E_INVALID,
                            "\"%.100s\" cannot name a run (PERFGO_RUN): give a "
                            "file name without slashes",
                            id);
    rc = set_path(dir, history, id, err);
    if (rc < 0)
        return rc;
    rc = file_mkdirs(dir, 0777);
    if (rc < 0)
        return cannot_write(err, -rc, "create the run directory", dir);
    rc = run_new(dir, out, err);
    if (rc == 0)
        rc = run_change(*out, begin, *out, err);
    if (rc < 0) {
        run_close(*out);
        *out = NULL;
    }
    return rc;
}

int run_open(const char *dir, struct run **out, struct pg_error *err)
{
    struct stat st;

    *out = NULL;
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
        return pg_error_set(err, PG_E_NOTFOUND, "there is no run directory %.300s", dir);
    return run_new(dir, out, err);
}

void run_close(struct run *run)
{
    free(run);
}

const char *run_dir(const struct run *run)
{
    return run->dir;
}

const char *run_id(const struct run *run)
{
    return run->id;
}

int run_lock(const struct run *run, struct pg_error *err)
{
    static const struct timespec pause = {0, 5000000};
    char path[PATH_MAX];
    int fd, number, rc = set_path(path, run->dir, RUN_LOCK, err);

    if (rc < 0)
        return rc;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return cannot_write(err, errno, "create", path);
    for (int i = 0; i < RUN_LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        nanosleep(&pause, NULL);
    }
    number = errno;
    close(fd);
    if (number == EWOULDBLOCK)
        return pg_error_set(err, PG_E_TIMEOUT,
                            "another process holds %.300s: it is stopped, or the "
                            "file system is stuck",
                            path);
    return pg_error_errno(err, PG_E_IO, number, "cannot lock %.300s", path);
}

/* A killed writer, or one whose disk was full, may have left a line without its end: close it off,
 * so that only that one is lost. */
static bool ends_torn(int fd, off_t size)
{
    char last;

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int append_locked(int fd, bool locked, const char *line, size_t size)
{
    struct stat st;
    bool torn;
    ssize_t n;

    if (fstat(fd, &st) < 0)
        return -errno;
    torn = S_ISREG(st.st_mode) && ends_torn(fd, st.st_size);
    do
        n = write(fd, torn ? line : line + 1, torn ? size : size - 1);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n == (torn ? size : size - 1))
        return 0;
    /* A full disk or a limit: take the torn part back, which is safe under the lock only. */
    if (locked && S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) < 0)
        return -errno;
    return -ENOSPC;
}

int run_append(struct run *run, const char *json, size_t size, struct pg_error *err)
{
    char path[PATH_MAX], *line;
    int lock, fd, rc = set_path(path, run->dir, RUN_LINES, err);

    if (rc < 0)
        return rc;
    line = malloc(size + 2);
    if (line == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to write a record");
    line[0] = '\n';
    memcpy(line + 1, json, size);
    line[size + 1] = '\n';
    lock = run_lock(run, NULL);
    fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    rc = fd >= 0 ? append_locked(fd, lock >= 0, line, size + 2) : -errno;
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    if (lock >= 0)
        close(lock);
    free(line);
    return rc < 0 ? cannot_write(err, -rc, "write", path) : 0;
}

/* The object in testrun.json; a new one when the file is absent or empty. A damaged file is kept
 * beside (testrun.json.damaged): what can still be known is worth more than a refusal. */
static cJSON *read_info(const char *path)
{
    struct strbuf text = {0};
    cJSON *root = NULL;
    char aside[PATH_MAX];

    if (file_read(path, RUN_INFO_MAX, &text, NULL) == 0 && text.size > 0) {
        root = json_parse_object(text.text, text.size, NULL);
        if (root == NULL && snprintf(aside, sizeof aside, "%s.damaged", path) < PATH_MAX)
            rename(path, aside);
    }
    strbuf_free(&text);
    return root != NULL ? root : cJSON_CreateObject();
}

int run_change(struct run *run, bool (*change)(cJSON *root, void *context), void *context,
               struct pg_error *err)
{
    char path[PATH_MAX];
    struct strbuf text = {0};
    struct locale_scope scope;
    cJSON *root;
    int lock, rc = set_path(path, run->dir, RUN_INFO, err);

    if (rc < 0)
        return rc;
    lock = run_lock(run, err);
    if (lock < 0)
        return lock;
    scope = locale_enter();
    root = read_info(path);
    if (root == NULL || !change(root, context) || !json_print(root, true, &text))
        rc = pg_error_set(err, PG_E_NOMEM, "no memory to write %.300s", path);
    else {
        strbuf_puts(&text, "\n");
        rc = file_replace(path, text.text, text.size, err);
    }
    cJSON_Delete(root);
    strbuf_free(&text);
    locale_leave(&scope);
    close(lock);
    return rc;
}
