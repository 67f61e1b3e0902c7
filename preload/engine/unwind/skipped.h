/* skipped.h - the caller that a walk along frame pointers steps over. */
#ifndef PERFGO_UNWIND_SKIPPED_H
#define PERFGO_UNWIND_SKIPPED_H

#include "gobin/gobin.h"

enum skipped {
    SKIPPED_NONE,     /* no caller is known to be missing */
    SKIPPED_FUNCTION, /* one is, but not at which of its instructions: *out is its entry */
    SKIPPED_CALL,     /* one is: *out is its call instruction */
};

/* `leaf` is where a thread was, `caller` the return address that was found next; both link-time
 * addresses of the program. [any thread] */
enum skipped unwind_skipped(const struct gobin *bin, uint64_t leaf, uint64_t caller, uint64_t *out);

#endif
