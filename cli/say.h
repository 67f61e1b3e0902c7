/* say.h - sentences on standard error: "perfgo: what, where, what to do". */
#ifndef PERFGO_CLI_SAY_H
#define PERFGO_CLI_SAY_H

#include <stddef.h>

/* Writes "perfgo: SENTENCE\n" with one write, so that packages tested side by side do not mix. A
 * closed standard error is no error. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, and PERFGO_EXIT_ERROR as the value to return. */
int say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* malloc'd text; says so and exits when memory is exhausted: a command line has nothing to save. */
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *text_copy(const char *s);
void *memory_grow(void *old, size_t size);

#endif
