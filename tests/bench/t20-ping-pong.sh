#!/usr/bin/env bash
# Two goroutines that hand a value to and fro: on one processor the scheduler alone, on all of them
# with the kernel's context switches. Any perf event of a thread makes a switch dearer: with four in a
# group by 1.7 us here, 0.9 of them for the first.
. "$(dirname "$0")/lib.sh"

GOAL=1.02
REPEATS=$((REPEATS * 2)) # scheduling is noisier than computing
binary=$(own_binary) || { unmeasured "channel ping-pong" "the benchmark does not build"; done_measuring; }
for procs in "$(nproc)" 1; do
    rm -f "$TMP/a".* "$TMP/b".*
    n=$("$binary" $GO_TEST -test.bench='^BenchmarkPingPong$' -test.cpu="$procs" -test.benchtime=100ms |
        awk '/^Benchmark/ && NF > 3 { print $2 }')
    if both "$TMP/a" "$TMP/b" ns/op -- "$binary" $GO_TEST -test.bench='^BenchmarkPingPong$' \
        -test.cpu="$procs" -test.benchtime="${n}x"; then
        a=$(median <"$TMP/a.ns-per-op") b=$(median <"$TMP/b.ns-per-op")
        fastest=$(calc %.4f "$(fastest <"$TMP/b.ns-per-op") / $(fastest <"$TMP/a.ns-per-op")")
        figure "channel ping-pong, GOMAXPROCS=$procs" "$(calc %.4f "$b / $a")" "$GOAL" x \
            "$a ns/op without, $b with; fastest runs $fastest"
    else
        unmeasured "channel ping-pong, GOMAXPROCS=$procs" "a run printed no ns/op"
    fi
done
done_measuring
