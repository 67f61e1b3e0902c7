#!/usr/bin/env bash
# What a PMU does to those who ask too much of it, and what perfgo makes of that: events that take
# turns, groups that do not fit, an event that is not there, users who may not, programs in between.
. "$(dirname "$0")/lab.sh"

new_job situations <<'END'
run() { # NAME OPTION...
    name=$1
    shift
    $AS perfgo exec -o out/$name "$@" -- bin/exact.test -test.bench=Million -test.benchtime=20x >out/$name.out 2>out/$name.err
    echo $? >out/$name.status
}
AS=
# Twelve on six counters; several say "instructions" in another way.
run turns -e instructions:u,instructions,instructions:k,r8:u,r8,r8:k,r11:u,r11,r1b:u,r1b,r3:u,r4:u
# Six fit beside each other; seven open and are never scheduled; eight are refused.
run six -e '{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u}'
run seven -e '{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u,r13:u}'
run eight -e '{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u,r13:u,r14:u}'
run split -e '{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u,r13:u,r14:u}:W'
run absent -e instructions:u,cache-misses:u
run only-absent -e cache-misses:u
# Another program between perfgo and the test, and a test that is started anew.
run wrapped -e instructions:u --exec 'env A=1'
for level in 2 3; do
    echo $level >/proc/sys/kernel/perf_event_paranoid
    chmod 777 out
    AS='lab as 65534'
    run paranoid-$level
    run paranoid-$level-kernel -e instructions:k,cycles:u
done
END
why=$(arm_test $NEWEST "$TMP/situations/bin/exact.test" "$LAB/testdata/exact" 2>&1)
case $? in
0) ;;
2) skip situations "$why"; finish ;;
*) not_ok situations "does not build: $why"; finish ;;
esac
thrice situations situations || finish

out=$TMP/situations.out/out
records() { echo "$out/$1"/history/*/benchmarks.jsonl; }
# holds TEST NAME FILTER: true for every record of NAME, and there are two.
holds() {
    if [ "$(jq -s "length == 2 and all(.[]; $3)" "$(records "$2")" 2>&1)" = true ]; then
        ok "$1"
    else
        cat "$out/$2.out" "$out/$2.err"
        jq -c .metrics "$(records "$2")"
        not_ok "$1" "$3 does not hold"
    fi
}
# says TEST NAME PATTERN: the run succeeded, and one sentence has the pattern.
says() {
    equal "$1-status" "$(cat "$out/$2.status")" 0
    equal "$1-said" "$(cat "$out/$2.out" "$out/$2.err" | grep -cE "^perfgo: .*($3)")" 1
}

# Coverage tells that an event ran part of the time, and what it counted then is not scaled up unsaid.
holds turns-coverage turns '[.metrics[] | select(.coverage != null and .coverage < 0.999)] | length >= 6'
holds turns-honest turns '.metrics["instructions:u"] | (.coverage < 0.999 and .running_ns < .enabled_ns and .scaled)'
holds six-whole six '.metrics["instructions:u"].coverage == 1 and .metrics["r3:u"].coverage == 1'
says seven seven 'not measuring: .*cannot be counted at the same time'
says eight eight 'not measuring: .*cannot be counted at the same time'
holds split-counted split '.metrics["instructions:uW"] | (.per_op > 950000 and .coverage < 0.999 and .scaled)'
holds absent-counted absent '.metrics["instructions:u"].value > 20000000 and .metrics["cache-misses:u"] == null'
says absent absent 'not counted: cache-misses:u .*does not have it'
says only-absent only-absent 'cache-misses'
holds wrapped wrapped '.metrics["instructions:u"].value > 20000000'
holds paranoid-2-user paranoid-2 '.metrics.instructions.value > 20000000 and .metrics.instructions.exclude_kernel'
says paranoid-2 paranoid-2 'user mode only: kernel.perf_event_paranoid is 2'
holds paranoid-2-kernel paranoid-2-kernel '.metrics["instructions:k"] == null and .metrics["cycles:u"].value > 0'
says paranoid-2-kernel paranoid-2-kernel 'not counted: instructions:k .*perf_event_paranoid'
holds paranoid-3-timer paranoid-3 '.metrics["task-clock"].backend == "timer"'
says paranoid-3 paranoid-3 'thread clocks and getrusage: kernel.perf_event_paranoid is 3'
finish
