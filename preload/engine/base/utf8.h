/* utf8.h - is this UTF-8? (RFC 3629: no surrogates, no overlong forms) [any] */
#ifndef PERFGO_BASE_UTF8_H
#define PERFGO_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid sequence at text, 1 to 4; 0 when there is none. size > 0. */
size_t utf8_length(const char *text, size_t size);

bool utf8_valid(const char *text, size_t size);

#endif
