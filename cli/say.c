#include "cli/say.h"

#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_va(const char *fmt, va_list ap)
{
    char *text = NULL, *line = NULL;
    int size = -1;

    if (vasprintf(&text, fmt, ap) >= 0)
        size = asprintf(&line, "perfgo: %s\n", text);
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0) {
        /* Nobody is left to be told. */
    }
    free(line);
    free(text);
}

void say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say_va(fmt, ap);
    va_end(ap);
}

int say_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say_va(fmt, ap);
    va_end(ap);
    return PERFGO_EXIT_ERROR;
}

void *memory_grow(void *old, size_t size)
{
    void *p = realloc(old, size > 0 ? size : 1);

    if (p == NULL) {
        say("out of memory");
        exit(PERFGO_EXIT_ERROR);
    }
    return p;
}

char *text_format(const char *fmt, ...)
{
    char *text;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return n >= 0 ? text : memory_grow(NULL, (size_t)-1 / 2);
}

char *text_copy(const char *s)
{
    size_t size = strlen(s) + 1;

    return memcpy(memory_grow(NULL, size), s, size);
}
