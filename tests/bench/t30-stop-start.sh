#!/usr/bin/env bash
# What a StopTimer/StartTimer pair costs more, with more than eight threads in the process and all but
# one idle (GOMAXPROCS=1): wall time of pairs, hooks included, most of which ns/op cannot see.
. "$(dirname "$0")/lib.sh"

GOAL=1000
binary=$(own_binary) || { unmeasured "Stop/Start pair" "the benchmark does not build"; done_measuring; }
measure() {
    rm -f "$TMP/a".* "$TMP/b".*
    both "$TMP/a" "$TMP/b" 'pair-ns threads' -- "$binary" $GO_TEST -test.bench='^BenchmarkStopStart$' \
        -test.cpu="$1" -test.benchtime=10000x || return
    a=$(median <"$TMP/a.pair-ns") b=$(median <"$TMP/b.pair-ns")
    remark="$a ns without, $b with: ratio $(calc %.3f "$b / $a"); $(median <"$TMP/b.threads") threads"
}

if measure 1; then
    figure "Stop/Start pair, added" "$(calc %.0f "$b - $a")" "$GOAL" ns "$remark"
else
    unmeasured "Stop/Start pair, added" "a run printed no pair-ns"
fi
# With more processors StopTimer, which stops the world, wakes idle threads up, and counters of a
# thread that runs elsewhere can only be read by interrupting it. No goal is set for that.
if [ "$(nproc)" -gt 1 ] && measure "$(nproc)"; then
    detail "with GOMAXPROCS=$(nproc) $(calc %.0f "$b - $a") ns added: $remark"
fi
done_measuring
