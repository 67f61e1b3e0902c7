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

# What each round says of a benchmark.
costs() { awk -v name="Benchmark$1" '{ sub(/-[0-9]+$/, "", $1) } $1 == name { for (i = 3; i < NF; i++) if ($(i + 1) == "task-ns/op") print $i }' "$TMP/out"; }
cost() { costs "$1" | median; }

# ratio TEXT BENCHMARK GOAL: gohook beside each of the others. Those of a round stand side by side in
# time, so the median is that of the rounds' ratios: what the machine does over minutes is in both.
ratio() {
    local ours theirs other share
    ours=$(cost "$2/gohook-process")
    for other in perf-utils go-perfevent; do
        theirs=$(cost "$2/$other")
        share=$(paste <(costs "$2/gohook-process") <(costs "$2/$other") | awk 'NF == 2 && $2 > 0 { print $1 / $2 }' | median)
        if is_number "$ours" && is_number "$theirs" && is_number "$share"; then
            figure "$1, share of $other" "$(calc %.3f "$share")" "$3" "" \
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

# kB of memory of its own that a process has which only imports the package, as a difference to one that
# imports nothing; by turns. With one processor the number of Go's threads is no matter of chance.
for package in none cgo gohook perfutils perfevent; do
    go build -o "$TMP/idle-$package" "./idle/$package" >&2
done
for ((i = 0; i < 4 * REPEATS; i++)); do
    for package in none cgo gohook perfutils perfevent; do
        GOMAXPROCS=1 "$TMP/idle-$package" |
            awk '{ for (i = 1; i < NF; i++) if ($i == "RssAnon") print $(i + 1) }' >>"$TMP/kb-$package"
    done
done
grown() { # PACKAGE [BESIDE]: nothing when one of them does not run
    local with without
    with=$(median <"$TMP/kb-$1") without=$(median <"$TMP/kb-${2:-none}")
    ! is_number "$with" || ! is_number "$without" || calc %.6g "$with - $without"
}
if is_number "$(grown gohook cgo)"; then
    figure "idle process grows by" "$(grown gohook)" 512 kB "by cgo alone $(grown cgo), by perf-utils \
$(grown perfutils), by go-perfevent $(grown perfevent)"
    figure "idle process with cgo grows by" "$(grown gohook cgo)" 16 kB
else
    unmeasured "idle process with gohook" "it does not run"
fi
done_measuring
