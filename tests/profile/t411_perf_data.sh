#!/usr/bin/env bash
# --perf-data: what perf script and perf report make of it, and perfgo convert against the profile that
# was written beside it. And C functions of packages that `go test` builds itself have names.
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

if [ "$(go env CGO_ENABLED)" != 1 ]; then
    skip perf-data:cgo "cgo is off"
    finish
fi
(cd "$BENCH" && "$PERFGO" test profile --output "$TMP/test.d" -- -run='^$' -bench=ThreeDeep -benchtime=200ms ./native) >"$TMP/test.out" 2>&1 ||
    not_ok test:run "$(tail -n 2 "$TMP/test.out")"
least "perfgo test profile: share of c_leaf by name" "$(flat "$(file test ThreeDeep)" '^c_leaf$')" 50
finish
