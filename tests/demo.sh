#!/usr/bin/env bash
# demo.sh - a tour of perfgo over the examples: counters on Go's own benchmark lines, the record of a
# run, two runs compared, and exact counts with a profile. `make demo` has built everything. Leaves build/demo.
LIB_NO_TMP=1
. "$(dirname "$0")/lib.sh"
set -eu

if ! command -v go >/dev/null 2>&1; then
    echo "The demo needs Go, which is not installed (https://go.dev/doc/install)." >&2
    exit 1
fi
runs=$ROOT/build/demo
rm -rf "$runs" && mkdir -p "$runs"
cd "$ROOT/examples"
PATH=$OUT/bin:$PATH

title() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
run() {
    printf '\n$'
    printf ' %s' "${@@Q}" | sed "s/'\([-A-Za-z0-9_.,:=\/]*\)'/\1/g"
    printf '\n'
    "$@"
}

title "1. What works on this machine"
run perfgo doctor || echo "(doctor found something that does not work here; the demo uses what does)"

title "2. Counters on the benchmark lines of three packages, with no change to their source"
run perfgo test -o "$runs" --run=tour -- -run='^$' -bench=. -benchtime=200ms ./...

title "3. The same run, from its record"
run perfgo report "$runs/history/tour"

title "4. Two variants of one function, each in a run of its own"
run perfgo test -o "$runs" --run=branch -- -run='^$' -bench='^BenchmarkBranch$/random' -benchtime=100ms -count=6 ./branch-prediction
run perfgo test -o "$runs" --run=branchless -- -run='^$' -bench='^BenchmarkBranchless$/random' -benchtime=100ms -count=6 ./branch-prediction

title "5. Side by side"
# Benchmarks are paired by name, so both get the same one.
for variant in branch branchless; do
    perfgo report "$runs/history/$variant" --format=benchfmt | sed -E 's/^BenchmarkBranch(less)?\//BenchmarkOverLimit\//' >"$runs/$variant.txt"
done
# The exit status is the verdict: 2, INCONCLUSIVE, as nothing here is gated.
run perfgo compare "$runs/branch.txt" "$runs/branchless.txt" || echo "(exit status $?)"

title "6. Exact counts and a profile without hardware counters: the same benchmarks, simulated"
run perfgo test simulate -o "$runs" --run=simulated -- -bench='/random' ./branch-prediction
profile=$(find "$runs/history/simulated/profiles" -path '*BenchmarkBranch/*.pb.gz' | sort | head -n 1)
run go tool pprof -top -nodecount=6 "$profile"

printf '\nThe runs are in %s; perfgo report PATH shows one again.\n' "$runs/history"
