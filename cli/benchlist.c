#include "cli/benchlist.h"

#include "cli/launch.h"
#include "cli/say.h"
#include "cli/testflags.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void benchlist_read(const char *path, long *offset, struct words *names)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;

    if (f != NULL && fseek(f, *offset, SEEK_SET) == 0)
        while ((n = getline(&line, &capacity, f)) > 0 && line[n - 1] == '\n') {
            line[n - 1] = '\0';
            *offset += n;
            words_add(names, line);
        }
    free(line);
    if (f != NULL)
        fclose(f);
}

size_t benchlist_top(const struct words *names)
{
    size_t top = 0;

    for (size_t i = 0; i < names->n; i++)
        top += strchr(names->item[i], '/') == NULL;
    return top;
}

static bool is_parent(const char *name, const char *of)
{
    const size_t n = strlen(name);

    return strncmp(of, name, n) == 0 && of[n] == '/';
}

char *benchlist_skip(const struct words *names)
{
    char *all = NULL;

    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->item[i];
        char *one, *before = all;

        if (is_parent(name, names->item[names->n - 1]))
            continue;
        one = testflags_exact_pattern(name);
        all = before != NULL ? text_format("%s|%s", before, one) : text_copy(one);
        free(before);
        free(one);
    }
    return all;
}

/* Adds the lines that are names of benchmarks: TestMain may print others. */
static void take_names(char *text, struct words *out)
{
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (strncmp(line, "Benchmark", 9) == 0 && strpbrk(line, " \t") == NULL)
            words_add(out, line);
}

void benchlist_ask(const char *program, const struct words *args, struct words *out)
{
    const char *bench = testflags_value(args, "bench");
    char *top = testflags_top_pattern(bench != NULL ? bench : ".");
    char *preload = getenv("LD_PRELOAD") != NULL ? text_copy(getenv("LD_PRELOAD")) : NULL;
    struct words flags = {0}, argv = {0};
    char *text;

    words_add_all(&flags, args->item, args->n);
    testflags_remove(&flags, "bench");
    /* Writing it now would empty the file of the run itself. */
    testflags_remove(&flags, "testlogfile");
    testflags_set(&flags, "list", top);
    words_add(&argv, program);
    words_add_all(&argv, flags.item, flags.n);
    unsetenv("LD_PRELOAD");
    launch_capture(NULL, argv.item, &text);
    if (preload != NULL)
        setenv("LD_PRELOAD", preload, 1);
    take_names(text, out);
    words_free(&argv);
    words_free(&flags);
    free(text);
    free(preload);
    free(top);
}
