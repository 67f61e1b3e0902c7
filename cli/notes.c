#include "cli/notes.h"

#include "cli/say.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "PERFGO_NOTES"
/* Marks lines written by the command line itself. */
#define SENDER "perfgo"

static void append(const char *path, const char *line)
{
    int fd = path != NULL ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW) : -1;
    char *with_newline;

    if (fd < 0)
        return;
    with_newline = text_format("%s\n", line);
    if (write(fd, with_newline, strlen(with_newline)) < 0) {
        /* A note that cannot be kept is lost; the test goes on. */
    }
    free(with_newline);
    close(fd);
}

void notes_begin(struct notes *n, const char *dir)
{
    const char *outer = getenv(VARIABLE);
    int fd;

    *n = (struct notes){0};
    n->outer = outer != NULL && outer[0] != '\0' ? text_copy(outer) : NULL;
    n->path = text_format("%s/notes", dir);
    fd = open(n->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        free(n->path);
        n->path = NULL;
        return;
    }
    close(fd);
    setenv(VARIABLE, n->path, 1);
}

/* Adds a line to the file. `sender` NULL: as the agent. False: there is no file, or no memory. */
static bool tell(const struct notes *n, const char *event, const char *sender, const char *text,
                 const char *program)
{
    cJSON *object = cJSON_CreateObject();
    char *line;
    bool told;

    cJSON_AddStringToObject(object, "event", event);
    if (sender != NULL)
        cJSON_AddStringToObject(object, "from", sender);
    cJSON_AddStringToObject(object, "text", text);
    if (program != NULL)
        cJSON_AddStringToObject(object, "program", program);
    line = cJSON_PrintUnformatted(object);
    told = n->path != NULL && line != NULL;
    if (told)
        append(n->path, line);
    cJSON_free(line);
    cJSON_Delete(object);
    return told;
}

void notes_add(struct notes *n, const char *program, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!tell(n, "note", SENDER, text, program))
        say("%s%s%s", program != NULL ? program : "", program != NULL ? " " : "", text);
}

void notes_armed(struct notes *n, const char *how)
{
    tell(n, "armed", NULL, how, NULL);
}

/* Calls back for every line that is a JSON object. */
static void each_line(const struct notes *n, void (*take)(const cJSON *, const char *, void *),
                      void *context)
{
    FILE *f = n->path != NULL ? fopen(n->path, "re") : NULL;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;

    while (f != NULL && (size = getline(&line, &capacity, f)) > 0) {
        cJSON *object;

        line[strcspn(line, "\n")] = '\0';
        object = cJSON_Parse(line);
        if (cJSON_IsObject(object))
            take(object, line, context);
        cJSON_Delete(object);
    }
    free(line);
    if (f != NULL)
        fclose(f);
}

static const char *member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text != NULL ? text : "";
}

static void count_agent(const cJSON *object, const char *line, void *context)
{
    (void)line;
    if (strcmp(member(object, "from"), SENDER) != 0)
        ++*(size_t *)context;
}

bool notes_heard(const struct notes *n)
{
    size_t count = 0;

    each_line(n, count_agent, &count);
    return count > 0;
}

static void hand_on(const cJSON *object, const char *line, void *context)
{
    const struct notes *n = context;

    (void)object;
    append(n->outer, line);
}

/* Distinct sentences in the order they came, each with the first program it is about. */
struct sentences {
    struct sentence {
        char *text, *program;
        size_t programs;
    } * item;
    size_t n;
    bool verbose;
};

static void collect(const cJSON *object, const char *line, void *context)
{
    struct sentences *all = context;
    const char *text = member(object, "text"), *program = member(object, "program");
    size_t i = 0;

    (void)line;
    if (text[0] == '\0' || (!all->verbose && strcmp(member(object, "event"), "armed") == 0))
        return;
    while (i < all->n && strcmp(all->item[i].text, text) != 0)
        i++;
    if (i == all->n) {
        all->item = memory_grow(all->item, ++all->n * sizeof *all->item);
        all->item[i] = (struct sentence){text_copy(text), text_copy(program), 0};
    }
    if (program[0] != '\0')
        all->item[i].programs++;
}

static void print_all(struct sentences *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct sentence *s = &all->item[i];

        if (s->programs == 0)
            say("%s", s->text);
        else if (s->programs == 1)
            say("%s %s", s->program, s->text);
        else
            say("%s (and %zu more like it) %s", s->program, s->programs - 1, s->text);
        free(s->text);
        free(s->program);
    }
    free(all->item);
}

void notes_finish(struct notes *n, bool verbose)
{
    struct sentences all = {.verbose = verbose};

    if (n->outer != NULL) {
        each_line(n, hand_on, n);
        setenv(VARIABLE, n->outer, 1);
    } else {
        each_line(n, collect, &all);
        print_all(&all);
        unsetenv(VARIABLE);
    }
    free(n->path);
    free(n->outer);
    *n = (struct notes){0};
}
