#include "base/arena.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    max_align_t data[];
};

/* Blocks double: many arenas are small (a record has one), few are large. */
enum { FIRST_BLOCK = 512, MAX_BLOCK = 16384 };

void *arena_alloc(struct arena *a, size_t size)
{
    struct arena_block *block;
    size_t room;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (a->block == NULL || a->size - a->used < size) {
        room = a->block == NULL ? FIRST_BLOCK : 2 * a->size;
        room = room > MAX_BLOCK ? MAX_BLOCK : room;
        room = room > size ? room : size;
        block = calloc(1, sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->next = a->block;
        a->block = block;
        a->used = 0;
        a->size = room;
    }
    a->used += size;
    return (char *)a->block->data + a->used - size;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

char *arena_copy(struct arena *a, const char *s, size_t size)
{
    char *copy = arena_alloc(a, size + 1);

    if (copy != NULL && size > 0)
        memcpy(copy, s, size);
    return copy;
}

char *arena_string(struct arena *a, const char *s)
{
    return s != NULL ? arena_copy(a, s, strlen(s)) : NULL;
}

char *arena_utf8(struct arena *a, const char *s, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t bad = 0, i = 0, length;
    char *copy, *out;

    while (i < size) {
        length = utf8_length(s + i, size - i);
        bad += length == 0;
        i += length + (length == 0);
    }
    copy = out = arena_alloc(a, size + 3 * bad + 1);
    for (i = 0; copy != NULL && i < size; i += length) {
        length = utf8_length(s + i, size - i);
        if (length > 0) {
            memcpy(out, s + i, length);
            out += length;
        } else {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = hex[(unsigned char)s[i] >> 4];
            *out++ = hex[s[i] & 15];
            length = 1;
        }
    }
    return copy;
}

void arena_free(struct arena *a)
{
    struct arena_block *block = a->block, *next;

    for (; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    *a = (struct arena){0};
}
