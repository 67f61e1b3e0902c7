#!/usr/bin/env bash
# What libperfgo.so costs a program that is no Go test binary: `true`, from start to end, over the
# same with an empty object in LD_PRELOAD.
. "$(dirname "$0")/lib.sh"

GOAL=100
STARTS=${STARTS:-1000}
what="LD_PRELOAD on true, added"
: >"$TMP/empty.c"
cc -shared -o "$TMP/empty.so" "$TMP/empty.c" && cc -O2 -D_GNU_SOURCE -o "$TMP/spawn" "$BENCH_DIR/spawn.c" ||
    { unmeasured "$what" "no C compiler"; done_measuring; }
if read -r a b < <("$TMP/spawn" "$STARTS" "$TMP/empty.so" "$LIBPERFGO") && is_number "$b"; then
    figure "$what" "$(calc %.1f "$b - $a")" "$GOAL" us "$a us with an empty object, $b with libperfgo.so"
else
    unmeasured "$what" "true did not run"
fi
done_measuring
