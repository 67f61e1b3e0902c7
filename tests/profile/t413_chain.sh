#!/usr/bin/env bash
# timeout: 300
# The chain of frame pointers of a sampled benchmark ends where the kernel stops, in Go versions that
# follow such chains for the tracer (since 1.21) and for profiles of blocking (since 1.23), and in those
# that do not; where Go may follow it, it is left alone. (agent/chain.c)
. "$(dirname "$0")/lib.sh"

if [ "$(go env GOARCH)" != amd64 ]; then
    skip chain "only the kernel of amd64 ends a walk by a page fault"
    finish
fi
ended() { grep -oE '[0-9.]+ ended' "$TMP/$1.out" | sort -u | xargs; }
all="BenchmarkEnd BenchmarkMoved BenchmarkBlocked BenchmarkSystem BenchmarkPanics BenchmarkGivesUp BenchmarkSub/parallel BenchmarkSub/timer"
following=(-test.trace="$TMP/trace" -test.blockprofile="$TMP/block" -test.mutexprofile="$TMP/mutex" -test.cpuprofile="$TMP/cpu")

for version in go1.18.10 go1.21.13 go1.23.12 local go1.27.3; do
    [ $version = local ] && unset GOTOOLCHAIN || export GOTOOLCHAIN=$version
    if ! (cd "$BENCH" && timeout 120 go version) >"$TMP/version" 2>&1; then
        skip "$version" "cannot be had: $(tail -n 1 "$TMP/version")"
        continue
    fi
    binary=$(binary chain) || { not_ok "$version: build" "does not build"; continue; }
    profile "$version" "$binary" -test.bench=. -test.benchtime=50ms "${following[@]}"
    equal "$version: status" $? 0
    equal "$version: every benchmark" "$(awk '/^Benchmark.*ns\/op/ { sub(/-[0-9]+$/, "", $1); print $1 }' "$TMP/$version.out" | xargs)" "$all"
    equal "$version: the chain is ended" "$(ended "$version")" "1.000 ended"
    if [ $version != go1.18.10 ]; then
        check "$version: the trace is written" "$(wc -c <"$TMP/trace")" test -s "$TMP/trace"
        check "$version: who blocked" "$(pprof -top "$TMP/block" | head -n 8)" grep -q 'chain\.BenchmarkBlocked' <(pprof -top -cum "$TMP/block")
    fi
    pprof -traces "$(file "$version" Moved)" >"$TMP/traces"
    check "$version: stacks are whole" "$(head -n 20 "$TMP/traces")" grep -q 'runtime.goexit$' "$TMP/traces"
done
unset GOTOOLCHAIN

binary=$(binary chain) || { not_ok build "does not build"; finish; }
seen() { # NAME ENVIRONMENT...: a run of what says how chains end
    local name=$1
    shift
    (export "$@"; profile "$name" "$binary" -test.bench='End|Moved' -test.benchtime=20ms)
}
seen unwinding GODEBUG=tracefpunwindoff=0
equal "Go follows the chain: it is left alone" "$(ended unwinding)" "0 ended"
seen kept GODEBUG=gctrace=0,tracefpunwindoff=0,tracefpunwindoff=1
equal "the last one of a name counts" "$(ended kept)" "1.000 ended"
FLAGS=--backend=timer seen timer LC_ALL=C
equal "CPU timers walk by themselves: it is left alone" "$(ended timer)" "0 ended"
"$PERFGO" exec --output "$TMP/stat.d" -- "$binary" -test.bench=End -test.benchtime=20ms >"$TMP/stat.out" 2>&1
equal "nothing is sampled: it is left alone" "$(ended stat)" "0 ended"
finish
