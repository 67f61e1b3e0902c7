/* stacks.h - samples added up by stack and label before they go into a profile. */
#ifndef PERFGO_PROFILE_STACKS_H
#define PERFGO_PROFILE_STACKS_H

#include "profile/profile.h"

struct stacks; /* opaque */

/* For n_values values a sample. NULL: no memory. */
struct stacks *stacks_new(size_t n_values);
void stacks_free(struct stacks *s); /* NULL is fine */

/* Adds to the values of a stack under a label, a number of the caller's. The values are this
 * stack's own, n_values of them, zero at first; NULL: no memory. They move with the next call. */
int64_t *stacks_values(struct stacks *s, const uint64_t *location, size_t n, uint64_t label);

/* Adds everything to a profile, in the order in which stacks first came. label_of fills the labels
 * for a number and returns how many there are, at most 8. */
typedef size_t stacks_labels(void *arg, uint64_t label, struct profile_label out[8]);
bool stacks_flush(const struct stacks *s, struct profile *to, stacks_labels *labels, void *arg);

#endif
