#include "cli/archive.h"

#include "cli/launch.h"
#include "gobin/gobin.h"

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

/* "example.com/p" of a test binary, whose main package is "example.com/p.test"; malloc'ed, NULL
 * when it does not say. */
static char *package_of(const char *path, struct pg_error *err)
{
    struct elf_image *image = NULL;
    struct gobin *bin = NULL;
    char *pkg = NULL;

    if (elf_open(path, &image, err) == 0 && gobin_open(image, &bin, err) == 0) {
        const char *main_path = gobin_main_path(bin), *end = strstr(main_path, ".test");

        pkg = strndup(main_path, end != NULL ? (size_t)(end - main_path) : strlen(main_path));
    }
    gobin_close(bin);
    elf_close(image);
    return pkg;
}

int archive_binary(const struct pg_settings *s, const char *path, struct pg_error *err)
{
    char dir[PATH_MAX + RUN_ID_SIZE];
    struct run *run = NULL;
    char *pkg;
    int rc;

    if (!s->save_binary)
        return 0;
    if (s->run == NULL)
        return pg_error_set(err, PG_E_INVALID,
                            "--save-binary: of perfgo exec alone it is not known which run will "
                            "hold the binary: give --run");
    rc = run_history_dir(s->output, NULL, NULL, dir, PATH_MAX, err);
    if (rc < 0)
        return rc;
    strcat(strcat(dir, "/"), s->run);
    pkg = package_of(path, err);
    if (pkg == NULL)
        return -PG_E_FORMAT;
    rc = run_open(dir, &run, err);
    if (rc == 0)
        rc = run_put_binary(run, pkg[0] != '\0' ? pkg : "main", path, err);
    run_close(run);
    free(pkg);
    return rc;
}
