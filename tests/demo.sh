#!/usr/bin/env bash
# demo.sh - a tour of perfgo over the examples: counters on Go's own benchmark lines, the record of a
# run, and two runs next to each other. `make demo` has built everything. Leaves build/demo.
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
if command -v benchstat >/dev/null 2>&1; then
    run benchstat "$runs/branch.txt" "$runs/branchless.txt"
else
    echo "(benchstat is not installed; means of the six repetitions instead)"
    awk '
        /^Benchmark/ {
            for (i = 3; i < NF; i += 2) {
                unit = $(i + 1)
                if (!(unit in seen)) { seen[unit] = 1; order[++n] = unit }
                sum[FILENAME, unit] += $i; count[FILENAME, unit]++
            }
        }
        function mean(file, unit) { return sum[file, unit] / count[file, unit] }
        END {
            if (n == 0) { print "no benchmark lines in the reports"; exit 1 }
            printf "%-28s %16s %16s %12s\n", "per op", "branch", "branchless", "ratio"
            for (i = 1; i <= n; i++) {
                unit = order[i]; a = ARGV[1]; b = ARGV[2]
                if (!count[a, unit] || !count[b, unit]) continue
                old = mean(a, unit); new = mean(b, unit)
                printf "%-28s %16.5g %16.5g %12s\n", unit, old, new, old ? sprintf("%.2f", new / old) : "-"
            }
        }' "$runs/branch.txt" "$runs/branchless.txt"
fi

printf '\nThe runs are in %s; perfgo report PATH shows one again.\n' "$runs/history"
