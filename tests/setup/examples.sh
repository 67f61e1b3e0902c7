#!/usr/bin/env bash
# The examples work with Go alone, and show what they claim: their tests pass, every benchmark runs,
# and the compiler has kept the branch that branch-prediction is about.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT/examples" || exit 1

for package in branch-prediction data-locality false-sharing; do
    if go test -run . -bench . -benchtime 1x "./$package" >"$TMP/log" 2>&1 && grep -q '^Benchmark' "$TMP/log"; then
        ok "examples:$package"
    else
        cat "$TMP/log"
        not_ok "examples:$package" "its tests or benchmarks fail"
    fi
done

# A conditional move or set in Branch, or a third jump in Branchless, and the two would be alike.
listing() { go tool objdump -s "branch-prediction\.$1\$" "$TMP/test" | awk '{ print $4 }'; }
if [ "$(go env GOARCH)" = amd64 ]; then
    go test -c -o "$TMP/test" ./branch-prediction || not_ok examples:compiled "does not build"
    if listing Branch | grep -qE '^J(AE|B|BE|A|HI|LS|CC|CS)' && ! listing Branch | grep -qE '^(CMOV|SET|SBB|ADC)'; then
        ok examples:branch-is-kept
    else
        not_ok examples:branch-is-kept "the compiler has removed the branch from Branch"
    fi
    jumps=$(listing Branchless | grep -cE '^J')
    if [ "$jumps" -gt 0 ] && [ "$jumps" -le 2 ]; then
        ok examples:branchless-has-none
    else
        not_ok examples:branchless-has-none "Branchless has $jumps jumps, its loop needs two"
    fi
else
    skip examples:branch-is-kept "the check reads amd64 code"
fi
finish
