/* sites.h - the calls in testing and the runtime that mark what happens to a benchmark.
 *
 * The interesting moments are direct calls. Caller and callee are looked up by name in pclntab; a
 * call instruction in the caller's range whose target is exactly the callee's entry is the site.
 * (design: hooking.md, section 2; Go: src/testing/benchmark.go, src/runtime/proc.go)
 */
#ifndef PERFGO_GOBIN_SITES_H
#define PERFGO_GOBIN_SITES_H

#include "gobin/gobin.h"
#include "proto/simulation.h"

/* Sites of the kinds in `wanted` (a bit for each, 1 << kind), in no order, at link-time addresses.
 * Returns how many there are, at most max; negative when a kind that perfgo cannot do without has
 * none, or there are more. [any thread] */
int gobin_sites(const struct gobin *bin, uint32_t wanted, struct site_found *out, size_t max,
                struct pg_error *err);

/* Where fields of testing.B lie. [any thread] */
int gobin_layout(const struct gobin *bin, struct b_layout *out, struct pg_error *err);

#endif
