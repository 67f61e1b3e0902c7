#!/usr/bin/env bash
# Simulated instructions and those of the PMU, on the same arm64 code: both are exact, so they agree.
. "$(dirname "$0")/lab.sh"

layer=$(valgrind_layer) || {
    skip simulate "Valgrind for arm64 cannot be downloaded"
    finish
}
new_job simulate <<'END'
export GODEBUG=asyncpreemptoff=1
PERFGO_EVENTS=instructions:u perfgo exec -o out/pmu -- bin/exact.test -test.bench=Million -test.benchtime=4x
perfgo exec --backend=simulate -o out/simulate -- bin/exact.test -test.bench=Million -test.benchtime=4x
END
why=$(arm_test $NEWEST "$TMP/simulate/bin/exact.test" "$LAB/testdata/exact" 2>&1)
case $? in
0) ;;
2) skip simulate "$why"; finish ;;
*) not_ok simulate "does not build: $why"; finish ;;
esac
boots simulate simulate "$layer" || finish

# per_op WAY FILTER BENCHMARK
per_op() {
    jq -r --arg name "Benchmark$3" "select(.name == \$name) | $2" \
        "$TMP/simulate.out/out/$1"/history/*/benchmarks.jsonl
}
for benchmark in Million TwoMillion; do
    # Of so few operations on the PMU, what Go's other threads do meanwhile is a percent.
    pmu=$(per_op pmu '([.threads[]["instructions:u"]] | max) / .n' $benchmark)
    simulated=$(per_op simulate .metrics.instructions.per_op $benchmark)
    echo "# $benchmark: $pmu instructions/op on the PMU, $simulated simulated"
    if awk -v a="${pmu:-0}" -v b="${simulated:-0}" 'BEGIN { exit !(a > 0 && b > 0 && (a - b) / a < 0.005 && (b - a) / a < 0.005) }'; then
        ok "$benchmark-agrees"
    else
        show_boot simulate
        not_ok "$benchmark-agrees" "$pmu on the PMU, $simulated simulated"
    fi
done
finish
