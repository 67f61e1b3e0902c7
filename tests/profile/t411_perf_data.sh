#!/usr/bin/env bash
# --perf-data: what perf script and perf report make of it, what it says of losses, and perfgo convert
# against the profile that was written beside it. And C functions of packages that `go test` builds itself
# have names.
. "$(dirname "$0")/lib.sh"

binary=$(binary stacks) || { not_ok perf-data:build "does not build"; finish; }
FLAGS=--perf-data profile one "$binary" '-test.run=^$' '-test.bench=Systemstack' -test.benchtime=200ms -test.count=2 ||
    not_ok perf-data:run "$(tail -n 2 "$TMP/one.err")"
pb=$(file one Systemstack) data=${pb%.pb.gz}.perf.data
check "there is a recording beside the profile" "$(ls "$(dirname "$pb")")" test -s "$data"
profile none "$binary" '-test.run=^$' '-test.bench=Systemstack' -test.benchtime=10ms
equal "none unless asked for" "$(find "$TMP/none.d" -name '*.perf.data')" ""

# Of one repetition the profile and the recording are of the same samples.
FLAGS='--perf-data --each' profile each "$binary" '-test.run=^$' '-test.bench=Systemstack' -test.benchtime=200ms -test.count=2
for pb in "$TMP"/each.d/history/*/profiles/example.com/profile/stacks/*.pb.gz; do
    data=${pb%.pb.gz}.perf.data
    "$PERFGO" convert "$data" -o "$TMP/converted.pb.gz" 2>"$TMP/err" || not_ok "convert" "$(cat "$TMP/err")"
    equal "convert: CPU time" "$(sum "$TMP/converted.pb.gz" cpu/nanoseconds)" "$(sum "$pb" cpu/nanoseconds)"
    equal "convert: Go functions" "$(pprof -top -focus='stacks\.' -nodecount=12 "$TMP/converted.pb.gz" | awk 'on { print $1, $NF } /flat%/ { on = 1 }' | sort)" \
        "$(pprof -top -focus='stacks\.' -nodecount=12 "$pb" | awk 'on { print $1, $NF } /flat%/ { on = 1 }' | sort)"
done

if ! command -v perf >/dev/null; then
    skip perf-data:perf "perf is not installed"
else
    data=$(find "$TMP/one.d" -name '*.perf.data')
    perf script -f -i "$data" >"$TMP/script" 2>"$TMP/script.err"
    equal "perf script: status" "$?" 0
    equal "perf script: no warning" "$(cat "$TMP/script.err")" ""
    perf report -f --stdio -i "$data" >"$TMP/report" 2>"$TMP/report.err"
    equal "perf report: status" "$?" 0
    if [ "$(sed -n 's/^\([0-9a-f]*\) T _text$/\1/p' /proc/kallsyms | tr -d 0)" = "" ] && [ "$(id -u)" -ne 0 ]; then
        skip perf-data:warning "the kernel hides its addresses, and perf says so"
    else
        equal "perf report: no warning" "$(cat "$TMP/report.err")" ""
    fi
    check "perf script: the benchmark is there" "$(head -n 5 "$TMP/script")" grep -q 'BenchmarkSystemstack+0x' "$TMP/script"
    check "perf report: callers" "$(head -n 20 "$TMP/report")" grep -q 'testing.(\*B).runN' "$TMP/report"
fi

# A real loss: the recorder stands still while the benchmark faults more pages than its ring can hold.
# perf and perfgo convert find in the recording what the record of the benchmark says.
losses() { perf script -f -i "$1" --show-lost-events 2>/dev/null | awk '/PERF_RECORD_LOST / { n += $NF } END { print n + 0 }'; }
lost_samples() { perf report -f -i "$1" --stats 2>/dev/null | awk '/LOST_SAMPLES/ { n = $3 } END { print n + 0 }'; }
lose() {
    local lost data
    binary=$(binary faults) && cc -O1 -o "$TMP/hold" "$PROFILE_DIR/hold.c" || not_ok lost:build "does not build"
    FLAGS="-e page-faults --period 1 --perf-data" WRAP="$TMP/hold perfgo 3000" profile lost "$binary" \
        '-test.run=^$' -test.bench=AtOnce -test.benchtime=40x || not_ok lost:run "$(tail -n 2 "$TMP/lost.err")"
    if grep -q '^hold: ' "$TMP/lost.err" || [ "$(field lost AtOnce '.metrics["page-faults"].exclude_kernel')" = true ]; then
        skip lost "nothing can be held, or page faults of user mode only: $(grep '^hold: ' "$TMP/lost.err" | head -n 1)"
        return
    fi
    lost=$(field lost AtOnce .samples.lost) data=$(find "$TMP/lost.d" -name '*.perf.data')
    least "a loss" "$lost" 1000
    "$PERFGO" convert "$data" -o "$TMP/lost.pb.gz" 2>"$TMP/err"
    check "perfgo convert: lost" "$(cat "$TMP/err")" grep -q ", $lost more were lost" "$TMP/err"
    command -v perf >/dev/null || { skip "perf: lost" "perf is not installed"; return; }
    equal "perf script: lost" "$(losses "$data")" "$lost"
    equal "perf report: lost" "$(lost_samples "$data")" "$lost"
    data=$(find "$TMP/one.d" -name '*.perf.data')
    equal "perf: nothing is lost where nothing was" "$(losses "$data") $(lost_samples "$data")" "0 0"
}
if [ -n "${DENIED:-}" ]; then skip lost "CPU timers sample no page faults"; else lose; fi

if [ "$(go env CGO_ENABLED)" != 1 ]; then
    skip perf-data:cgo "cgo is off"
    finish
fi
(cd "$BENCH" && "$PERFGO" test profile --output "$TMP/test.d" -- -run='^$' -bench=ThreeDeep -benchtime=200ms ./native) >"$TMP/test.out" 2>&1 ||
    not_ok test:run "$(tail -n 2 "$TMP/test.out")"
least "perfgo test profile: share of c_leaf by name" "$(flat "$(file test ThreeDeep)" '^c_leaf$')" 50
finish
