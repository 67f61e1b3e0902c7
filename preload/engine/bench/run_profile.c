/* run_profile.c - where the profile of a benchmark lies: profiles/PACKAGE/NAME.pb.gz.
 *
 * Slashes of import paths and of sub-benchmarks make directories. What a path must not contain is
 * written as %XX: control characters, the percent sign, and a dot that begins a part.
 */
#include "base/files.h"
#include "bench/run_priv.h"

#include <errno.h>
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

static int put(char *path, const char *data, size_t size, struct pg_error *err)
{
    char *slash = strrchr(path, '/');
    int rc;

    if (access(path, F_OK) == 0)
        return 0;
    *slash = '\0';
    rc = file_mkdirs(path, 0777);
    if (rc < 0)
        return pg_error_errno(err, PG_E_IO, -rc, "cannot make the directory %s", path);
    *slash = '/';
    return file_replace(path, data, size, err);
}

int run_put_profile(struct run *run, const char *pkg, const char *name, const char *data,
                    size_t size, struct pg_error *err)
{
    struct strbuf path = {0};
    int rc;

    strbuf_printf(&path, "%s/profiles/", run->dir);
    add_escaped(&path, pkg);
    strbuf_puts(&path, "/");
    add_escaped(&path, name);
    strbuf_puts(&path, ".pb.gz");
    rc = path.failed ? pg_error_set(err, PG_E_NOMEM, "no memory for the path of a profile")
                     : put(path.text, data, size, err);
    strbuf_free(&path);
    return rc;
}
