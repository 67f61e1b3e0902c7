#!/usr/bin/env bash
# timeout: 300
# The oldest and the newest Go, static and position independent, sampled by events and by timers: stacks
# are whole, and the CPU time is what was counted.
. "$(dirname "$0")/lib.sh"

for version in go1.18.10 go1.27.3; do
    export GOTOOLCHAIN=$version
    if ! (cd "$BENCH" && timeout 120 go version) >"$TMP/version" 2>&1; then
        skip "$version" "cannot be had: $(tail -n 1 "$TMP/version")"
        continue
    fi
    for kind in static pie; do
        flags=()
        [ $kind = static ] || flags=(-buildmode=pie)
        if ! binary=$(binary pgo "${flags[@]}") 2>"$TMP/build.err"; then
            skip "$version $kind" "does not build: $(head -n 1 "$TMP/build.err")"
            continue
        fi
        for backend in auto timer; do
            name=$version-$kind-$backend
            FLAGS=--backend=$backend profile "$name" "$binary" -test.bench=Mix -test.benchtime=400ms ||
                not_ok "$name" "exit status $?"
            found=$(file "$name" Mix)
            pprof -peek='pgo\.Mix$' "$found" >"$TMP/peek"
            check "$name: the caller" "$(cat "$TMP/peek")" grep -qE '(9[0-9.]*|100)% \| +example.com/profile/pgo.MixAll' "$TMP/peek"
            least "$name: the benchmark's share" "$(cum "$found" 'pgo\.BenchmarkMix$')" 95
            near "$name: CPU time against task-clock" "$(sum "$found" cpu/nanoseconds)" \
                "$(field "$name" Mix '.metrics["task-clock"].value')" 15
        done
    done
done
finish
