#!/usr/bin/env bash
# In profiles, samples carry the regions that were open: the share of the CPU time that the record
# counted in them.
. "$(dirname "$0")/../profile/lib.sh"
BENCH=$ROOT/tests/gohook/testdata/bench
ROUNDS=3

binary=$(cd "$BENCH" && go test -c -o "$TMP/bench.test" . >&2 && echo "$TMP/bench.test") ||
    { not_ok build "the benchmarks do not build"; finish; }

# run NAME BENCHMARK BENCHTIME: its record is then in $TMP/record, what pprof says of labels in $TMP/tags.
run() {
    rm -rf "$TMP/$1.d"
    PERFGO_MODE=${MODE:-profile} PERFGO_FREQ=3571 PERFGO_OUTPUT=$TMP/$1.d ${WRAP:-} "$binary" -test.run='^$' \
        "-test.bench=^Benchmark$2\$" "-test.benchtime=$3" "-test.count=${COUNT:-1}" >"$TMP/$1.out" 2>"$TMP/$1.err" ||
        not_ok "$1: run" "exit status $?: $(cat "$TMP/$1.err")"
    jq -sc last "$TMP/$1.d"/history/*/benchmarks.jsonl >"$TMP/record"
    profile=$(find "$TMP/$1.d" -name '*.pb.gz')
    pprof -tags -unit=ns "${profile:-/dev/null}" >"$TMP/tags"
}
regions() { awk '$2 == "Total" { on = $1 == "region:"; next } on && NF { print $NF }' "$TMP/tags" | sort | xargs; }
# tagged REGION: percent of all CPU time.
tagged() {
    awk -v region="$1" '$2 == "Total" { on = $1 == "region:"; next }
        on && $NF == region { sub(/%.*/, ""); sub(/.*\(/, ""); n = $0 } END { print n + 0 }' "$TMP/tags"
}
counted() { jq ".regions[\"$1\"].values[\"task-clock\"] / .metrics[\"task-clock\"].value * 100" "$TMP/record"; }

# share TEST BY REGION...: profile and record differ by less than BY percent of the CPU time.
declare -A verdict=()
share() {
    local test=$1 by=$2 region
    shift 2
    for region; do
        [ "${verdict[$test $region]:-}" != ok ] || continue
        verdict[$test $region]="$(tagged "$region") % instead of $(counted "$region") %"
        ! awk -v a="$(tagged "$region")" -v b="$(counted "$region")" -v by="$by" \
            'BEGIN { exit !(a > 0 && a - b < by && b - a < by) }' || verdict[$test $region]=ok
    done
}
# Statements about shares hold in one of a few rounds: which part of a period is in a region is chance.
settled() { [ "$(printf '%s\n' "${verdict[@]}" | sort -u)" = ok ]; }

for ((round = 1; round <= ROUNDS; round++)); do
    run events Regions 150x
    share events 4 one two inner goroutine
    equal "events: those of the timed region only" "$(regions)" "goroutine inner one two"
    COUNT=2 run repeated Regions 100x
    share repeated 4 one two inner goroutine
    run parallel ParallelRegion 100x
    share parallel 5 body
    ! settled || break
done
if seccomp_exec timer; then
    for ((round = 1; round <= ROUNDS; round++)); do
        WRAP="$TMP/seccomp_exec EPERM -" run timer Regions 300x
        share timer 15 two
        ! settled || break
    done
    equal "timer: those of the timed region only" "$(regions)" "goroutine inner one two"
fi
while IFS= read -r test; do
    if [ "${verdict[$test]}" = ok ]; then ok "$test"; else not_ok "$test" "${verdict[$test]}"; fi
done < <(printf '%s\n' "${!verdict[@]}" | sort)

run none NoRegions 50x
equal "a benchmark without regions" "$(regions)" ""
check "its profile has labels" "$(cat "$TMP/tags")" grep -q 'benchmark: Total' "$TMP/tags"
MODE=off-cpu run waits Regions 100x
if grep -q 'not sampled: ' "$TMP/waits.err"; then
    skip waits "$(grep -o 'not sampled: .*' "$TMP/waits.err")"
else
    equal "waits: no region" "$(regions)" ""
    check "waits: their profile has labels" "$(cat "$TMP/tags")" grep -q 'reason: Total' "$TMP/tags"
fi
finish
