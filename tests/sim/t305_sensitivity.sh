#!/usr/bin/env bash
# timeout: 600
# perfgo compare on simulations of two builds: a thousandth more instructions is found in each of ten
# benchmarks, and nothing where nothing changed. The second run has another environment.
# PAIRS=2 compares 20 unchanged and 20 changed ones.
. "$(dirname "$0")/lib.sh"
PAIRS=${PAIRS:-1}
GATE='instructions/op<=+0.05%'

need_valgrind sensitivity || finish
old=$(sim_binary slower) && mv "$old" "$TMP/old.test" && new=$(sim_binary slower -tags slower) &&
    mv "$new" "$TMP/new.test" || { not_ok build "the benchmarks do not build"; finish; }
# run BUILD ID: into the same history.
run() {
    ANOTHER=${2//?/variable} "$PERFGO" exec --backend=simulate --output "$TMP/all" --run "$2" -- \
        "$TMP/$1.test" -test.bench=. >"$TMP/$2.out" 2>"$TMP/$2.err" </dev/null ||
        { cat "$TMP/$2.err"; not_ok "run $2" "exit status $?"; }
}
# verdicts OLD NEW: how many results had which verdict.
verdicts() {
    "$PERFGO" compare --no-config --dir "$TMP/all" --gate "$GATE" --json "$1" "$2" >"$TMP/verdict.json" 2>"$TMP/verdict.err"
    jq -r '"\(.passed) \(.failed) \(.inconclusive)"' "$TMP/verdict.json" || cat "$TMP/verdict.err"
}

run old before
for pair in $(seq "$PAIRS"); do
    run old "same-$pair" &
    run new "slower-$pair" &
    wait
    equal "pair $pair: nothing changed, nothing is found" "$(verdicts before "same-$pair")" "10 0 0"
    equal "pair $pair: a thousandth more is found in 10 of 10" "$(verdicts before "slower-$pair")" "0 10 0"
    "$PERFGO" compare --no-config --dir "$TMP/all" --gate "$GATE" before "slower-$pair" | grep instructions/op | sed 's/^/# /'
done
finish
