#!/usr/bin/env bash
# -count and -cpu: a record for each repetition and each number of processors, in the order of the
# lines; a first run of one operation, and runs that grow.
. "$(dirname "$0")/bench.sh"

some='^Benchmark(BN|StopStart|RunParallel|Sub|Names|Loop|SkipLate)$'

gobench plain base -bench="$some" -benchtime=10x -count=3 -cpu=1,2,4 ./forms
gobench exec counts -bench="$some" -benchtime=10x -count=3 -cpu=1,2,4 ./forms
judged counts count-and-cpu -baseline "$TMP/base.out" -cpu 1,2,4 -min 150

# Names that end like procs, with and without procs behind them.
if [ "$(jq -r 'select(.name | endswith("/n-8")) | .procs' "$(records counts)" | sort -u | xargs)" = "1 2 4" ]; then
    ok names-like-procs
else
    not_ok names-like-procs "n-8 has procs $(jq -c 'select(.name | test("/n-")) | [.name, .procs]' "$(records counts)" | sort -u | xargs)"
fi

gobench exec once -bench=. -benchtime=1x ./forms
judged once single-iterations -min 40

gobench exec timed -bench="$some" -benchtime=5ms ./forms
judged timed growing-runs -min 10
if jq -s -e 'any(.[]; .name == "BenchmarkBN" and .iterations_run > .n and .n > 1)' "$(records timed)" >/dev/null; then
    ok growing-runs-counted
else
    not_ok growing-runs-counted "BN has iterations_run and n: $(jq -c 'select(.name == "BenchmarkBN") | [.iterations_run, .n]' "$(records timed)")"
fi

gobench exec mem -bench="$some" -benchtime=10x -benchmem ./forms
judged mem benchmem -min 10
check benchmem-printed "no B/op on the lines" grep -q 'B/op.*task-ns/op' "$TMP/mem.out"

gobench exec shuffled -bench=. -benchtime=10x -shuffle=on -short ./forms
judged shuffled shuffle -min 40

# No benchmark runs: nothing is printed, nothing is written.
for args in '-run=.' '-run=. -bench=NoSuchBenchmark' '-bench=Skip$' '-list=.'; do
    name=none${args//[^a-zA-Z]/}
    # shellcheck disable=SC2086 # words
    gobench exec "$name" $args ./testmain
    status_is "$name-status" $? 0
    if [ -e "$TMP/$name.d" ] || grep -q perfgo: "$TMP/$name.out" "$TMP/$name.err"; then
        show "$name"
        not_ok "$name-silent" "without benchmarks perfgo wrote or said something"
    else
        ok "$name-silent"
    fi
done
finish
