#!/usr/bin/env bash
# What counting from Go costs, beside other packages for it, in CPU time per call: a window (start,
# stop, read) of a group of four software events, a one-shot call, a reading; and what an idle process
# grows by. The others count one thread, gohook all of the process.
. "$(dirname "$0")/lib.sh"
cd "$BENCH_DIR/testdata/gohook" || exit 1

if ! go test -c -o "$TMP/peers.test" . >"$TMP/build" 2>&1; then
    unmeasured gohook "$(grep -m 1 . "$TMP/build")"
    done_measuring
fi
for ((i = 0; i < (REPEATS + 1) / 2; i++)); do
    PERFGO_BACKEND=software "$TMP/peers.test" -test.run='^$' -test.bench=. -test.benchtime=50ms 2>"$TMP/err"
done >"$TMP/out"

cost() { awk -v name="Benchmark$1" '{ sub(/-[0-9]+$/, "", $1) } $1 == name { for (i = 3; i < NF; i++) if ($(i + 1) == "task-ns/op") print $i }' "$TMP/out" | median; }

# ratio TEXT BENCHMARK GOAL: gohook beside each of the others.
ratio() {
    local ours theirs other
    ours=$(cost "$2/gohook-process")
    for other in perf-utils go-perfevent; do
        theirs=$(cost "$2/$other")
        if is_number "$ours" && is_number "$theirs"; then
            figure "$1, share of $other" "$(calc %.3f "$ours / $theirs")" "$3" "" \
                "$ours and $theirs ns; of one thread $(cost "$2/gohook-thread")"
        else
            unmeasured "$1, $other" "$(head -n 1 "$TMP/err")"
        fi
    done
}
ratio "window of a group" Group 0.5
ratio "one-shot call" OneShot 0.5
ratio "reading a counter" Read 0.5
detail "window of a group with 100 idle threads: $(cost IdleThreads/gohook-process) ns"
allocs=$(awk '/gohook/ && /Group|Read/ { for (i = 3; i < NF; i++) if ($(i + 1) == "allocs/op" && $i > most) most = $i } END { print most + 0 }' "$TMP/out")
figure "allocations in start, stop, read" "$allocs" 0 ""

# kB of memory of its own that a process has which only imports the package.
resident() {
    go build -o "$TMP/idle-$1" "./idle/$1" >&2 && for _ in 1 2 3 4 5; do "$TMP/idle-$1"; done |
        awk '{ for (i = 1; i < NF; i++) if ($i == "RssAnon") print $(i + 1) }' | median
}
none=$(resident none)
for package in gohook perfutils perfevent; do
    kb=$(resident $package)
    if ! is_number "$kb"; then
        unmeasured "idle process with $package" "it does not run"
    elif [ $package = gohook ]; then
        figure "idle process grows by" "$((kb - none))" 512 kB "cgo's second thread included"
    else
        detail "idle process with $package: $((kb - none)) kB more than $none"
    fi
done
done_measuring
