#include "base/similar.h"

#include <stdint.h>
#include <string.h>

static int folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 'a';
    return c == '_' ? '-' : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

size_t similar_distance(const char *a, const char *b)
{
    size_t row[SIMILAR_MAX + 1], n = strlen(b);

    if (n > SIMILAR_MAX || strlen(a) > SIMILAR_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t replaced = diagonal + (folded(a[i - 1]) != folded(b[j - 1]));

            diagonal = row[j];
            row[j] = least(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[n];
}
