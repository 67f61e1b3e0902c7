/* calltree.h - what a flame graph and a list of hot lines are drawn from.
 *
 * The samples of a profile, merged where their calls are the same: one node per chain of functions
 * from the root, and beside that one row per source line. Inlined calls are calls.
 */
#ifndef PERFGO_PROFILE_CALLTREE_H
#define PERFGO_PROFILE_CALLTREE_H

#include "profile/read.h"

enum {
    CALLTREE_MAX_DEPTH = 500, /* deeper recursion is added to the node at that depth */
};

struct calltree_line {
    uint32_t function; /* index in the profile */
    int64_t line;      /* 0: not known */
};

/* Values are doubles: sums of any int64 neither overflow nor lose a count below 2^53. A node's or
 * line's values of the n_types types stand together: flat[i * n_types + type]. */
struct calltree {
    size_t n_types, n_nodes, n_lines;
    uint32_t *parent, *function; /* of nodes; node 0 is the root, which has neither; parents come
                                    before their children */
    double *self;                /* of nodes: without their children */
    struct calltree_line *line;  /* in order of appearance */
    double *flat, *cum;          /* of lines; cum counts a recursive line once per sample */
    double *total;               /* n_types */
    double folded;               /* calltree_prune: the share below which nodes went; 0: none */
};

/* PG_E_NOMEM. The profile's functions are referred to by index; it may go before the tree. */
int calltree_make(const struct pprof *p, struct calltree **out, struct pg_error *err);
void calltree_free(struct calltree *t); /* NULL is fine */

/* Until at most `limit` nodes are left: nodes with the smallest share of the total, in whichever
 * type it is largest, are folded into their callers, so that every sum stays. */
int calltree_prune(struct calltree *t, size_t limit, struct pg_error *err);

#endif
