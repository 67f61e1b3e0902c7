/* run_read.c - finding runs, and loading one with whatever a killed writer left of it.
 *
 * Readers take no lock. A last line without newline is one being written or one that a killed
 * process left torn: it counts as bad unless it parses. Lines longer than a record may be are
 * skipped in pieces, so that a hostile file costs time but not memory.
 */
#include "bench/run.h"
#include "base/files.h"
#include "bench/run_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_of(const char *dir, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int load_info(const char *dir, struct testrun **out, struct pg_error *err)
{
    char *path = path_of(dir, RUN_INFO);
    struct strbuf text = {0};
    struct pg_error why = {0};
    int rc;

    *out = NULL;
    if (path == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory to load %.300s", dir);
    rc = file_read(path, RUN_INFO_MAX, &text, err);
    if (rc == 0) {
        rc = testrun_from_json(text.text != NULL ? text.text : "", text.size, out, &why);
        if (rc < 0)
            pg_error_set(err, (enum pg_code)why.code, "%.200s: %.200s", path, why.text);
    }
    strbuf_free(&text);
    free(path);
    return rc;
}

/* ---- the list ---- */

static bool is_run(const char *dir)
{
    static const char *const names[] = {RUN_INFO, RUN_LINES};
    bool found = false;

    for (size_t i = 0; i < 2 && !found; i++) {
        char *path = path_of(dir, names[i]);

        found = path != NULL && access(path, F_OK) == 0;
        free(path);
    }
    return found;
}

/* testrun.json's time, else that of the directory. */
static int64_t time_of(const char *dir)
{
    struct testrun *info;
    struct stat st;
    int64_t ns, t = stat(dir, &st) == 0 ? (int64_t)st.st_mtim.tv_sec : 0;

    if (load_info(dir, &info, NULL) < 0)
        return t;
    if (info->time != NULL && run_parse_time(info->time, &ns))
        t = ns / 1000000000;
    testrun_free(info);
    return t;
}

static int newest_first(const void *a, const void *b)
{
    const struct run_entry *x = a, *y = b;

    return x->time != y->time ? (x->time < y->time) - (x->time > y->time) : strcmp(y->id, x->id);
}

static bool list_add(struct run_list *list, size_t *capacity, const char *history, const char *id)
{
    struct run_entry e = {.id = strdup(id), .dir = path_of(history, id)};

    if (e.id == NULL || e.dir == NULL)
        goto fail;
    if (!is_run(e.dir)) {
        free(e.id);
        free(e.dir);
        return true;
    }
    if (list->n == *capacity) {
        size_t more = *capacity > 0 ? 2 * *capacity : 16;
        struct run_entry *entry = reallocarray(list->entry, more, sizeof *entry);

        if (entry == NULL)
            goto fail;
        list->entry = entry;
        *capacity = more;
    }
    e.time = time_of(e.dir);
    list->entry[list->n++] = e;
    return true;
fail:
    free(e.id);
    free(e.dir);
    return false;
}

int run_list(const char *history, struct run_list *out, struct pg_error *err)
{
    DIR *dir = opendir(history);
    struct dirent *d;
    size_t capacity = 0;
    bool ok = true;

    *out = (struct run_list){0};
    if (dir == NULL)
        return errno == ENOENT ? 0
                               : pg_error_errno(err, PG_E_IO, errno, "cannot list %.300s", history);
    while (ok && (d = readdir(dir)) != NULL)
        if (d->d_name[0] != '.') /* also what a killed run_remove left */
            ok = list_add(out, &capacity, history, d->d_name);
    closedir(dir);
    if (!ok) {
        run_list_free(out);
        return pg_error_set(err, PG_E_NOMEM, "no memory to list %.300s", history);
    }
    if (out->n > 0)
        qsort(out->entry, out->n, sizeof *out->entry, newest_first);
    return 0;
}

void run_list_free(struct run_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->entry[i].id);
        free(list->entry[i].dir);
    }
    free(list->entry);
    *list = (struct run_list){0};
}

/* ---- which run ---- */

static int found(const char *path, char **dir, struct pg_error *err)
{
    *dir = strdup(path);
    return *dir != NULL ? 0 : pg_error_set(err, PG_E_NOMEM, "no memory for a path");
}

static int ambiguous(const struct run_list *list, const char *prefix, struct pg_error *err)
{
    struct strbuf ids = {0};
    size_t n = 0, size = strlen(prefix);
    int rc;

    for (size_t i = 0; i < list->n; i++)
        if (strncmp(list->entry[i].id, prefix, size) == 0 && ++n <= 5)
            strbuf_printf(&ids, "%s%s", n > 1 ? ", " : "", list->entry[i].id);
    rc = pg_error_set(err, PG_E_INVALID, "\"%.60s\" is not one run but %zu: %.300s%s", prefix, n,
                      ids.text != NULL ? ids.text : "", n > 5 ? ", …" : "");
    strbuf_free(&ids);
    return rc;
}

/* By name in a list: an id wins over a prefix, NULL is the newest. */
static int resolve_in(const struct run_list *list, const char *history, const char *which,
                      char **dir, struct pg_error *err)
{
    size_t size = which != NULL ? strlen(which) : 0, n = 0, last = 0;

    if (list->n == 0)
        return pg_error_set(err, PG_E_NOTFOUND,
                            "there is no run in %.300s: record one with perfgo test", history);
    for (size_t i = 0; which != NULL && i < list->n; i++) {
        if (strcmp(list->entry[i].id, which) == 0)
            return found(list->entry[i].dir, dir, err);
        if (strncmp(list->entry[i].id, which, size) == 0) {
            n++;
            last = i;
        }
    }
    if (which != NULL && (n == 0 || size == 0))
        return pg_error_set(err, PG_E_NOTFOUND,
                            "there is no run \"%.100s\" in %.200s: see perfgo list", which,
                            history);
    if (n > 1)
        return ambiguous(list, which, err);
    return found(list->entry[last].dir, dir, err);
}

int run_resolve(const char *history, const char *which, char **dir, struct pg_error *err)
{
    struct run_list list;
    int rc;

    *dir = NULL;
    if (which != NULL && strchr(which, '/') != NULL) {
        if (is_run(which))
            return found(which, dir, err);
        return pg_error_set(err, PG_E_NOTFOUND,
                            "%.300s is not a run directory: it has no " RUN_INFO, which);
    }
    rc = run_list(history, &list, err);
    if (rc < 0)
        return rc;
    rc = resolve_in(&list, history, which, dir, err);
    run_list_free(&list);
    if (rc == -PG_E_NOTFOUND && which != NULL && is_run(which))
        return found(which, dir, err);
    return rc;
}

/* ---- loading ---- */

struct loader {
    struct run_data *data;
    bool (*each)(const struct record *r, void *arg); /* NULL: keep all */
    void *arg;
    size_t capacity, number; /* number: of the line being put together, from 1 */
    struct strbuf line;
    bool too_long;
};

static void bad_line(struct loader *l, const struct pg_error *why)
{
    if (l->data->bad_lines++ > 0)
        return;
    l->data->first_bad_line = l->number;
    l->data->bad_line = *why;
}

static bool add_record(struct loader *l, struct record *r)
{
    struct run_data *data = l->data;

    if (data->n_records == l->capacity) {
        size_t more = l->capacity > 0 ? 2 * l->capacity : 64;
        struct record **grown = reallocarray(data->record, more, sizeof *grown);

        if (grown == NULL)
            return false;
        data->record = grown;
        l->capacity = more;
    }
    data->record[data->n_records++] = r;
    return true;
}

/* Takes the line that was put together; false when memory is out. */
static bool end_line(struct loader *l)
{
    struct pg_error why = {0};
    struct record *r = NULL;
    bool ok = !l->line.failed;

    if (l->too_long)
        pg_error_set(&why, PG_E_LIMIT, "the line is longer than %d bytes", RECORD_MAX_BYTES);
    else if (ok && l->line.size > 0)
        record_from_json(l->line.text, l->line.size, &r, &why);
    if (why.code == PG_E_NOMEM)
        ok = false;
    else if (why.code != 0)
        bad_line(l, &why);
    if (r != NULL && l->each != NULL)
        ok = l->each(r, l->arg) && ok;
    else if (r != NULL && add_record(l, r))
        r = NULL;
    else if (r != NULL)
        ok = false;
    record_free(r);
    l->line.size = 0;
    l->too_long = false;
    l->number++;
    return ok;
}

static bool take(struct loader *l, const char *p, size_t size)
{
    while (size > 0) {
        const char *end = memchr(p, '\n', size);
        size_t part = end != NULL ? (size_t)(end - p) : size;

        l->too_long = l->too_long || l->line.size + part > RECORD_MAX_BYTES;
        if (!l->too_long)
            strbuf_add(&l->line, p, part);
        if (end != NULL && !end_line(l))
            return false;
        part += end != NULL;
        p += part;
        size -= part;
    }
    return true;
}

static int read_records(const char *path, struct loader l, struct pg_error *err)
{
    char buf[65536];
    ssize_t n = 0;
    bool ok = true;
    int number, fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? 0
                               : pg_error_errno(err, PG_E_IO, errno, "cannot open %.300s", path);
    while (ok && ((n = read(fd, buf, sizeof buf)) > 0 || (n < 0 && errno == EINTR)))
        ok = n < 0 || take(&l, buf, (size_t)n);
    number = errno;
    close(fd);
    if (ok && (l.line.size > 0 || l.too_long))
        ok = end_line(&l);
    strbuf_free(&l.line);
    if (!ok)
        return pg_error_set(err, PG_E_NOMEM, "no memory to load %.300s", path);
    return n < 0 ? pg_error_errno(err, PG_E_IO, number, "cannot read %.300s", path) : 0;
}

int run_scan(const char *dir, bool (*each)(const struct record *r, void *arg), void *arg,
             struct run_data **out, struct pg_error *err)
{
    struct run_data *data;
    char *path = NULL;
    struct stat st;
    int rc;

    *out = NULL;
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
        return pg_error_set(err, PG_E_NOTFOUND, "there is no run directory %.300s", dir);
    data = calloc(1, sizeof *data);
    if (data != NULL) {
        const char *slash = strrchr(dir, '/');

        data->dir = strdup(dir);
        data->id = strdup(slash != NULL && slash[1] != '\0' ? slash + 1 : dir);
        path = path_of(dir, RUN_LINES);
    }
    if (path == NULL || data->dir == NULL || data->id == NULL) {
        rc = pg_error_set(err, PG_E_NOMEM, "no memory to load %.300s", dir);
    } else {
        load_info(dir, &data->info, &data->info_error);
        rc = read_records(
            path, (struct loader){.data = data, .each = each, .arg = arg, .number = 1}, err);
    }
    free(path);
    if (rc == 0)
        *out = data;
    else
        run_data_free(data);
    return rc;
}

int run_load(const char *dir, struct run_data **out, struct pg_error *err)
{
    return run_scan(dir, NULL, NULL, out, err);
}

void run_data_free(struct run_data *data)
{
    if (data == NULL)
        return;
    for (size_t i = 0; i < data->n_records; i++)
        record_free(data->record[i]);
    free(data->record);
    testrun_free(data->info);
    free(data->id);
    free(data->dir);
    free(data);
}
