#!/usr/bin/env bash
# perfgo convert on a recording of more than 300 000 samples: time and memory, and the time as a share
# of what `perf script` takes to print the same file.
. "$(dirname "$0")/lib.sh"

GOAL_SECONDS=1 GOAL_MIB=100 SAMPLES=310000
REPEATS=${CONVERT_REPEATS:-5}
what="perfgo convert"
command -v perf >/dev/null || { unmeasured "$what" "perf is not installed"; done_measuring; }
{ cc -O2 -D_GNU_SOURCE -o "$TMP/cost" "$BENCH_DIR/cost.c" &&
    (cd "$BENCH_DIR/testdata/faults" && go build -o "$TMP/faults" .); } >&2 ||
    { unmeasured "$what" "what it needs does not build"; done_measuring; }
# One page fault, one sample: their number does not depend on how fast the machine is.
perf record -q -e page-faults -c 1 -g -m 16M -o "$TMP/perf.data" "$TMP/faults" "$SAMPLES" >&2 ||
    { unmeasured "$what" "perf record failed"; done_measuring; }
for ((i = 0; i < REPEATS; i++)); do
    "$TMP/cost" "$PERFGO" convert "$TMP/perf.data" -o "$TMP/p.pb.gz" >>"$TMP/convert" 2>"$TMP/said" &&
        "$TMP/cost" perf script -i "$TMP/perf.data" >>"$TMP/script" 2>/dev/null || break
done
n=$(sed -n 's/^perfgo: \([0-9]*\) samples.*/\1/p' "$TMP/said")
if ! is_number "${n:-}" || [ "$n" -lt 300000 ] || [ "$(wc -l <"$TMP/script")" -lt "$REPEATS" ]; then
    unmeasured "$what" "$(head -n 1 "$TMP/said")"
    done_measuring
fi
seconds=$(cut -d' ' -f1 "$TMP/convert" | median) script=$(cut -d' ' -f1 "$TMP/script" | median)
figure "$what, time" "$(calc %.2f "$seconds")" "$GOAL_SECONDS" s \
    "$n samples, $(calc %.0f "$(stat -c %s "$TMP/perf.data") / 1048576") MiB"
figure "$what, memory" "$(calc %.1f "$(cut -d' ' -f2 "$TMP/convert" | median) / 1024")" "$GOAL_MIB" MiB
figure "$what over perf script" "$(calc %.3f "$seconds / $script")" 1 x \
    "perf script > /dev/null: $(calc %.2f "$script") s"
done_measuring
