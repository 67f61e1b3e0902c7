#!/usr/bin/env bash
# SIGKILL in mid-run: what was printed so far is on disk, as whole records.
. "$(dirname "$0")/bench.sh"

(cd "${PLAIN:-$BENCH}" && go test -c -o "$TMP/static.test" ./failing && cd "$BENCH" &&
    go test -c -ldflags=-linkmode=external -o "$TMP/external.test" ./failing) || not_ok build "does not build"

whole() { jq -e -s "$2" "$1" >/dev/null; }
reported() { "$PERFGO" report "$(dirname "$(records "$1")")" --format=csv | grep -q BenchmarkLong; }

# Without procps, which a small system lacks. (Not by awk over all files: some awks end at the first that is
# gone when its turn comes, and then the child is not found.)
child_of() {
    local stat line parent
    for stat in /proc/[0-9]*/stat; do
        { IFS= read -r line <"$stat"; } 2>/dev/null || continue
        read -r _ parent _ <<<"${line##*) }"
        [ "$parent" != "$1" ] || { stat=${stat%/stat}; echo "${stat#/proc/}"; }
    done
}
still_runs() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in */static.test | "$TMP/external.test") return 0 ;; esac
    done
    return 1
}

killed() { # TEST WHOM COMMAND...: whom to kill: the test binary, or the command
    local test=$1 whom=$2 pid lines i
    shift 2
    : >"$TMP/$test.out"
    PERFGO_OUTPUT=$TMP/$test.d "$@" -test.bench=Long -test.benchtime=5x >"$TMP/$test.out" 2>"$TMP/$test.err" &
    pid=$!
    for ((i = 0; i < 200; i++)); do
        [ "$(grep -c 'task-ns/op' "$TMP/$test.out")" -lt 5 ] || break
        sleep 0.05
    done
    if [ "$whom" = binary ]; then
        kill -9 "$(child_of $pid)"
    else
        kill -9 $pid
    fi
    wait $pid 2>/dev/null
    status_is "$test-status" $? 137
    sleep 0.3
    # Killed between record and line, there is one record more.
    lines=$(grep -c '^Benchmark.*task-ns/op' "$TMP/$test.out")
    i=$(wc -l <"$(records "$test")")
    if [ "$lines" -ge 5 ] && [ $((i - lines)) -ge 0 ] && [ $((i - lines)) -le 1 ]; then
        ok "$test-lines"
    else
        not_ok "$test-lines" "$i records of $lines lines"
    fi
    check "$test-json" "a line is not a whole record" whole "$(records "$test")" 'length > 4 and all(.[]; .metrics["task-clock"] != null)'
    check "$test-testrun" "testrun.json is not whole" whole "$TMP/$test.d"/history/*/testrun.json 'all(.[]; .id != null)'
    # A killed run can be read.
    check "$test-report" "perfgo report does not read it" reported "$test"
    if still_runs; then
        not_ok "$test-orphan" "the test binary still runs"
    else
        ok "$test-orphan"
    fi
}
killed exec-binary binary "$PERFGO" exec -- "$TMP/static.test"
killed exec-perfgo perfgo "$PERFGO" exec -- "$TMP/static.test"
preload=LD_PRELOAD=$LIBPERFGO
[ "${E2E_WAY:-}" != import ] || preload=LD_PRELOAD=
killed preload perfgo env "$preload" "$TMP/external.test"
finish
