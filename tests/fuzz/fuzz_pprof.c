/* fuzz_pprof.c - profiles in pprof, on any bytes: what was read holds together, and so does its
 * tree. */
#include "profile/calltree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds)
        abort();
}

static void check_profile(const struct pprof *p)
{
    check(p->n_types > 0 && p->default_type < p->n_types);
    for (size_t i = 0; i < p->n_functions; i++)
        check(p->function[i].name[0] != '\0' && strlen(p->function[i].file) < SIZE_MAX);
    for (size_t i = 0; i < p->n_locations; i++) {
        check(p->location[i].n_lines > 0);
        for (size_t j = 0; j < p->location[i].n_lines; j++)
            check(p->location[i].line[j].function < p->n_functions);
    }
    for (size_t i = 0; i < p->n_samples; i++)
        for (size_t j = 0; j < p->sample[i].n_locations; j++)
            check(p->sample[i].location[j] < p->n_locations);
}

static void check_tree(const struct calltree *t)
{
    double sum = 0, magnitude = 0;

    for (size_t i = 0; i < t->n_nodes; i++) {
        check(i == 0 || t->parent[i] < i);
        sum += t->self[i * t->n_types];
        magnitude += fabs(t->self[i * t->n_types]);
    }
    check(fabs(sum - t->total[0]) <= 1e-9 * magnitude + 1e-6 * fabs(t->total[0]) + 1e4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pprof *p;
    struct calltree *t;

    if (pprof_read((const char *)data, size, &p, NULL) != 0)
        return 0;
    check_profile(p);
    if (calltree_make(p, &t, NULL) == 0) {
        check_tree(t);
        check(calltree_prune(t, 4, NULL) == 0);
        check_tree(t);
        calltree_free(t);
    }
    pprof_free(p);
    return 0;
}
