#!/usr/bin/env bash
# timeout: 900
# Instructions to the instruction. A loop of known length, in one window and in many of them,
# counts what it executes: what windows add by themselves is subtracted, all of it.
#
# Expected is what the benchmark's function consists of (go tool objdump): N turns, and ONCE around
# them. PMU_WINDOWS=1000000 makes it as many windows, and the test a minute longer. Looked at is the benchmark's own thread: what Go's others do meanwhile is counted too, and in
# the total, but its length is not known. asyncpreemptoff keeps Go from interrupting the loop.
. "$(dirname "$0")/lab.sh"
export LC_ALL=C

new_job exact <<'END'
export PERFGO_EVENTS=instructions:u GODEBUG=asyncpreemptoff=1
for binary in bin/*.test; do
    name=$(basename $binary .test)
    perfgo exec -o out/$name -- $binary -test.bench=Million -test.benchtime=4x >out/$name.txt
    perfgo exec -o out/$name -- $binary -test.bench=Window -test.benchtime=5000x >>out/$name.txt
done
END
windows=${PMU_WINDOWS:-50000}
new_job many <<END
export PERFGO_EVENTS=instructions:u GODEBUG=asyncpreemptoff=1
perfgo exec -o out/$NEWEST -- bin/$NEWEST.test -test.bench=ManyWindows -test.benchtime=${windows}x >out/many.txt
END
for version in $OLDEST $NEWEST; do
    if why=$(arm_test $version "$TMP/exact/bin/$version.test" "$LAB/testdata/exact" 2>&1); then
        continue
    elif [ $? = 2 ]; then
        skip $version "$why"
    else
        not_ok $version "does not build: $why"
    fi
done
[ ! -e "$TMP/exact/bin/$NEWEST.test" ] || cp "$TMP/exact/bin/$NEWEST.test" "$TMP/many/bin/"

# instructions JOB VERSION BENCHMARK: N, and what the benchmark's thread counted, perfgo's share of
# every window subtracted.
instructions() {
    jq -r --arg name "Benchmark$3" 'select(.name == $name) | .windows as $windows
        | .metrics["instructions:u"].own_cost as $own
        | "\(.n) \(([.threads[]["instructions:u"]] | max) - $windows * $own)"' \
        "$TMP/$1.out/out/$2"/history/*/benchmarks.jsonl
}

# turn TEST JOB VERSION BENCHMARK PER_TURN MOST: N turns of PER_TURN instructions, and at most MOST
# more in all.
turn() {
    local n value over
    read -r n value < <(instructions "$2" "$3" "$4")
    over=$((value - n * $5))
    if [ "${n:-0}" -gt 0 ] && [ $over -ge 0 ] && [ $over -le "$6" ]; then
        ok "$1"
        echo "# $1: $value instructions in $n turns of $5: $over more"
    else
        not_ok "$1" "$value instructions in $n turns of $5: $over more"
    fi
}

# Around the turns: the function's own prologue, its end, and its call by testing.
ONCE=24
thrice exact exact || finish
for binary in "$TMP"/exact/bin/*.test; do
    version=$(basename "$binary" .test)
    # Instructions of a turn beside Spin's 4 * turns: the loop around the call, and Spin's own two.
    turn "$version-million" exact $version Million $((1000000 + 12)) $ONCE
    turn "$version-two-million" exact $version TwoMillion $((2000000 + 12)) $ONCE
    turn "$version-one-window" exact $version OneWindow $((40 + 12)) $ONCE
    turn "$version-many-windows" exact $version ManyWindows $((40 + 12)) 2500
done

# Not one instruction in each, on average, that is not the benchmark's.
if [ -e "$TMP/many/bin/$NEWEST.test" ] && TIMEOUT=1500 boots many many; then
    turn "$windows-windows" many $NEWEST ManyWindows $((40 + 12)) "$windows"
fi
finish
