/* callgrind.h - what a callgrind dump says about single instructions, and who called whom.
 *
 * The dump must have been made with --dump-instr=yes. Its addresses are those of the object file,
 * wherever that was loaded. (Valgrind manual, "Callgrind Format Specification")
 */
#ifndef PERFGO_PMU_CALLGRIND_H
#define PERFGO_PMU_CALLGRIND_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What is kept of callgrind's events; sums as in simulate.h. */
enum callgrind_value {
    CALLGRIND_INSTRUCTIONS,
    CALLGRIND_L1_MISSES,
    CALLGRIND_LL_MISSES,
    CALLGRIND_BRANCH_MISSES,
    CALLGRIND_VALUES,
};

struct callgrind_place {
    uint32_t object, function; /* for callgrind_object, callgrind_function */
    uint64_t addr;             /* within the object */
};

struct callgrind_cost {
    struct callgrind_place at;
    uint64_t value[CALLGRIND_VALUES]; /* of this instruction itself */
};

struct callgrind_call {
    struct callgrind_place from, to; /* the instruction that calls; the function's first one */
};

struct callgrind; /* opaque */

/* Reads a dump, which may have 32 MiB at most / a dump in memory. PG_E_NOTFOUND, PG_E_LIMIT;
 * PG_E_FORMAT when it is cut short, not a dump, has no addresses, lacks an event, or does
 * not add up to its own totals. [any thread
 * with libc] */
int callgrind_read(const char *path, struct callgrind **out, struct pg_error *err);
int callgrind_parse(const char *text, size_t size, struct callgrind **out, struct pg_error *err);
void callgrind_free(struct callgrind *dump); /* NULL is fine */

/* By object and address, ascending; each place once, none without cost. */
const struct callgrind_cost *callgrind_costs(const struct callgrind *dump, size_t *n);
/* By callee, then caller, ascending; each pair once. */
const struct callgrind_call *callgrind_calls(const struct callgrind *dump, size_t *n);
/* "" when the dump gives no name. Callgrind calls what it does not know "???" or by its address. */
const char *callgrind_object(const struct callgrind *dump, uint32_t object);
const char *callgrind_function(const struct callgrind *dump, uint32_t function);

#endif
