#!/usr/bin/env bash
# What a StopTimer/StartTimer pair costs more, with at least eight threads in the process and all but
# one idle: wall time of pairs, hooks included, most of which ns/op cannot see.
. "$(dirname "$0")/lib.sh"

GOAL=1000
binary=$(own_binary) || { unmeasured "Stop/Start pair" "the benchmark does not build"; done_measuring; }
for procs in 1 "$(nproc)"; do
    rm -f "$TMP/a".* "$TMP/b".*
    if both "$TMP/a" "$TMP/b" 'pair-ns threads' -- "$binary" -test.run='^$' -test.bench='^BenchmarkStopStart$' \
        -test.cpu="$procs" -test.benchtime=10000x; then
        a=$(median <"$TMP/a.pair-ns") b=$(median <"$TMP/b.pair-ns")
        figure "Stop/Start pair, added, GOMAXPROCS=$procs" "$(calc %.0f "$b - $a")" "$GOAL" ns \
            "$a ns without, $b with: ratio $(calc %.3f "$b / $a"); $(median <"$TMP/b.threads") threads"
    else
        unmeasured "Stop/Start pair, GOMAXPROCS=$procs" "a run printed no pair-ns"
    fi
done
done_measuring
