#include "cli/archive.h"

#include "cli/launch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_dirty(const char *dir)
{
    char *argv[] = {"git", "--no-optional-locks", "status", "--porcelain", "-uno", NULL};
    char *text;
    bool dirty;

    launch_capture(dir, argv, &text);
    dirty = text[0] != '\0';
    free(text);
    return dirty;
}

static bool has_git(const char *dir)
{
    char *argv[] = {"git", "rev-parse", "--is-inside-work-tree", NULL};
    char *text;
    int status = launch_capture(dir, argv, &text);

    free(text);
    return status == 0;
}

static int describe(const struct pg_settings *s, const struct goenv *env, const char *dir,
                    char *const *argv, struct run *run, struct pg_error *err)
{
    char here[PATH_MAX]; /* git and go.mod are looked for from an absolute path upward */
    const struct run_description d = {
        .go_version = env->version[0] != '\0' ? env->version : NULL,
        .goos = env->goos[0] != '\0' ? env->goos : NULL,
        .goarch = env->goarch[0] != '\0' ? env->goarch : NULL,
        .cwd = realpath(dir != NULL ? dir : ".", here) != NULL ? here : ".",
        .tags = s->tags,
    };
    int rc = run_update_command(run, (const char *const *)argv, err);

    if (rc == 0)
        rc = run_update_description(run, &d, err);
    if (rc == 0 && has_git(dir))
        rc = run_update_git_dirty(run, is_dirty(dir), err);
    return rc;
}

int archive_output(const struct pg_settings *s, const char *dir, char *out, size_t size,
                   struct pg_error *err)
{
    int rc = run_history_dir(s->output, NULL, dir, out, size, err);

    if (rc == 0)
        *strrchr(out, '/') = '\0';
    return rc;
}

int archive_begin(const struct pg_settings *s, const struct goenv *env, const char *dir,
                  char *const *argv, struct run **out, struct pg_error *err)
{
    struct run_launcher launcher;
    char history[PATH_MAX], id[RUN_ID_SIZE];
    const char *name = s->run != NULL ? s->run : id;
    int rc;

    if (s->run != NULL && !run_id_valid(s->run))
        return pg_error_set(err, PG_E_INVALID, "--run %s: give a name without a slash", s->run);
    rc = s->run == NULL ? run_launcher(getpid(), &launcher, err) : 0;
    if (rc == 0 && s->run == NULL)
        rc = run_default_id(&launcher, id, err);
    if (rc == 0)
        rc = run_history_dir(s->output, NULL, dir, history, sizeof history, err);
    if (rc < 0)
        return rc;
    rc = run_create(history, name, out, err);
    if (rc == 0)
        rc = describe(s, env, dir, argv, *out, err);
    setenv("PERFGO_RUN", name, 1);
    *strrchr(history, '/') = '\0';
    setenv("PERFGO_OUTPUT", history, 1);
    return rc;
}
