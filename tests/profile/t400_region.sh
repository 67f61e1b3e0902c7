#!/usr/bin/env bash
# timeout: 240
# A profile holds the timed region and nothing else, all of it, on all threads.
. "$(dirname "$0")/lib.sh"

binary=$(binary region) || { not_ok build "the benchmarks do not build"; finish; }
profile region "$binary" -test.bench=. -test.benchtime=1s || not_ok run "exit status $?"
names=$(jq -r .name "$(records region)")
least "benchmarks with a record" "$(wc -w <<<"$names")" 7
for name in $names; do
    name=${name#Benchmark} file=$(file region "$name")
    pprof -raw "$file" >"$TMP/raw" || not_ok "$name: pprof" "$(cat "$TMP/pprof.err")"
    equal "$name: functions that run outside only" "$(grep -o 'outside[A-Z][a-z]*' "$TMP/raw" | sort -u | xargs)" ""
    least "$name: share of what runs inside" "$(cum "$file" 'region\.inside(Work|Thread)$')" 95
    cpu=$(sum "$file" cpu/nanoseconds)
    near "$name: CPU time against task-clock" "$cpu" "$(field region "$name" '.metrics["task-clock"].value')" 10
    equal "$name: samples in profile and record" "$(sum "$file" samples/count)" "$(field region "$name" .samples.taken)"
    equal "$name: none lost" "$(field region "$name" .samples.lost)" 0
done
finish
