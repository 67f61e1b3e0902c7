#include "base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a NUL. */
static bool reserve(struct strbuf *b, size_t more)
{
    size_t capacity;
    char *text;

    if (b->failed || more > SIZE_MAX / 4 || b->size > SIZE_MAX / 4) {
        b->failed = true;
        return false;
    }
    if (b->size + more < b->capacity)
        return true;
    capacity = 2 * b->capacity > b->size + more + 1 ? 2 * b->capacity : b->size + more + 64;
    text = realloc(b->text, capacity);
    if (text == NULL) {
        b->failed = true;
        return false;
    }
    b->text = text;
    b->capacity = capacity;
    return true;
}

void strbuf_add(struct strbuf *b, const char *s, size_t size)
{
    if (!reserve(b, size))
        return;
    if (size > 0)
        memcpy(b->text + b->size, s, size);
    b->size += size;
    b->text[b->size] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list args, again;
    int size;

    va_start(args, fmt);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, fmt, args);
    if (size < 0)
        b->failed = true;
    else if (reserve(b, (size_t)size)) {
        vsnprintf(b->text + b->size, (size_t)size + 1, fmt, again);
        b->size += (size_t)size;
    }
    va_end(again);
    va_end(args);
}

void strbuf_free(struct strbuf *b)
{
    free(b->text);
    *b = (struct strbuf){0};
}
