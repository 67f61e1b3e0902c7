/* similar.h - how far a mistyped word is from a known one. */
#ifndef PERFGO_BASE_SIMILAR_H
#define PERFGO_BASE_SIMILAR_H

#include <stddef.h>

enum { SIMILAR_MAX = 127 }; /* longer words are compared with nothing */

/* Levenshtein's distance of two words in edits, with case and '_' against '-' counted as equal;
 * SIZE_MAX when one is longer than SIMILAR_MAX. [any thread] */
size_t similar_distance(const char *a, const char *b);

#endif
