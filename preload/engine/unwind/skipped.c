/* skipped.c - which function called a leaf that has no frame.
 *
 * The frame pointer leads to the frame of the newest function that made one. A leaf that needs no
 * frame, or a function that was interrupted before it made its own, leaves it where it was: at its
 * caller's frame. What is found there is where that caller returns to, and so the caller itself is
 * missing from the kernel's callchain, however hot it is.
 *
 * It can be told from the code. The return address that was found stands behind a call. When that
 * is a direct call of another function than the leaf, and that function calls the leaf, it is the
 * one. With only one such call in it, its line is certain too. A call through a pointer tells
 * nothing, and nothing is made up then.
 */
#include "unwind/skipped.h"

#include <string.h>

enum skipped unwind_skipped(const struct gobin *bin, uint64_t leaf, uint64_t caller, uint64_t *out)
{
    struct gobin_function in, called;
    uint64_t site[2];
    int n;

    if (!gobin_function_at(bin, leaf, &in) || !gobin_called(bin, caller, &called) ||
        called.entry == in.entry || strcmp(called.name, in.name) == 0)
        return SKIPPED_NONE;
    n = gobin_calls(bin, &called, in.entry, site, 2, NULL);
    if (n <= 0)
        return SKIPPED_NONE;
    *out = n == 1 ? site[0] : called.entry;
    return n == 1 ? SKIPPED_CALL : SKIPPED_FUNCTION;
}
