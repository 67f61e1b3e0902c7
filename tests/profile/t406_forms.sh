#!/usr/bin/env bash
# timeout: 180
# The ways in: perfgo test profile, PERFGO_MODE under perfgo exec, the library alone; repetitions; what
# makes no profile, and says so.
. "$(dirname "$0")/lib.sh"

binary=$(binary pgo) || { not_ok build "the benchmarks do not build"; finish; }
short=(-test.bench=Mix -test.benchtime=100ms)

(cd "$BENCH" && "$PERFGO" test profile --freq 500 --tag side=left --output "$TMP/test.d" -- -bench=. -benchtime=100ms ./pgo) \
    >"$TMP/test.out" 2>"$TMP/test.err" || not_ok test "exit status $?"
equal "perfgo test profile: a profile per benchmark" "$(find "$TMP/test.d" -name '*.pb.gz' | wc -l)" 2
pprof -raw "$(file test Mix)" >"$TMP/raw"
check "frequency and tags" "$(head -n 12 "$TMP/raw")" awk '/^Period: 2000000$/ { a = 1 } /tags: side=left/ { b = 1 } END { exit !(a && b) }' "$TMP/raw"
check "metrics are on the lines all the same" "$(cat "$TMP/test.out")" grep -q 'task-ns/op' "$TMP/test.out"

(cd "$BENCH" && LD_PRELOAD=$LIBPERFGO PERFGO_MODE=profile PERFGO_OUTPUT=$TMP/preload.d \
    go test -ldflags=-linkmode=external -bench=Mix -benchtime=100ms ./pgo) >"$TMP/preload.out" 2>&1 ||
    not_ok preload "exit status $?"
least "LD_PRELOAD alone: Mix" "$(flat "$(file preload Mix)" 'pgo\.Mix$')" 80

# Repetitions: one profile that is the sum of them, or one each.
profile count "$binary" "${short[@]}" -test.count=3
equal "-count: one profile" "$(find "$TMP/count.d" -name '*.pb.gz' | wc -l)" 1
equal "-count: of all repetitions" "$(sum "$(file count Mix)" samples/count)" \
    "$(jq -s 'map(.samples.taken) | add' "$(records count)")"
FLAGS=--each profile each "$binary" "${short[@]}" -test.count=3
equal "--each: one each" "$(find "$TMP/each.d" -name '*.pb.gz' -printf '%f\n' | sort | xargs | sed "s/-[0-9]*\././g")" \
    "BenchmarkMix.1.pb.gz BenchmarkMix.2.pb.gz BenchmarkMix.3.pb.gz"
total=0
for one in "$TMP"/each.d/history/*/profiles/example.com/profile/pgo/*.pb.gz; do
    total=$((total + $(sum "$one" samples/count)))
done
equal "--each: all samples" "$total" "$(jq -s 'map(.samples.taken) | add' "$(records each)")"
profile cpus "$binary" "${short[@]}" -test.cpu=1,2
equal "-cpu: one for each" "$(find "$TMP/cpus.d" -name '*.pb.gz' -printf '%f\n' | sort | xargs)" \
    "BenchmarkMix-1.pb.gz BenchmarkMix-2.pb.gz"

# Several events, each with its own column.
FLAGS="-e cpu-clock,page-faults" profile two "$binary" "${short[@]}"
pprof -raw "$(file two Mix)" >"$TMP/raw"
if [ -z "${DENIED:-}" ]; then
    check "two events" "$(head -n 6 "$TMP/raw")" grep -q '^samples/count cpu/nanoseconds\[dflt\] page-faults/count' "$TMP/raw"
else
    check "two events: said" "$(cat "$TMP/two.err")" grep -q '^perfgo: not sampled: .*page-faults' "$TMP/two.err"
fi

# stat takes no samples.
"$PERFGO" exec --output "$TMP/stat.d" -- "$binary" "${short[@]}" >"$TMP/stat.out" 2>&1
equal "stat: no profile" "$(find "$TMP/stat.d" -name '*.pb.gz' | wc -l)" 0

# What cannot be sampled: the benchmark runs all the same, and one sentence says why.
FLAGS="-e cycles,nosuch:event" profile none "$binary" "${short[@]}"
check "an event that does not exist" "$(cat "$TMP/none.err")" grep -q '^perfgo: .*nosuch' "$TMP/none.err"
check "the benchmark runs all the same" "$(cat "$TMP/none.out")" grep -q '^BenchmarkMix.*ns/op' "$TMP/none.out"
FLAGS="--freq 0" profile zero "$binary" "${short[@]}"
check "a frequency of 0" "$(cat "$TMP/zero.err")" grep -q '^perfgo: .*frequency of 0' "$TMP/zero.err"

# The timers' signal belongs to somebody else: it is theirs, and there is no profile.
cat >"$TMP/taken.c" <<'C'
#include <signal.h>
static void mine(int n) { (void)n; }
__attribute__((constructor)) static void take(void) { signal(34, mine); }
C
cc -shared -fPIC -o "$TMP/taken.so" "$TMP/taken.c"
(cd "$BENCH" && go test -c -ldflags=-linkmode=external -o "$TMP/dynamic.test" ./pgo) >&2
PERFGO_BACKEND=timer PERFGO_MODE=profile PERFGO_OUTPUT=$TMP/taken.d LD_PRELOAD="$LIBPERFGO $TMP/taken.so" \
    "$TMP/dynamic.test" "${short[@]}" >"$TMP/taken.out" 2>"$TMP/taken.err"
check "signal 34 in use: said" "$(cat "$TMP/taken.err")" grep -q '^perfgo: .*signal 34' "$TMP/taken.err"
equal "signal 34 in use: no profile" "$(find "$TMP/taken.d" -name '*.pb.gz' | wc -l)" 0
check "signal 34 in use: counted" "$(cat "$TMP/taken.out")" grep -q 'task-ns/op' "$TMP/taken.out"
finish
