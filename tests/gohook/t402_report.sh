#!/usr/bin/env bash
# Report and Region in a process that is measured: by its import alone.
. "$(dirname "$0")/../lib.sh"
BENCH=$ROOT/tests/gohook/testdata/bench
ROUNDS=3

run() { (cd "$BENCH" && PERFGO_OUTPUT=$TMP/$1.d go test -v -count=1 -bench=. -benchtime=20x . >"$TMP/$1.out" 2>"$TMP/$1.err"); }
record() { jq -c "select(.name == \"$2\")" "$TMP/$1.d"/history/*/benchmarks.jsonl; }
unit=500000

# Statements about times hold in one of a few rounds: other programs disturb them.
declare -A verdict=()
judge() { # TEST JQ-FILTER BENCHMARK: the filter is true of the benchmark's record
    [ "${verdict[$1]:-}" != ok ] || return 0
    if record "$round" "$3" | jq -e "$2" >/dev/null; then
        verdict[$1]=ok
    else
        verdict[$1]=$(record "$round" "$3" | jq -c '[.n, .metrics["task-clock"].value, .regions]')
    fi
}
near() { echo "(. / .0 | . > 0.97 and . < 1.06)" | sed "s|\.0|$1|"; }

for ((round = 1; round <= ROUNDS; round++)); do
    run "$round"
    status=$?
    [ "$status" = 0 ] || break
    judge report-on-the-line ".go[\"minor-faults/op\"] != null and (.go[\"cpu-clock/op\"] // .go[\"cpu-ns/op\"] | $(near $unit))" BenchmarkReport
    judge report-not-twice '.go["task-ns/op"] == null and .metrics["task-clock"] != null' BenchmarkReport
    judge report-default-not-twice '(.go | keys) == ["ns/op"]' BenchmarkReportDefault
    task='.values["task-clock"]'
    judge region-one ".n as \$n | .regions.one | .entered == \$n and ($task / \$n | $(near $unit))" BenchmarkRegions
    judge region-two ".n as \$n | .regions.two | $task / \$n | $(near $((2 * unit)))" BenchmarkRegions
    judge region-inner ".n as \$n | .regions.inner | $task / \$n | $(near $unit)" BenchmarkRegions
    judge region-goroutine ".n as \$n | .regions.goroutine | $task / \$n | $(near $((unit + unit / 50)))" BenchmarkRegions
    judge region-untimed ".n as \$n | .regions.untimed | .entered == \$n and (($task // 0) / \$n < $unit / 50)" BenchmarkRegions
    judge region-before-reset '.regions | has("setup") | not' BenchmarkRegions
    judge region-gone 'has("regions") | not' BenchmarkNoRegions
    judge region-parallel ".n as \$n | .regions.body | .entered == $(nproc) and ($task / \$n | $(near $unit))" BenchmarkParallelRegion
    judge region-empty ".n as \$n | .regions.empty | .entered == \$n and $task / \$n < 1000" BenchmarkEmptyRegion
    [ "$(printf '%s\n' "${verdict[@]}" | sort -u)" != ok ] || break
done
if [ "$status" != 0 ]; then
    cat "$TMP/$round.out" "$TMP/$round.err"
    not_ok run "exit status $status"
    finish
fi
while IFS= read -r test; do
    if [ "${verdict[$test]}" = ok ]; then ok "$test"; else not_ok "$test" "${verdict[$test]}"; fi
done < <(printf '%s\n' "${!verdict[@]}" | sort)

if grep -q 'task-ns/op.*task-ns/op' "$TMP/1.out"; then
    not_ok line-once "a metric stands twice on a line"
else
    ok line-once
fi
got=$(sed -n 's/.*inner [0-9]* task-ns\/op=//p' "$TMP/1.out")
check testing.Benchmark "task-ns/op is '$got'" awk "BEGIN { exit !(\"$got\" > $unit * 0.97 && \"$got\" < $unit * 1.5) }"
check no-allocation "$(grep EmptyRegion "$TMP/1.out")" grep -qE '^BenchmarkEmptyRegion.* 0 allocs/op' "$TMP/1.out"
finish
