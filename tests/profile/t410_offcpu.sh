#!/usr/bin/env bash
# timeout: 200
# perfgo test off-cpu: known sleeps, a disk, a crowd; only the timed region; what is said where it
# cannot be done.
. "$(dirname "$0")/lib.sh"
WAITS=$(binary waits) || { not_ok build "the benchmarks do not build"; finish; }
export WAITS_DIR=$TMP

off_cpu() { # off_cpu NAME BINARY ARGUMENT...
    local name=$1
    shift
    PERFGO_MODE=off-cpu ${WRAP:-} "$PERFGO" exec --output "$TMP/$name.d" -- "$@" \
        >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
}
# holds TEST NAME BENCHMARK CONDITION: of the record's metrics, as $m.
holds() {
    local got
    got=$(jq -rs --arg name "Benchmark$3" \
        'map(select(.name == $name)) | last | . as $r | (.metrics | map_values(.per_op)) as $m | '"$4" \
        "$(records "$2")")
    if [ "$got" = true ]; then ok "$1"; else
        not_ok "$1" "$(jq -c --arg name "Benchmark$3" 'select(.name == $name) | [.ns_per_op, (.metrics | map_values(.per_op))]' "$(records "$2")")"
    fi
}

off_cpu all "$WAITS" -test.bench='Nanosleep|Outside|Busy' -test.benchtime=200x -test.cpu=2 ||
    not_ok run "$(cat "$TMP/all.err")"
if grep -q 'not sampled: context-switches' "$TMP/all.err"; then
    skip off-cpu "$(grep -o 'not sampled: .*' "$TMP/all.err")"
    finish
fi
holds "a sleep of 2 ms is 2 ms and what the timer adds" all Nanosleep \
    '$m["off-cpu-voluntary"] >= 2000000 and $m["off-cpu"] <= $r.ns_per_op'
holds "off and on the CPU are the whole" all Nanosleep \
    '$m["off-cpu"] + $m["task-clock"] > 0.97 * $r.ns_per_op'
holds "sleeps between windows do not count" all Outside \
    '$m["off-cpu-voluntary"] >= 1000000 and $m["off-cpu"] <= $r.ns_per_op'
holds "who computes gives nothing up" all Busy '$m["off-cpu-voluntary"] < 0.02 * $r.ns_per_op'
pprof -top -cum -sample_index=delay "$(file all Nanosleep)" >"$TMP/top"
check "pprof: the sleep is in nap" "$(head -n 20 "$TMP/top")" \
    awk '/waits\.nap$/ { share = $5 + 0 } END { exit !(share > 97) }' "$TMP/top"
pprof -top "$(file all Outside)" >"$TMP/top"
check "pprof: no function from between the windows" "napOutside is there" \
    test "$(grep -c 'waits.napOutside' "$TMP/top")" = 0
check "pprof: the one inside is" "$(head -n 20 "$TMP/top")" grep -q 'syscall.Nanosleep\|waits.nap$' "$TMP/top"
pprof -tags "$(file all Nanosleep)" >"$TMP/tags"
check "pprof: reasons" "$(head "$TMP/tags")" grep -q voluntary "$TMP/tags"

# Wake-ups, where a CPU reports them.
cc -O1 -o "$TMP/wakeups_seen" "$PROFILE_DIR/wakeups_seen.c" || not_ok helper "does not build"
if cpu=$("$TMP/wakeups_seen"); then
    WRAP="taskset -c $cpu" off_cpu woken "$WAITS" -test.bench=Nanosleep -test.benchtime=200x
    holds "how long a thread that could run did not" woken Nanosleep \
        '$m["run-queue-p50"] > 0 and $m["run-queue-p99"] >= $m["run-queue-p50"]'
    pprof -raw "$(file woken Nanosleep)" >"$TMP/raw"
    check "wake-ups: each is known" "$(grep run-queue "$TMP/raw")" \
        test "$(grep -c 'run-queue latency' "$TMP/raw")" = 0
else
    skip "run-queue latency" "${cpu//$'\n'/, }"
fi

# More threads that compute than processors: they wait for one.
off_cpu crowd "$WAITS" -test.bench=Crowd -test.benchtime=3x
holds "a crowd is preempted" crowd Crowd '$m["off-cpu-preempted"] > 10 * $m["off-cpu-voluntary"] and
    $m["off-cpu-preempted"] > 20000000'

# A disk, where the temporary files are on one.
case $(stat -f -c %T "$TMP") in
tmpfs | ramfs | overlayfs) skip "I/O" "temporary files are not on a disk here" ;;
*)
    off_cpu disk "$WAITS" -test.bench=Sync -test.benchtime=30x
    holds "a file's way to the disk is I/O" disk Sync '$m["off-cpu-io"] > 0.5 * $r.ns_per_op'
    ;;
esac

# go test, and a mode that does not exist.
(cd "$BENCH" && "$PERFGO" test off-cpu -q -o "$TMP/gotest.d" -- -bench=Busy -benchtime=5x ./waits) >"$TMP/gotest.out" 2>&1
check "perfgo test off-cpu" "$(cat "$TMP/gotest.out")" grep -q 'off-cpu-ns/op' "$TMP/gotest.out"
# Without perf_event_open: the benchmark runs, and one sentence says what is missing.
seccomp_exec denied || finish
WRAP="$TMP/seccomp_exec EPERM -" off_cpu denied "$WAITS" -test.bench=Busy -test.benchtime=5x
check "denied: it runs" "$(cat "$TMP/denied.out" "$TMP/denied.err")" grep -q '^BenchmarkBusy' "$TMP/denied.out"
check "denied: no wait is made up" "$(cat "$TMP/denied.out")" test "$(grep -c off-cpu-ns "$TMP/denied.out")" = 0
check "denied: said" "$(cat "$TMP/denied.err")" grep -q 'context-switches' "$TMP/denied.err"
finish
