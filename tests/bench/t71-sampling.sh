#!/usr/bin/env bash
# What sampling at 999 Hz adds to counting, for benchmarks of the standard library; and what a sample
# costs at the least on this machine, which is most of it on a virtual one: each is a timer interrupt.
#
# A virtual machine's speed changes by several percent from one run to the next, so the median of all
# these pairs is known to about one percent, as much as the goal itself. What sampling costs grows with
# the number of samples, so the second figure takes ten times as many and a tenth of what they cost:
# ten times as sure. It is blind to what sampling costs without samples, and somewhat low: a sample that
# comes rarely finds colder caches. What `perf record` costs, measured the same way, says how much of it
# is the kernel's.
. "$(dirname "$0")/lib.sh"

# Many short pairs: a percent is less than what a busy machine does to one.
BENCHTIME=${BENCHTIME:-100ms}
REPEATS=${REPEATS_SAMPLING:-15}
SIDE_A=("$PERFGO" exec --)
SIDE_B=(env PERFGO_MODE=profile PERFGO_FREQ=999 "$PERFGO" exec --)
if cc -O2 -fno-omit-frame-pointer -o "$TMP/sample_cost" "$BENCH_DIR/sample_cost.c" && cost=$("$TMP/sample_cost"); then
    detail "$cost"
else
    detail "what a sample costs could not be measured: perf_event_open is denied"
fi
std_ratios "sampled at 999 Hz over counted" 1.01 ns/op task-ns/op
rm -f "$TMP"/ratios.*
SIDE_B=(env PERFGO_MODE=profile PERFGO_FREQ=9990 "$PERFGO" exec --)
REPEATS=${REPEATS_SAMPLING:-7}
PART_OF=10
std_ratios "the same, by ten times the rate" 1.01 ns/op
if command -v perf >/dev/null 2>&1; then
    rm -f "$TMP"/ratios.*
    SIDE_B=(perf record -q -e cpu-clock -F 9990 -g -o "$TMP/perf.data" -- "$PERFGO" exec --)
    std_ratios "under perf record, by ten times the rate" 1.01 ns/op
else
    detail "perf is not installed: its cost is not measured"
fi
done_measuring
