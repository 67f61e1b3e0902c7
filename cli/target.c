#include "cli/target.h"

#include "cli/say.h"
#include "elf/image.h"
#include "elf/preloadable.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *target_find(const char *name)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/') != NULL)
        return text_copy(name);
    for (const char *s = path != NULL ? path : "/bin:/usr/bin"; name[0] != '\0';) {
        size_t n = strcspn(s, ":");
        char *candidate =
            n == 0 ? text_format("./%s", name) : text_format("%.*s/%s", (int)n, s, name);

        if (access(candidate, X_OK) == 0)
            return candidate;
        free(candidate);
        if (s[n] == '\0')
            break;
        s += n + 1;
    }
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == path ? text_copy("/") : text_format("%.*s", (int)(slash - path), path);
}

static bool copy_into(struct target *t, const struct elf_image *image, const char *interpreter,
                      const char *dir, struct pg_error *err)
{
    t->copy = text_format("%s/%s", dir, base_name(t->path));
    if ((interpreter != NULL ? elf_make_startable(image, interpreter, t->copy, err)
                             : elf_make_preloadable(image, t->copy, err)) == 0)
        return true;
    free(t->copy);
    t->copy = NULL;
    return false;
}

static void make_copy(struct target *t, const struct elf_image *image,
                      const struct target_wish *wish)
{
    const struct tempdir *dir = wish->dir;
    char *home;

    if (dir != NULL && tempdir_base_runs(dir->path) &&
        copy_into(t, image, wish->interpreter, dir->path, &t->why)) {
        t->preloadable = true;
        return;
    }
    if (t->why.code != 0 && t->why.code != PG_E_IO && t->why.code != PG_E_PERMISSION)
        return; /* the program itself is the reason; another place will not help */
    home = directory_of(t->path);
    t->preloadable = tempdir_create(&t->beside, home, wish->keep, &t->why) == 0 &&
                     copy_into(t, image, wish->interpreter, t->beside.path, &t->why);
    free(home);
}

/* Under Valgrind, reading what debuggers need of a dynamic executable takes longer than starting
 * it; without a copy that has none of it, it is run all the same. */
static void make_light_copy(struct target *t, const struct elf_image *image,
                            const struct target_wish *wish)
{
    if (wish->dir == NULL || !tempdir_base_runs(wish->dir->path))
        return;
    t->copy = text_format("%s/%s", wish->dir->path, base_name(t->path));
    if (elf_make_light(image, t->copy, NULL) == 0)
        return;
    free(t->copy);
    t->copy = NULL;
}

static void inspect(struct target *t, const struct elf_image *image, const struct target_wish *wish)
{
    enum elf_link_kind kind;

    if (elf_link_kind(image, &kind, &t->why) < 0)
        return;
    switch (kind) {
    case ELF_LINK_DYNAMIC:
        t->preloadable = true;
        if (wish->measure && wish->interpreter != NULL)
            make_light_copy(t, image, wish);
        break;
    case ELF_LINK_STATIC:
        if (wish->measure)
            make_copy(t, image, wish);
        t->carries_library = t->copy != NULL && wish->interpreter != NULL;
        break;
    case ELF_LINK_FOREIGN_LOADER:
        pg_error_set(&t->why, PG_E_UNSUPPORTED,
                     "its dynamic loader %s is not glibc's, so libperfgo.so cannot be preloaded",
                     elf_interpreter(image));
        break;
    }
}

/* The engine's sentences begin with the path; here the program is named by whoever prints. */
static void drop_path(struct pg_error *why, const char *path)
{
    const size_t n = strlen(path);

    if (why->code != 0 && strncmp(why->text, path, n) == 0 && why->text[n] == ':') {
        const char *rest = why->text + n + 1 + strspn(why->text + n + 1, " ");

        memmove(why->text, rest, strlen(rest) + 1);
    }
}

void target_prepare(struct target *t, const struct target_wish *wish)
{
    struct elf_image *image = NULL;

    *t = (struct target){.beside = {.fd = -1}, .path = target_find(wish->name)};
    /* What cannot be executed is not looked at either: execve has the right error for it. */
    if (t->path == NULL || access(t->path, X_OK) != 0)
        return;
    if (elf_open(t->path, &image, &t->why) == 0)
        inspect(t, image, wish);
    elf_close(image);
    drop_path(&t->why, t->path);
}

void target_release(struct target *t, bool keep)
{
    if (!keep)
        tempdir_remove(&t->beside);
    free(t->copy);
    free(t->path);
    *t = (struct target){.beside = {.fd = -1}};
}
