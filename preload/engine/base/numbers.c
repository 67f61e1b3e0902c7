#include "base/numbers.h"

#include <stdlib.h>

static struct numbers_entry *slot_of(const struct numbers *t, uint64_t a, uint64_t b)
{
    uint64_t hash = (a ^ b >> 31) * 0x9e3779b97f4a7c15u;
    size_t mask = t->n_slots - 1, i;

    hash = (hash ^ hash >> 29 ^ b) * 0x9e3779b97f4a7c15u;
    for (i = (hash ^ hash >> 32) & mask; t->slot[i].value != 0; i = (i + 1) & mask)
        if (t->slot[i].a == a && t->slot[i].b == b)
            break;
    return &t->slot[i];
}

uint64_t numbers_get(const struct numbers *t, uint64_t a, uint64_t b)
{
    return t->n_slots > 0 ? slot_of(t, a, b)->value : 0;
}

static bool grow(struct numbers *t)
{
    struct numbers bigger = {.n_slots = t->n_slots > 0 ? 2 * t->n_slots : 64, .n = t->n};

    bigger.slot = calloc(bigger.n_slots, sizeof *bigger.slot);
    if (bigger.slot == NULL)
        return false;
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slot[i].value != 0)
            *slot_of(&bigger, t->slot[i].a, t->slot[i].b) = t->slot[i];
    free(t->slot);
    *t = bigger;
    return true;
}

bool numbers_put(struct numbers *t, uint64_t a, uint64_t b, uint64_t value)
{
    if (t->n >= t->n_slots / 2 && !grow(t))
        return false;
    *slot_of(t, a, b) = (struct numbers_entry){a, b, value};
    t->n++;
    return true;
}

void numbers_free(struct numbers *t)
{
    free(t->slot);
    *t = (struct numbers){0};
}
