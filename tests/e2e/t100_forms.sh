#!/usr/bin/env bash
# timeout: 600
# Every form of benchmark, in every kind of binary: metrics on every line, one record per line, the
# numbers that Go printed, and the lines as they are without perfgo.
. "$(dirname "$0")/bench.sh"

lines=(-bench=. -benchtime=20x)

# form TEST WAY PACKAGE MINIMUM FLAG...: with and without perfgo.
form() {
    local test=$1 way=$2 package=$3 minimum=$4 status
    shift 4
    gobench plain base "$@" "${lines[@]}" "./$package" || {
        if grep -q 'not supported when' "$TMP/base.err" "$TMP/base.out"; then
            skip "$test" "$(cat "$TMP/base.err" "$TMP/base.out" | grep -m 1 'not supported when')"
            return
        fi
        show base
        not_ok "$test" "does not run without perfgo"
        return
    }
    gobench "$way" "$test" "$@" "${lines[@]}" "./$package"
    status=$?
    status_is "$test-status" "$status" 0
    judged "$test" "$test-lines" -baseline "$TMP/base.out" -cpu "$CPUS" -min "$minimum" \
        -require task-clock,page-faults,context-switches
}

minimum=40
form static exec forms $minimum
form static-perfgo-test test forms $minimum
form static-verbose exec forms $minimum -v -run=NONE
form external preload forms $minimum -ldflags=-linkmode=external
form external-exec exec forms $minimum -ldflags=-linkmode=external
form pie preload forms $minimum -buildmode=pie
form stripped exec forms $minimum -ldflags='-s -w'
form cgo preload cthreads 5
form cgo-exec exec cthreads 5
form testmain exec testmain 1
if has_race; then
    form race preload forms $minimum -race
    form race-cgo exec cthreads 5 -race
else
    skip race "this Go has no race detector"
fi

# Garbage collection without a pause, through every hook.
GOGC=5 gobench exec gc "${lines[@]}" -cpu=1,4 ./forms
judged gc gc-pressure-lines -cpu 1,4 -min $((2 * minimum))

# Go's own profiler at the same time; SIGPROF stays Go's.
gobench exec cpuprofile -bench='BN|Garbage|RunParallel' -benchtime=100ms -cpuprofile="$TMP/cpu.out" \
    -outputdir="$TMP" -o "$TMP/forms.test" ./forms
judged cpuprofile cpuprofile-lines -min 3
if go tool pprof -raw "$TMP/forms.test" "$TMP/cpu.out" >"$TMP/raw" 2>&1 && grep -q 'forms' "$TMP/raw" &&
    [ "$(awk '/^Mappings/ { m = 1; next } m && /forms.test/' "$TMP/raw" | wc -l)" -le 1 ]; then
    ok cpuprofile-whole
else
    head -n 40 "$TMP/raw"
    not_ok cpuprofile-whole "Go's own profile is not what it is without perfgo"
fi
finish
