#!/usr/bin/env bash
# gohook with hardware counters: its own tests, of which other machines skip those, and tests of what is
# counted in a loop of known length (testdata/gohook). Then the same without user-space reads, as
# other users than root, and on a machine without a PMU; regions and profiles.
. "$(dirname "$0")/lab.sh"

new_job gohook <<'END'
export LD_LIBRARY_PATH=/job/lib GODEBUG=asyncpreemptoff=1
# run NAME COMMAND...
run() {
    local name=$1
    shift
    "$@" -test.v >out/$name.txt 2>&1
    echo $? >out/$name.status
}
exact=bin/exact.test
run package bin/gohook.test -test.short
run exact $exact -test.skip=Permission
PERFGO_EVENTS=instructions:u PERFGO_OUTPUT=out/regions run regions $exact -test.run=NONE -test.bench=Regions -test.benchtime=20x
echo 0 >/proc/sys/kernel/perf_user_access
run kernel-reads $exact -test.run='Values|ShortWindows|Groups|UserRead'
for level in 2 3; do
    echo $level >/proc/sys/kernel/perf_event_paranoid
    run paranoid-$level lab as 65534 $exact -test.run=Permission
done
END
new_job without <<'END'
export LD_LIBRARY_PATH=/job/lib
bin/gohook.test -test.v -test.run=TestNoPMU >out/root.txt 2>&1
echo $? >out/root.status
echo 2 >/proc/sys/kernel/perf_event_paranoid
lab as 65534 bin/gohook.test -test.v -test.run=TestNoPMU >out/other.txt 2>&1
echo $? >out/other.status
END
cp "$ROOT/gohook/README.md" "$TMP/gohook/"
build() { CGO=1 CGO_LDFLAGS="-L$ARM/lib" arm_test $NEWEST "$@" >"$TMP/build.log" 2>&1; }
build "$TMP/gohook/bin/gohook.test" "$ROOT/gohook" && build "$TMP/gohook/bin/exact.test" "$LAB/testdata/gohook"
case $? in
0) cp "$TMP/gohook/bin/gohook.test" "$TMP/without/bin/" ;;
2) skip gohook "$(cat "$TMP/build.log")"; finish ;;
*) cat "$TMP/build.log"; not_ok gohook "does not build"; finish ;;
esac
CPU=cortex-a57,pmu=off boots boot-without-pmu without &
boots boot gohook || finish
wait

# results JOB NAME LEAST: what go test -v printed, as ours; at least LEAST passed.
results() {
    local out=$TMP/$1.out/out/$2
    awk -v prefix="$2/" '
        /^=== RUN/ { current = $3 }
        /skipped: +/ { why[current] = $0; sub(/.*skipped: +/, "", why[current]) }
        /^ *--- (PASS|FAIL|SKIP): / {
            result[++n] = $2; name[n] = $3
            while (match($3, /.*\//)) { $3 = substr($3, 1, RLENGTH - 1); parent[$3] = 1 }
        }
        END {
            for (i = 1; i <= n; i++) {
                if (name[i] in parent) continue
                if (result[i] == "PASS:") print "ok " prefix name[i]
                if (result[i] == "FAIL:") print "not ok " prefix name[i] ": see the log"
                if (result[i] == "SKIP:") print "skip " prefix name[i] ": " why[name[i]]
            }
        }' "$out.txt" >"$TMP/results"
    cat "$TMP/results"
    equal "$2-status" "$(cat "$out.status")" 0
    check "$2-ran" "fewer than $3 tests passed" [ "$(grep -c '^ok ' "$TMP/results")" -ge "$3" ]
    [ "$(cat "$out.status")" = 0 ] || cat "$out.txt"
}
results gohook package 60
results gohook exact 30
results gohook kernel-reads 24
results gohook paranoid-2 1
results gohook paranoid-3 1
results without root 1
results without other 1

# Nothing of the table is skipped that this PMU has.
have='CPUInstructions|CPUCycles|NewInstrProfiler|NewCPUCycleProfiler|NewHardwareProfiler|cpu-cycles|instructions'
equal "rows of the table" "$(grep -cE -- "--- PASS: TestTable/($have) " "$TMP/gohook.out/out/package.txt")" 7

region() { jq -r ".n as \$n | .regions[\"$1\"].values[\"instructions:u\"] / \$n | floor" "$TMP/gohook.out/out/regions"/history/*/benchmarks.jsonl; }
equal regions-status "$(cat "$TMP/gohook.out/out/regions.status")" 0
for expected in one:100000 two:200000 inner:100000; do
    name=${expected%:*} least=${expected#*:} got=$(region "${expected%:*}")
    check "region $name" "'$got' instructions instead of $least" awk "BEGIN { exit !($got + 0 >= $least && $got <= $least * 1.05) }"
done

# Samples are where the loops are: three of four in one function.
for events in cycles time; do
    top=$(go tool pprof -top -cum -nodecount=1000 "$TMP/gohook.out/out/$events.pprof" 2>&1)
    for expected in hot:75 cold:25; do
        got=$(sed -nE "s/.* ([0-9.]+)% +[^ ]*gohook\.${expected%:*}\$/\1/p" <<<"$top")
        check "profile of $events: ${expected%:*}" "'$got' % instead of ${expected#*:}" \
            awk "BEGIN { d = \"$got\" - ${expected#*:}; exit !(\"$got\" != \"\" && d > -3 && d < 3) }"
    done
done
finish
