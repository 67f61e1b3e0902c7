/* strbuf.h - a string that grows.
 *
 * An allocation that fails sets `failed` and makes every later call do nothing, so that a writer
 * checks once, at its end. The text is always NUL-terminated.
 */
#ifndef PERFGO_BASE_STRBUF_H
#define PERFGO_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf { /* zero-initialised is empty; text is NULL until something was added */
    char *text;
    size_t size, capacity;
    bool failed;
};

void strbuf_add(struct strbuf *b, const char *s, size_t size);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_free(struct strbuf *b);

#endif
