#include "profile/stacks.h"

#include "base/numbers.h"

#include <stdlib.h>
#include <string.h>

struct stack {
    size_t first, n; /* of the locations */
    uint64_t label;
};

struct stacks {
    size_t n_values;
    uint64_t *location;
    size_t n_locations, location_room;
    struct stack *stack;
    int64_t *value;
    size_t n, room;
    struct numbers index; /* two hashes: number of the stack + 1 */
};

struct stacks *stacks_new(size_t n_values)
{
    struct stacks *s = calloc(1, sizeof *s);

    if (s != NULL)
        s->n_values = n_values;
    return s;
}

void stacks_free(struct stacks *s)
{
    if (s == NULL)
        return;
    numbers_free(&s->index);
    free(s->location);
    free(s->stack);
    free(s->value);
    free(s);
}

static bool make_room(struct stacks *s, size_t n)
{
    size_t room = 2 * s->room + 256;

    if (s->n == s->room) {
        struct stack *stack = realloc(s->stack, room * sizeof *stack);
        int64_t *value;

        if (stack == NULL)
            return false;
        s->stack = stack;
        value = realloc(s->value, room * s->n_values * sizeof *value);
        if (value == NULL)
            return false;
        s->value = value;
        s->room = room;
    }
    if (s->location_room - s->n_locations < n) {
        uint64_t *more;

        room = 2 * s->location_room + n + 4096;
        more = realloc(s->location, room * sizeof *more);
        if (more == NULL)
            return false;
        s->location = more;
        s->location_room = room;
    }
    return true;
}

static bool is_stack(const struct stacks *s, size_t i, const uint64_t *location, size_t n,
                     uint64_t label)
{
    const struct stack *k = &s->stack[i];

    return k->n == n && k->label == label &&
           (n == 0 || memcmp(s->location + k->first, location, n * sizeof *location) == 0);
}

int64_t *stacks_values(struct stacks *s, const uint64_t *location, size_t n, uint64_t label)
{
    uint64_t a = n + 1, b = label, number;

    for (size_t i = 0; i < n; i++) {
        a = (a ^ location[i]) * 0x9e3779b97f4a7c15u;
        b = (b + (a ^ a >> 29)) * 0xbf58476d1ce4e5b9u;
    }
    for (; (number = numbers_get(&s->index, a, b)) != 0; b++) /* two that hash alike: the next */
        if (is_stack(s, number - 1, location, n, label))
            return s->value + (number - 1) * s->n_values;
    if (!make_room(s, n) || !numbers_put(&s->index, a, b, s->n + 1))
        return NULL;
    s->stack[s->n] = (struct stack){s->n_locations, n, label};
    if (n > 0)
        memcpy(s->location + s->n_locations, location, n * sizeof *location);
    s->n_locations += n;
    memset(s->value + s->n * s->n_values, 0, s->n_values * sizeof *s->value);
    return s->value + s->n++ * s->n_values;
}

bool stacks_flush(const struct stacks *s, struct profile *to, stacks_labels *labels, void *arg)
{
    struct profile_label label[8];

    for (size_t i = 0; i < s->n; i++) {
        const struct stack *k = &s->stack[i];

        if (!profile_add_sample(to, s->location + k->first, k->n, s->value + i * s->n_values, label,
                                labels(arg, k->label, label)))
            return false;
    }
    return true;
}
