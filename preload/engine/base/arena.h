/* arena.h - memory that is freed all at once.
 *
 * Records and runs are trees of small strings with one lifetime; an arena owns them, so that a
 * failure half way through building one cannot leak and nobody frees fields one by one.
 */
#ifndef PERFGO_BASE_ARENA_H
#define PERFGO_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena { /* zero-initialised is empty */
    struct arena_block *block;
    size_t used, size; /* of the newest block */
};

/* Zeroed memory aligned for any type, owned by the arena; NULL when there is none. [one thread] */
void *arena_alloc(struct arena *a, size_t size);

/* n * size with overflow check. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* NUL-terminated copies: of size bytes; of a string, NULL for NULL. */
char *arena_copy(struct arena *a, const char *s, size_t size);
char *arena_string(struct arena *a, const char *s);

/* As arena_copy, but the copy is valid UTF-8: every byte that is not is written as \xNN, as Go
 * quotes it, so that two names that differ still differ. */
char *arena_utf8(struct arena *a, const char *s, size_t size);

void arena_free(struct arena *a);

#endif
