/* cmd_gohook.c - the Go package gohook in a user's module.
 *
 * The package is in no module registry: it belongs to the library that it links, so a module
 * requires it with a replacement, a directory of this installation. The go command edits go.mod.
 */
#include "cli/command.h"
#include "cli/launch.h"
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/say.h"
#include "cli/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE "example.com/perfgo/gohook"

struct gohook_flags {
    bool print;
};

static const struct option_row rows[] = {
    {"print", 'p', NULL, "only print the commands that would be run", OPTION_BOOL,
     offsetof(struct gohook_flags, print)},
};
static const struct options options = {
    .usage = "add [DIR]",
    .doc = "Make the Go package gohook available in the module of DIR (default: here): its go.mod "
           "gets a require and a replace line for the package of this perfgo.\vThen\n\n"
           "  import _ \"" MODULE "\"\n\nin a _test.go file is all that its benchmarks need.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

/* Where the package lies: beside the build directory of a source tree, or below share/. Sets
 * *installed. NULL when it is in neither place. */
static char *package_dir(bool *installed)
{
    static const char *const places[] = {"../../gohook", "../share/perfgo/gohook"};
    char *self = preload_self(), *slash = self != NULL ? strrchr(self, '/') : NULL, *found = NULL;

    for (int i = 0; slash != NULL && found == NULL && i < 2; i++) {
        char *path = text_format("%.*s/%s/go.mod", (int)(slash - self), self, places[i]);
        char *real = realpath(path, NULL);

        if (real != NULL) {
            *strrchr(real, '/') = '\0';
            found = real;
            *installed = i == 1;
        }
        free(path);
    }
    free(self);
    return found;
}

/* The directory of the go.mod that holds for dir; NULL: there is none. */
static char *module_dir(const char *dir)
{
    char *argv[] = {"go", "env", "GOMOD", NULL}, *text, *slash, *found = NULL;

    if (launch_capture(dir, argv, &text) == 0 && (slash = strrchr(text, '/')) != NULL &&
        strcmp(text, "/dev/null\n") != 0) {
        *slash = '\0';
        found = text_copy(text);
    }
    free(text);
    return found;
}

/* An installed package asks pkg-config where its library is. */
static void say_how_to_find(const char *package)
{
    char *argv[] = {"pkg-config", "--exists", "perfgo", NULL}, *text;
    int status = launch_capture(NULL, argv, &text);
    char *dir = text_format("%s/../../../lib/pkgconfig", package), *real = realpath(dir, NULL);

    free(text);
    if (status != 0)
        say("pkg-config does not find perfgo.pc; before go test: export PKG_CONFIG_PATH=%s",
            real != NULL ? real : dir);
    free(real);
    free(dir);
}

static int edit(const char *dir, const char *package, bool print)
{
    char *replace = text_format("-replace=" MODULE "=%s", package), *text = NULL;
    char *argv[] = {"go", "mod", "edit", "-require=" MODULE "@v0.0.0", replace, NULL};
    int status = 0;

    if (print)
        printf("cd %s && go mod edit -require=" MODULE "@v0.0.0 '%s'\n", dir, replace);
    else
        status = launch_capture(dir, argv, &text);
    free(text);
    free(replace);
    if (status != 0)
        return say_error("gohook: go mod edit cannot change %s/go.mod: is it well formed, and may "
                         "it be written?",
                         dir);
    if (!print)
        printf("%s/go.mod requires " MODULE ", from %s\n"
               "now, in a _test.go file: import _ \"" MODULE "\"\n",
               dir, package);
    return fflush(stdout) == 0 ? PERFGO_EXIT_OK : PERFGO_EXIT_ERROR;
}

static int add(const char *where, bool print)
{
    bool installed = false;
    char *package = package_dir(&installed), *go = target_find("go"), *dir = NULL;
    int status;

    if (package == NULL)
        status = say_error("gohook: the package is not beside this perfgo: it is in the source "
                           "tree and in what make install puts into PREFIX/share");
    else if (go == NULL)
        status = say_error("gohook: there is no go command in PATH: install Go "
                           "(https://go.dev/doc/install)");
    else if (access(where, X_OK) != 0)
        status = say_error("gohook: there is no directory %s", where);
    else if ((dir = module_dir(where)) == NULL)
        status = say_error("gohook: %s is in no module: go mod init makes one", where);
    else if (strchr(package, '\'') != NULL || strchr(package, '\n') != NULL)
        status = say_error("gohook: go.mod cannot name the directory %s", package);
    else
        status = edit(dir, package, print);
    if (status == PERFGO_EXIT_OK && installed)
        say_how_to_find(package);
    free(dir);
    free(go);
    free(package);
    return status;
}

int cmd_gohook(int argc, char **argv)
{
    struct gohook_flags flags = {0};
    struct option_result given;
    int status;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n == 0 || strcmp(given.words.item[0], "add") != 0)
        status = say_error("gohook: say what to do: perfgo gohook add [DIR]");
    else if (given.words.n > 2)
        status = say_error("gohook: one directory at a time, not '%s' too", given.words.item[2]);
    else
        status = add(given.words.n > 1 ? given.words.item[1] : ".", flags.print);
    options_free(&given);
    return status;
}
