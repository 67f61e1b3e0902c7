#!/usr/bin/env bash
# What sampling at 999 Hz adds to counting, for benchmarks of the standard library.
#
# A machine's speed changes by several percent from one run to the next, a busy virtual one's by more,
# and the goal is one percent. So the two sides run at the same time on the same processor, where the
# kernel gives each a few milliseconds by turns: whatever the machine does, it does to both. What is
# compared is processor time per iteration. Beside the figure stands, measured the same way, how sure it
# is (counting beside counting, which should give 1), how much of it is the timer's interrupts (samples
# without a stack, which nobody reads; on a virtual machine each of them is dear), and what `perf record`
# costs.
#
# That leaves out what perfgo does beside the benchmark, on another processor. The time of day of two
# runs, one after the other, does not; there, ten times as many samples are taken and a tenth of what
# they cost, which is ten times as sure, and somewhat low: a sample that comes rarely finds colder caches.
. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS_SAMPLING:-2}
SRC=$(go env GOROOT)/src
PROCESSOR=$(taskset -pc $$ | sed 's/.*[^0-9]//')
COUNTED=("$PERFGO" exec --)
SAMPLED=(env PERFGO_MODE=profile PERFGO_FREQ=999 "$PERFGO" exec --)
BARE=("$TMP/bare_samples" "$PROCESSOR" 999 "$PERFGO" exec --)
RECORDED=(perf record -q -e cpu-clock -F 999 -g -o "$TMP/perf.data" -- "$PERFGO" exec --)

# The benchmarks, with their iterations in half a second: the sides start a little apart.
while read -r pkg name; do
    [ -n "$pkg" ] || continue
    binary=$TMP/${pkg//\//_}.test
    [ -f "$binary" ] || go test -vet=off -c -o "$binary" "$pkg" || { unmeasured "$pkg" "does not build"; continue; }
    n=$(cd "$SRC/$pkg" && "$binary" $GO_TEST -test.bench="$(anchored "$name")" -test.benchtime=500ms 2>/dev/null |
        awk '/^Benchmark/ && NF > 3 { print $2 }')
    [[ $n =~ ^[0-9]+$ ]] || { unmeasured "$pkg $name" "not exactly one benchmark of this name"; continue; }
    echo "$pkg $name $binary $n" >>"$TMP/list"
done <<<"$STD_LIST"

# beside FILE COMMAND...: its processor time per iteration, in the background.
beside() {
    local file=$1
    shift
    GOMAXPROCS=1 taskset -c "$PROCESSOR" "$@" 2>"$file.err" | value_of task-ns/op >"$file" &
}

quartiles() {
    sort -g | awk '{ x[NR] = $1 } END { printf "%.4f to %.4f\n", x[int((NR + 3) / 4)], x[int((3 * NR + 3) / 4)] }'
}

# measure ROUNDS FIGURE GOAL COMMAND...: the command's side over the counted side. Without a goal it is
# no figure of perfgo's, and those of the benchmarks are not shown.
measure() {
    local rounds=$1 what=$2 goal=$3 i pkg name binary n a b remark run
    shift 3
    rm -f "$TMP/ratios"
    while read -r pkg name binary n; do
        run=("$binary" $GO_TEST -test.bench="$(anchored "$name")" -test.benchtime="${n}x")
        cd "$SRC/$pkg" || exit 1
        rm -f "$TMP/of"
        for ((i = 0; i < rounds; i++)); do
            beside "$TMP/a" "${COUNTED[@]}" "${run[@]}"
            beside "$TMP/b" "$@" "${run[@]}"
            wait
            a=$(cat "$TMP/a") b=$(cat "$TMP/b")
            is_number "$a" && is_number "$b" && calc '%.4f\n' "$b / $a" >>"$TMP/of" ||
                unmeasured "$pkg $name" "a run printed no task-ns/op: $(tail -n 1 "$TMP/b.err")"
        done
        [ -s "$TMP/of" ] || continue
        [ -z "$goal" ] || detail "$(median <"$TMP/of" | xargs printf %.4f)  $pkg ${name#Benchmark}: $a task-ns/op without, $b with"
        median <"$TMP/of" >>"$TMP/ratios"
    done <"$TMP/list"
    [ -f "$TMP/ratios" ] && [ "$(wc -l <"$TMP/ratios")" -ge 12 ] ||
        { unmeasured "$what" "fewer than 12 benchmarks"; return; }
    remark="median over $(wc -l <"$TMP/ratios") benchmarks, half of them within $(quartiles <"$TMP/ratios")"
    if [ -n "$goal" ]; then figure "$what" "$(median <"$TMP/ratios")" "$goal" x "$remark"
    else detail "$what: $(median <"$TMP/ratios") x   ($remark)"; fi
}

measure "$ROUNDS" "task-ns/op sampled at 999 Hz over counted" 1.01 "${SAMPLED[@]}"
measure 1 "counted over counted" "" "${COUNTED[@]}"
if cc -O2 -o "$TMP/bare_samples" "$BENCH_DIR/bare_samples.c" && "$TMP/bare_samples" "$PROCESSOR" 999 true 2>/dev/null; then
    measure 1 "cpu-clock at 999 Hz without stacks over counted" "" "${BARE[@]}"
else
    detail "what a sample without a stack costs could not be measured: perf_event_open is denied"
fi
if command -v perf >/dev/null 2>&1; then
    measure 1 "perf record -F 999 -g over counted" "" "${RECORDED[@]}"
else
    detail "perf is not installed: its cost is not measured"
fi

BENCHTIME=100ms
REPEATS=${REPEATS_SAMPLING:-7}
SIDE_A=("${COUNTED[@]}")
SIDE_B=(env PERFGO_MODE=profile PERFGO_FREQ=9990 "$PERFGO" exec --)
PART_OF=10
std_ratios "the same, by ten times the rate" 1.01 ns/op
done_measuring
