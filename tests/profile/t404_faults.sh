#!/usr/bin/env bash
# timeout: 120
# Every page fault sampled: their number and place are known exactly. And with the recorder stopped for
# a second nothing waits for it; what the ring could not hold is lost and counted, to the last one.
. "$(dirname "$0")/lib.sh"

binary=$(binary faults) || { not_ok build "the benchmarks do not build"; finish; }
n=10 pages=2000
FLAGS="-e page-faults --period 1" profile faults "$binary" -test.bench=Touch -test.benchtime=${n}x ||
    not_ok run "exit status $?"
if [ "$(field faults Touch .metrics\[\"page-faults\"\].exclude_kernel)" = true ]; then
    skip faults "this user sees faults of user mode only"
    finish
fi
taken=$(field faults Touch .samples.taken) lost=$(field faults Touch .samples.lost)
near "every fault is taken or lost" "$((taken + lost))" $((n * pages)) 0.5
pprof -raw "$(file faults Touch)" >"$TMP/raw"
check "types: samples and the event" "$(head -n 6 "$TMP/raw")" grep -q '^samples/count page-faults/count\[dflt\]' "$TMP/raw"
check "default type and period" "$(head -n 6 "$TMP/raw")" grep -q '^PeriodType: page-faults count' "$TMP/raw"
equal "faults of the set-up" "$(grep -c outsideTouch "$TMP/raw")" 0
least "share of the one function that faults" "$(flat "$(file faults Touch)" 'faults\.touch$')" 99
pprof -list='faults\.touch$' "$(file faults Touch)" >"$TMP/list"
check "the line that faults" "$(cat "$TMP/list")" grep -qE '^ +[0-9.]+k? +[0-9.]+k? +[0-9]+:.*m\[i\] = 1' "$TMP/list"
[ "$lost" != 0 ] || equal "exactly" "$(sum "$(file faults Touch)" page-faults/count)" "$taken"

# One thread stands still, from before the first fault until well after the last: whoever waited for it
# would take more than two of its four seconds.
cc -O1 -o "$TMP/hold" "$PROFILE_DIR/hold.c" || not_ok hold "does not build"
n=40
FLAGS="-e page-faults --period 1" WRAP="$TMP/hold perfgo 4000" profile held "$binary" -test.bench=AtOnce \
    -test.benchtime=${n}x || not_ok run "exit status $?"
if grep -q '^hold: ' "$TMP/held.err"; then
    skip held "$(grep '^hold: ' "$TMP/held.err" | head -n 1)"
    finish
fi
taken=$(field held AtOnce .samples.taken) lost=$(field held AtOnce .samples.lost)
least "held: most are lost" "$lost" $((n * pages / 2))
near "held: what was taken and lost is what was counted" "$((taken + lost))" \
    "$(field held AtOnce '.metrics["page-faults"].value')" 0.01
least "held: the benchmark did not wait" "$(field held AtOnce 'if .duration_ns < 2000000000 then 1 else 0 end')" 1

# The same at the highest rate that the kernel allows.
most=$(cat /proc/sys/kernel/perf_event_max_sample_rate)
FLAGS="-e cpu-clock --freq $most" WRAP="$TMP/hold perfgo 4000" profile fast "$binary" -test.bench=AtOnce \
    -test.benchtime=${n}x || not_ok run "exit status $?"
least "highest rate: some are lost" "$(field fast AtOnce .samples.lost)" 1
least "highest rate: the benchmark did not wait" "$(field fast AtOnce 'if .duration_ns < 2000000000 then 1 else 0 end')" 1
check "highest rate: the profile says how many" "$(field fast AtOnce .samples)" \
    grep -q "^samples: $(field fast AtOnce .samples.taken) taken, $(field fast AtOnce .samples.lost) lost" \
    <(pprof -comments "$(file fast AtOnce)")
finish
