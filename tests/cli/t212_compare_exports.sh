#!/usr/bin/env bash
# Reports for other services, and the page of a GitHub Actions step.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

# Three repeats of a benchmark with all sorts of metrics, one of them with an evil name.
mkdir -p h/history/run
echo '{"schema":1,"id":"run","time":"2026-01-01T00:00:00Z","exit_code":0,"go_version":"go1.26","goos":"linux","goarch":"amd64","host":{"cpu":"X"}}' \
    >h/history/run/testrun.json
for v in 100 104 90; do
    jq -cn --argjson v $v --arg name $'BenchmarkX|y"<script>`@you\n' '{schema: 1, pkg: "p", name: $name, procs: 8, n: 100,
        iterations_run: 100, duration_ns: 1000, windows: 1, threads: {}, tags: {},
        go: {"ns/op": $v, "MB/s": 5, "instructions/op": 7, "odd": 1, "a-metric-with-a-name-that-is-longer-than-sixty-four-characters/op": 1},
        metrics: {instructions: {value: ($v * 100), per_op: $v, unit: "instructions/op", coverage: 1,
        enabled_ns: 1, running_ns: 1, backend: "pmu"}}}'
done >h/history/run/benchmarks.jsonl

"$PERFGO" report -d h --format=github-action-benchmark >action.json
check "github-action-benchmark: entries" "$(cat action.json)" jq -e \
    'length == 3 and all(.[]; (.name | type) == "string" and (.value | type) == "number" and (.unit | type) == "string")' action.json
check "github-action-benchmark: only what should be small" "$(cat action.json)" jq -e '[.[].unit] | sort == ["a-metric-with-a-name-that-is-longer-than-sixty-four-characters/op", "instructions/op", "ns/op"]' action.json
check "github-action-benchmark: median and range" "$(cat action.json)" jq -e \
    '.[] | select(.unit == "ns/op") | .value == 100 and .range == "± 10" and (.name | startswith("p.BenchmarkX|y\"<script>"))' action.json
check "github-action-benchmark: Go has the name first" "$(cat action.json)" jq -e '.[] | select(.unit == "instructions/op") | .value == 7' action.json
"$PERFGO" report -d h --format=bencher >bmf.json
check "bencher: measures" "$(cat bmf.json)" jq -e '[.[] | keys[]] == ["MB/s", "instructions/op", "latency", "odd"]' bmf.json
check "bencher: value and range" "$(cat bmf.json)" jq -e '.[].latency == {value: 100, lower_value: 90, upper_value: 104}' bmf.json

# The step's page: only in Actions, appended, and never too large.
bench() { for v in 100 101 102 99 98 100.5 100.2; do printf 'Benchmark%s-8 100 %s ns/op\n' "$1" "$v"; done; }
bench A >old.txt
export GITHUB_STEP_SUMMARY=$TMP/page
"$PERFGO" compare -g 'ns/op<=+5%' old.txt old.txt >/dev/null
check "not in Actions: nothing" "a page was written" test ! -e page
export GITHUB_ACTIONS=true
echo before >page
"$PERFGO" compare -g 'ns/op<=+5%' old.txt old.txt >/dev/null
like "appended" "$(cat page)" 'before*PASS*| A\-8 |*'
"$PERFGO" compare --json -g 'ns/op<=+5%' old.txt old.txt >/dev/null
equal "whatever the format" "$(grep -c '^\*\*PASS' page)" 2
"$PERFGO" report -d h >/dev/null
like "a report" "$(tail -n 5 page)" '*run run, go1*'
equal "no HTML, no mention" "$(grep -c '<script\|@you' page)" 0
for i in $(seq 3000); do bench "LongEnoughToFillAPageWithSomeText/case=$i"; done >many.txt
"$PERFGO" compare -g 'ns/op<=+5%' many.txt many.txt >/dev/null
"$PERFGO" compare -g 'ns/op<=+5%' many.txt many.txt >/dev/null
"$PERFGO" compare -g 'ns/op<=+5%' many.txt many.txt >/dev/null
size=$(wc -c <page)
if [ "$size" -gt 1000000 ] && [ "$size" -lt 1048576 ]; then ok "below 1 MiB"; else not_ok "below 1 MiB" "$size bytes"; fi
like "what was cut is said" "$(tail -n 1 page)" '*further lines were cut*'
equal "a page that cannot be written: the verdict's status" \
    "$(GITHUB_STEP_SUMMARY=$TMP/none/page "$PERFGO" compare -g 'ns/op<=+5%' old.txt old.txt 2>err >/dev/null; echo $?)" 0
one_sentence "a page that cannot be written: said" err
finish
