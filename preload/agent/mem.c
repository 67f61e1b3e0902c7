/* mem.c - memcpy and its relatives for this object alone.
 *
 * The compiler may turn any copy into a call of these. libc's versions use vector registers, which
 * hold Go's arguments at a hook; these do not, and hidden visibility keeps them inside
 * libperfgo.so.
 */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    char *t = to;
    const char *f = from;

    while (n-- > 0) {
        *t++ = *f++;
        __asm__ volatile("" ::: "memory"); /* else the loop becomes a call of memcpy */
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;

    if (t <= f)
        return memcpy(to, from, n);
    while (n-- > 0) {
        t[n] = f[n];
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void *memset(void *to, int c, size_t n)
{
    char *t = to;

    while (n-- > 0) {
        *t++ = (char)c;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}
