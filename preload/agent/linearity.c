/* linearity.c - is what an iteration of a simulated benchmark costs the same for any number of
 * them?
 *
 * The mean over all that were counted, and what the later half of them cost, should agree. If not,
 * a cost grows with the iterations, or falls into the window once, and the figure on the line is
 * one of that count of iterations only. No floating point, as in all of the agent. [recorder]
 */
#include "agent.h"

#include <string.h>

/* Do two costs per iteration differ by more than 1 %? */
static bool differ(uint64_t cost, uint64_t of, uint64_t other, uint64_t of_other)
{
    const unsigned __int128 a = (unsigned __int128)cost * of_other;
    const unsigned __int128 b = (unsigned __int128)other * of;

    return a * 100 > b * 101 || b * 100 > a * 101;
}

static uint64_t without(uint64_t count, uint64_t own)
{
    return count > own ? count - own : 0;
}

void linearity_judge(const struct session_line *line)
{
    const uint64_t n = line->counted, more = n - line->half_counted;
    uint64_t own, all, half;
    uint32_t i = 0;

    while (i < agent.plan.n_counters && strcmp(agent.plan.counter[i].name, "instructions") != 0)
        i++;
    if (i == agent.plan.n_counters || line->half_counted == 0 || line->half_counted >= n)
        return;
    own = agent.plan.counter[i].own_cost;
    all = without(line->total.value[i], own * line->windows);
    half = without(line->half.value[i], own * line->half_windows);
    if (differ(all, n, without(all, half), more))
        say("note",
            "%s: %s costs %llu instructions/op in %llu iterations, but %llu in each of the last "
            "%llu: its cost depends on their number, compare it with the same --iterations only",
            line->pkg, line->name, (unsigned long long)(all / n), (unsigned long long)n,
            (unsigned long long)(without(all, half) / more), (unsigned long long)more);
}
