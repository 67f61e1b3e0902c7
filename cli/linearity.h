/* linearity.h - is what an iteration of a simulated benchmark costs the same for any number of
 * them?
 *
 * The mean over all that were counted, and what the later half of them cost, should agree. If not,
 * a cost grows with the iterations, or falls into the window once, and the figure on the line is
 * one of that count of iterations only.
 */
#ifndef PERFGO_CLI_LINEARITY_H
#define PERFGO_CLI_LINEARITY_H

#include "collect/session.h"

struct linearity {
    uint64_t mean, margin; /* instructions per iteration */
};

/* True when they differ by more than 1 %; *out says by how much. */
bool linearity_differs(const struct pg_plan *plan, const struct session_line *line,
                       struct linearity *out);

#endif
