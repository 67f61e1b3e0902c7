#!/usr/bin/env bash
# run.sh - the standard library's own tests must not notice perfgo.
#
#   tests/std/run.sh [--short] [PACKAGE...]
#
# Each package of packages.txt is tested by `go test -short` as it is and under `perfgo exec`, and
# the two are compared test by test. The agent arms itself only where benchmarks are asked for, so
# both get a -bench pattern that matches none: with it calls are redirected, the recorder runs, and
# every thread has counters; the log of each process proves it. What differs is run again, both ways,
# before it is called a difference. Then the benchmarks of some packages run once each, counted.
# Outputs stay in build/std-logs.
. "$(dirname "$0")/../lib.sh"

cd "$ROOT/tests/std" || exit 1
options=()
[ "${1:-}" != --short ] || { options+=(-short); shift; }

# First the judge itself: that it sees planted differences.
if log=$(go vet . 2>&1 && go test -count=1 . 2>&1); then
    ok std:judge
else
    printf '%s\n' "$log"
    not_ok std:judge "its own tests fail"
    finish
fi
go build -o "$TMP/std" . || { not_ok std:build "the judge does not build"; finish; }
"$TMP/std" -perfgo "$PERFGO" -logs "$OUT/std-logs" "${options[@]}" "$@" || failures=1
finish
