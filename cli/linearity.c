#include "cli/linearity.h"

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

bool linearity_differs(const struct pg_plan *plan, const struct session_line *line,
                       struct linearity *out)
{
    const uint64_t n = line->counted, more = n - line->half_counted;
    uint64_t own, all, half;
    uint32_t i = 0;

    while (i < plan->n_counters && strcmp(plan->counter[i].name, "instructions") != 0)
        i++;
    if (i == plan->n_counters || line->half_counted == 0 || line->half_counted >= n)
        return false;
    own = plan->counter[i].own_cost;
    all = without(line->total.value[i], own * line->windows);
    half = without(line->half.value[i], own * line->half_windows);
    *out = (struct linearity){all / n, without(all, half) / more};
    return differ(all, n, without(all, half), more);
}
