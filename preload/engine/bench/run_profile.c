/* run_profile.c - where the profile of a benchmark lies, profiles/PACKAGE/NAME.pb.gz, and the
 * binary of a package, binaries/PACKAGE.test.
 *
 * Slashes of import paths and of sub-benchmarks make directories. What a path must not contain is
 * written as %XX: control characters, the percent sign, and a dot that begins a part.
 */
#include "base/files.h"
#include "bench/run_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add_escaped(struct strbuf *out, const char *name)
{
    char before = '/';

    for (const char *s = name; *s != '\0'; before = *s++) {
        if (*s == '/' && before == '/')
            continue;
        if ((unsigned char)*s < ' ' || *s == 0x7f || *s == '%' || (*s == '.' && before == '/'))
            strbuf_printf(out, "%%%02X", (unsigned char)*s);
        else
            strbuf_add(out, s, 1);
    }
}

/* Makes the directories of a path. */
static int make_room(char *path, struct pg_error *err)
{
    char *slash = strrchr(path, '/');
    int rc;

    *slash = '\0';
    rc = file_mkdirs(path, 0777);
    if (rc < 0)
        return pg_error_errno(err, PG_E_IO, -rc, "cannot make the directory %s", path);
    *slash = '/';
    return 0;
}

static int put(char *path, bool replace, const char *data, size_t size, struct pg_error *err)
{
    int rc = 0;

    if (!replace && access(path, F_OK) == 0)
        return 0;
    rc = make_room(path, err);
    return rc < 0 ? rc : file_replace(path, data, size, err);
}

int run_profile_path(const char *dir, const char *pkg, const char *name, struct strbuf *path,
                     struct pg_error *err)
{
    strbuf_printf(path, "%s/profiles/", dir);
    add_escaped(path, pkg);
    strbuf_puts(path, "/");
    add_escaped(path, name);
    strbuf_puts(path, ".pb.gz");
    return path->failed ? pg_error_set(err, PG_E_NOMEM, "no memory for the path of a profile") : 0;
}

int run_put_profile(struct run *run, const char *pkg, const char *name, bool replace,
                    const char *data, size_t size, struct pg_error *err)
{
    struct strbuf path = {0};
    int rc = run_profile_path(run->dir, pkg, name, &path, err);

    rc = rc < 0 ? rc : put(path.text, replace, data, size, err);
    strbuf_free(&path);
    return rc;
}

/* The kernel copies, and on some file systems shares the blocks. A copy that was cut short must not
 * be taken for the binary: it gets its name when it is whole. */
static int copy_binary(int from, const char *path, struct pg_error *err)
{
    struct strbuf part = {0};
    ssize_t n = 1;
    int to, rc = 0;

    strbuf_printf(&part, "%s.%d", path, (int)getpid());
    to = part.failed ? -1 : open(part.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    while (to >= 0 && n > 0)
        n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
    if (to < 0 || n < 0 || close(to) < 0 || rename(part.text, path) < 0)
        rc = pg_error_errno(err, PG_E_IO, errno, "cannot keep the test binary as %s", path);
    if (rc < 0 && part.text != NULL)
        unlink(part.text);
    strbuf_free(&part);
    return rc;
}

int run_put_binary(struct run *run, const char *pkg, const char *path, struct pg_error *err)
{
    struct strbuf to = {0};
    int from = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

    strbuf_printf(&to, "%s/binaries/", run->dir);
    add_escaped(&to, pkg);
    strbuf_puts(&to, ".test");
    if (to.failed)
        rc = pg_error_set(err, PG_E_NOMEM, "no memory for the path of a binary");
    else if (from < 0)
        rc = pg_error_errno(err, PG_E_IO, errno, "cannot read %s", path);
    else if (access(to.text, F_OK) != 0)
        rc = make_room(to.text, err);
    if (rc == 0 && access(to.text, F_OK) != 0)
        rc = copy_binary(from, to.text, err);
    if (from >= 0)
        close(from);
    strbuf_free(&to);
    return rc;
}
