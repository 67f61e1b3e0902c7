#!/usr/bin/env bash
# timeout: 300
# The gate is what a build relies on, so each of its rules is broken once, and a unit test must notice.
# mutate.py takes every comparison, condition, logical operator and constant of the sources below, one
# after the other, and turns it round in a copy; equivalent.txt lists the few changes that change
# nothing, with why. New code is therefore covered without being listed.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1

bench=preload/engine/bench
python3 tests/mutation/mutate.py --tmp "$TMP" --build "$OUT" --equivalent tests/mutation/equivalent.txt \
    $bench/compare_verdict.c:test_compare,test_compare_whole $bench/compare.c:test_compare,test_compare_whole \
    $bench/gate.c:test_gate,test_compare,test_compare_whole \
    || not_ok mutation "see above"
finish
