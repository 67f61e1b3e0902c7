#include "collect/jobs.h"

#include "base/files.h"
#include "bench/run.h"
#include "collect/costs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".job"
#define KEPT   ".kept"
enum { FIELDS = 4, LARGEST = 1 << 16 };

struct jobs {
    struct elf_image *image;
    struct gobin *bin;
    char object[PATH_MAX];
    uint64_t seed;
};

/* ---- inside ---- */

int job_leave(const char *dump, const struct job *job, struct pg_error *err)
{
    const char *const field[FIELDS] = {job->run, job->pkg, job->name, job->benchmark};
    struct strbuf text = {0};
    char path[PATH_MAX];
    int rc;

    snprintf(path, sizeof path, "%s" KEPT, dump);
    if (rename(dump, path) < 0)
        return pg_error_set(err, PG_E_IO, "cannot keep Valgrind's dump %s", dump);
    for (size_t i = 0; i < FIELDS; i++)
        strbuf_add(&text, field[i], strlen(field[i]) + 1);
    snprintf(path, sizeof path, "%s" SUFFIX, dump);
    rc = text.failed ? pg_error_set(err, PG_E_NOMEM, "no memory for a profile")
                     : file_replace(path, text.text, text.size, err);
    strbuf_free(&text);
    return rc;
}

/* ---- outside ---- */

/* The fields of a job point into its text. */
static bool read_job(const struct strbuf *text, struct job *out)
{
    const char **field[FIELDS] = {&out->run, &out->pkg, &out->name, &out->benchmark};
    const char *s = text->text, *end = s + text->size;

    for (size_t i = 0; i < FIELDS; i++) {
        size_t left = (size_t)(end - s), size = left > 0 ? strnlen(s, left) : 0;

        if (size == left)
            return false;
        *field[i] = s;
        s += size + 1;
    }
    return s == end;
}

static int put_profile(const struct jobs *jobs, const struct job *job, const struct callgrind *dump,
                       struct pg_error *err)
{
    const char *slash = strrchr(jobs->object, '/');
    const struct costs_subject subject = {
        .image = jobs->image,
        .bin = jobs->bin,
        .object = jobs->object,
        .file = slash != NULL ? slash + 1 : jobs->object,
        .benchmark = job->benchmark,
        .package = job->pkg,
        .seed = jobs->seed,
    };
    struct profile *profile = NULL;
    struct strbuf bytes = {0};
    struct run *run = NULL;
    int rc = costs_profile(dump, &subject, &profile, err);

    if (rc == 0)
        rc = profile_encode(profile, &bytes, err);
    if (rc == 0)
        rc = run_open(job->run, &run, err);
    if (rc == 0)
        rc = run_put_profile(run, job->pkg, job->name, false, bytes.text, bytes.size, err);
    run_close(run);
    profile_free(profile);
    strbuf_free(&bytes);
    return rc;
}

static int do_job(const struct jobs *jobs, const char *path, const char *dump_path,
                  struct pg_error *err)
{
    struct callgrind *dump = NULL;
    struct strbuf text = {0};
    struct job job;
    int rc = file_read(path, LARGEST, &text, err);

    if (rc == 0 && (text.text == NULL || !read_job(&text, &job)))
        rc = pg_error_set(err, PG_E_FORMAT, "%s is damaged", path);
    if (rc == 0)
        rc = callgrind_read(dump_path, &dump, err);
    if (rc == 0)
        rc = put_profile(jobs, &job, dump, err);
    callgrind_free(dump);
    strbuf_free(&text);
    return rc;
}

static int is_job(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name), suffix = strlen(SUFFIX);

    return n > suffix && strcmp(entry->d_name + n - suffix, SUFFIX) == 0;
}

int jobs_do(struct jobs *jobs, const char *dir, struct pg_error *err)
{
    char path[PATH_MAX], dump[PATH_MAX];
    struct dirent **list = NULL;
    struct pg_error ignored;
    int n = scandir(dir, &list, is_job, versionsort), rc = 0;

    for (int i = 0; i < n; i++) {
        size_t size = strlen(list[i]->d_name) - strlen(SUFFIX);
        int one;

        snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        snprintf(dump, sizeof dump, "%s/%.*s" KEPT, dir, (int)size, list[i]->d_name);
        one = do_job(jobs, path, dump, rc == 0 ? err : &ignored);
        rc = rc == 0 ? one : rc;
        unlink(path);
        unlink(dump);
        free(list[i]);
    }
    free(list);
    return rc;
}

int jobs_open(const char *object, uint64_t seed, struct jobs **out, struct pg_error *err)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    int rc;

    *out = NULL;
    if (jobs == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for profiles");
    jobs->seed = seed;
    if (realpath(object, jobs->object) == NULL)
        rc = pg_error_set(err, PG_E_IO, "cannot tell the path of %s", object);
    else
        rc = elf_open(object, &jobs->image, err);
    if (rc == 0)
        rc = gobin_open(jobs->image, &jobs->bin, err);
    if (rc < 0) {
        jobs_close(jobs);
        return rc;
    }
    *out = jobs;
    return 0;
}

void jobs_close(struct jobs *jobs)
{
    if (jobs == NULL)
        return;
    gobin_close(jobs->bin);
    elf_close(jobs->image);
    free(jobs);
}
