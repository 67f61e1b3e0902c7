/* numbers.h - finds a number by two others: a hash table that only grows. */
#ifndef PERFGO_BASE_NUMBERS_H
#define PERFGO_BASE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numbers_entry {
    uint64_t a, b, value; /* value 0: free */
};

struct numbers { /* zero-initialised is empty */
    struct numbers_entry *slot;
    size_t n_slots, n; /* n_slots: a power of 2 */
};

/* The value entered for (a, b); 0 when there is none. [one thread] */
uint64_t numbers_get(const struct numbers *t, uint64_t a, uint64_t b);

/* Enters value, not 0, for (a, b), which has none. False: no memory. */
bool numbers_put(struct numbers *t, uint64_t a, uint64_t b, uint64_t value);

void numbers_free(struct numbers *t);

#endif
