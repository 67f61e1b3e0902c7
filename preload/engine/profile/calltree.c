/* calltree.c - samples merged by their calls and by their lines. */
#include "profile/calltree.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Two numbers to an index: (parent, function) to node, (function, line) to line. */
struct pairs {
    struct pair {
        uint64_t a, b;
        uint32_t number; /* index + 1; 0: free */
    } * slot;
    size_t n_slots, n; /* n_slots: a power of 2 */
};

static struct pair *pair_slot(const struct pairs *p, uint64_t a, uint64_t b)
{
    uint64_t hash = (a * 0x9e3779b97f4a7c15u ^ b) * 0x9e3779b97f4a7c15u;
    size_t i = (hash ^ hash >> 32) & (p->n_slots - 1);

    while (p->slot[i].number != 0 && (p->slot[i].a != a || p->slot[i].b != b))
        i = (i + 1) & (p->n_slots - 1);
    return &p->slot[i];
}

static bool pairs_grow(struct pairs *p)
{
    struct pairs bigger = {.n_slots = p->n_slots > 0 ? 2 * p->n_slots : 1024, .n = p->n};

    if (p->n < p->n_slots / 2)
        return true;
    bigger.slot = calloc(bigger.n_slots, sizeof *bigger.slot);
    if (bigger.slot == NULL)
        return false;
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].number != 0)
            *pair_slot(&bigger, p->slot[i].a, p->slot[i].b) = p->slot[i];
    free(p->slot);
    *p = bigger;
    return true;
}

struct builder {
    struct calltree *t;
    const struct pprof *p;
    struct pairs nodes, lines;
    size_t node_room, line_room;
    size_t *seen; /* of lines: 1 + the sample that counted it last in cum */
    size_t seen_room;
};

static bool grow(void *array, size_t room, size_t size)
{
    void **at = array, *more = reallocarray(*at, room, size);

    if (more != NULL)
        *at = more;
    return more != NULL;
}

static bool node_room(struct builder *b)
{
    struct calltree *t = b->t;
    const size_t room = 2 * b->node_room + 256;

    if (t->n_nodes < b->node_room)
        return true;
    if (!grow(&t->parent, room, sizeof *t->parent) ||
        !grow(&t->function, room, sizeof *t->function) ||
        !grow(&t->self, room, t->n_types * sizeof *t->self))
        return false;
    b->node_room = room;
    return true;
}

static bool add_node(struct builder *b, uint32_t parent, uint32_t function)
{
    struct calltree *t = b->t;

    if (t->n_nodes >= UINT32_MAX - 1 || !node_room(b))
        return false;
    t->parent[t->n_nodes] = parent;
    t->function[t->n_nodes] = function;
    memset(&t->self[t->n_nodes * t->n_types], 0, t->n_types * sizeof *t->self);
    t->n_nodes++;
    return true;
}

static bool child(struct builder *b, uint32_t parent, uint32_t function, uint32_t *node)
{
    struct pair *at;

    if (!pairs_grow(&b->nodes))
        return false;
    at = pair_slot(&b->nodes, parent, function);
    if (at->number == 0) {
        if (!add_node(b, parent, function))
            return false;
        *at = (struct pair){parent, function, (uint32_t)b->t->n_nodes};
        b->nodes.n++;
    }
    *node = at->number - 1;
    return true;
}

static bool line_room(struct builder *b)
{
    struct calltree *t = b->t;
    const size_t room = 2 * b->line_room + 256;

    if (t->n_lines < b->line_room)
        return true;
    if (!grow(&t->line, room, sizeof *t->line) || !grow(&b->seen, room, sizeof *b->seen) ||
        !grow(&t->flat, room, t->n_types * sizeof *t->flat) ||
        !grow(&t->cum, room, t->n_types * sizeof *t->cum))
        return false;
    b->line_room = room;
    return true;
}

static bool line_of(struct builder *b, const struct pprof_line *line, uint32_t *index)
{
    struct calltree *t = b->t;
    struct pair *at;

    if (!pairs_grow(&b->lines) || !line_room(b))
        return false;
    at = pair_slot(&b->lines, line->function, (uint64_t)line->line);
    if (at->number == 0) {
        t->line[t->n_lines] = (struct calltree_line){line->function, line->line};
        b->seen[t->n_lines] = 0;
        memset(&t->flat[t->n_lines * t->n_types], 0, t->n_types * sizeof *t->flat);
        memset(&t->cum[t->n_lines * t->n_types], 0, t->n_types * sizeof *t->cum);
        *at = (struct pair){line->function, (uint64_t)line->line, (uint32_t)++t->n_lines};
        b->lines.n++;
    }
    *index = at->number - 1;
    return true;
}

static void add_values(double *to, size_t index, const struct pprof_sample *s, size_t n_types)
{
    for (size_t i = 0; i < n_types; i++)
        to[index * n_types + i] += (double)s->value[i];
}

/* One sample, from its outermost call inwards. */
static bool add_sample(struct builder *b, size_t number)
{
    const struct pprof_sample *s = &b->p->sample[number];
    struct calltree *t = b->t;
    uint32_t node = 0, line = 0;
    size_t depth = 0;

    for (size_t i = s->n_locations; i-- > 0;) {
        const struct pprof_location *l = &b->p->location[s->location[i]];

        for (size_t j = l->n_lines; j-- > 0;) {
            if (++depth <= CALLTREE_MAX_DEPTH && !child(b, node, l->line[j].function, &node))
                return false;
            if (!line_of(b, &l->line[j], &line))
                return false;
            if (b->seen[line] != number + 1)
                add_values(t->cum, line, s, t->n_types);
            b->seen[line] = number + 1;
        }
    }
    add_values(t->self, node, s, t->n_types);
    add_values(t->total, 0, s, t->n_types);
    if (depth > 0)
        add_values(t->flat, line, s, t->n_types);
    return true;
}

int calltree_make(const struct pprof *p, struct calltree **out, struct pg_error *err)
{
    struct calltree *t = calloc(1, sizeof *t);
    struct builder b = {.t = t, .p = p};
    bool fine = t != NULL;

    *out = NULL;
    if (fine) {
        t->n_types = p->n_types;
        t->total = calloc(p->n_types, sizeof *t->total);
        fine = t->total != NULL && add_node(&b, 0, 0);
    }
    for (size_t i = 0; i < p->n_samples && fine; i++)
        fine = add_sample(&b, i);
    free(b.nodes.slot);
    free(b.lines.slot);
    free(b.seen);
    if (!fine) {
        calltree_free(t);
        return pg_error_set(err, PG_E_NOMEM, "no memory for the calls of a profile");
    }
    *out = t;
    return 0;
}

void calltree_free(struct calltree *t)
{
    if (t == NULL)
        return;
    free(t->parent);
    free(t->function);
    free(t->self);
    free(t->line);
    free(t->flat);
    free(t->cum);
    free(t->total);
    free(t);
}

/* ---- pruning ---- */

/* Of every node, the largest share that it and its children have of the total in any type. */
static double *shares(const struct calltree *t)
{
    double *sum = calloc(t->n_nodes * t->n_types, sizeof *sum);
    double *share = calloc(t->n_nodes, sizeof *share), *all = calloc(t->n_types, sizeof *all);

    for (size_t i = t->n_nodes; sum != NULL && share != NULL && all != NULL && i-- > 0;)
        for (size_t k = 0; k < t->n_types; k++) {
            const size_t at = i * t->n_types + k;

            sum[at] += fabs(t->self[at]); /* of a difference of profiles, both directions */
            all[k] += fabs(t->self[at]);
            if (i > 0)
                sum[t->parent[i] * t->n_types + k] += sum[at];
        }
    for (size_t i = 0; sum != NULL && share != NULL && all != NULL && i < t->n_nodes; i++)
        for (size_t k = 0; k < t->n_types; k++)
            if (all[k] > 0)
                share[i] = fmax(share[i], sum[i * t->n_types + k] / all[k]);
    free(sum);
    if (all == NULL || sum == NULL) {
        free(share);
        share = NULL;
    }
    free(all);
    return share;
}

/* Keeps the nodes with at least that share; `to` has room for a number per node. */
static void fold(struct calltree *t, const double *share, double least, uint32_t *to)
{
    size_t n = 1;

    to[0] = 0;
    for (size_t i = 1; i < t->n_nodes; i++) {
        const uint32_t parent = to[t->parent[i]];

        if (share[i] >= least) {
            to[i] = (uint32_t)n;
            t->parent[n] = parent;
            t->function[n] = t->function[i];
            memmove(&t->self[n * t->n_types], &t->self[i * t->n_types],
                    t->n_types * sizeof *t->self);
            n++;
            continue;
        }
        to[i] = parent;
        for (size_t k = 0; k < t->n_types; k++)
            t->self[parent * t->n_types + k] += t->self[i * t->n_types + k];
    }
    t->n_nodes = n;
    t->folded = least;
}

static int descending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x < *y) - (*x > *y);
}

int calltree_prune(struct calltree *t, size_t limit, struct pg_error *err)
{
    double *share, *sorted;
    uint32_t *to;

    if (t->n_nodes <= limit)
        return 0;
    share = shares(t);
    sorted = calloc(t->n_nodes, sizeof *sorted);
    to = calloc(t->n_nodes, sizeof *to);
    if (share != NULL && sorted != NULL && to != NULL) {
        memcpy(sorted, share, t->n_nodes * sizeof *sorted);
        qsort(sorted, t->n_nodes, sizeof *sorted, descending);
        /* Above the share of the first that must go: equal ones go together. */
        fold(t, share, nextafter(sorted[limit], INFINITY), to);
    }
    free(sorted);
    free(to);
    if (share == NULL || sorted == NULL || to == NULL) {
        free(share);
        return pg_error_set(err, PG_E_NOMEM, "no memory for the calls of a profile");
    }
    free(share);
    return 0;
}
