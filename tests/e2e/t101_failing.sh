#!/usr/bin/env bash
# Benchmarks that end in any way but the right one: the exit status is Go's, the lines that were
# printed have their records, and nothing else has.
. "$(dirname "$0")/bench.sh"

empty=
# ends TEST PATTERN LINES FLAG...: the same exit status, the same lines, as without perfgo.
ends() {
    local test=$1 pattern=$2 count=$3 plain status
    shift 3
    local args=(-bench="^Benchmark($pattern)\$" -benchtime=20x "$@" ./failing)
    gobench plain base "${args[@]}"
    plain=$?
    gobench exec "$test" "${args[@]}"
    status=$?
    status_is "$test-status" "$status" "$plain"
    if [ "$count" = 0 ]; then
        if grep -q 'ns/op' "$TMP/$test.out" || [ -s "$(records "$test")" ]; then
            not_ok "$test-lines" "there is a line or a record though no benchmark came to its end"
        else
            ok "$test-lines"
        fi
    else
        judged "$test" "$test-lines" -baseline "$TMP/base.out" -min "$count" $empty
    fi
    # The reason that Go prints must still be there.
    if [ "$(grep -cE 'on purpose|--- |^panic|exit status|FAIL' "$TMP/$test.out")" = \
        "$(grep -cE 'on purpose|--- |^panic|exit status|FAIL' "$TMP/base.out")" ]; then
        ok "$test-reason"
    else
        show "$test"
        not_ok "$test-reason" "what Go says about the failure is not what it says without perfgo"
    fi
}

ends fatal 'AGood|Fatal|ZGood' 2
ends fail-late 'AGood|FailLate|ZGood' 3
ends fail-in-sub 'AGood|FailInSub|ZGood' 3
ends error 'AGood|ErrorGoesOn|ZGood' 2
ends goexit 'AGood|Goexit|ZGood' 2
# The benchmark's goroutine dies, the main one prints "0 NaN ns/op" or is too late.
empty=-no-empty
ends panic 'AGood|BGood|Panic|ZGood' 2
ends panic-in-child 'AGood|BGood|PanicInChild|ZGood' 2
empty=
ends os-exit 'AGood|BGood|OsExit|ZGood' 2
ends only-fatal 'Fatal' 0
BENCH_HANG=1 ends timeout 'AGood|ZGood' 0 -timeout=1s

# What go test does to a binary that runs too long: SIGQUIT. Go answers with all stacks and status 2.
(cd "$BENCH" && go test -c -o "$TMP/failing.test" ./failing)
"$PERFGO" exec -o "$TMP/quit.d" -- "$TMP/failing.test" -test.bench='AGood|BGood|Hang' -test.benchtime=20x \
    >"$TMP/quit.out" 2>"$TMP/quit.err" &
pid=$!
for _ in $(seq 100); do
    ! grep -q '^BenchmarkHang' "$TMP/quit.out" || break
    sleep 0.1
done
kill -QUIT $pid
wait $pid
status_is quit-status $? 2
judged quit quit-lines -min 2
check quit-stacks "Go has not printed its stacks" grep -q '^SIGQUIT: quit' "$TMP/quit.err"

# The exit code of a test binary is in testrun.json, whichever way it ended.
exit_code() {
    local test=$1 name=$2 want=$3 have
    have=$(jq -r '[.processes[0].exit_code, .exit_code] | map(tostring) | join(" ")' "$TMP/$name.d"/history/*/testrun.json)
    if [ "$have" = "$want $want" ]; then ok "$test"; else not_ok "$test" "testrun.json has $have, not $want twice"; fi
}
exit_code code-of-os-exit os-exit 7
exit_code code-of-panic panic 2
exit_code code-of-fatal fatal 1
exit_code code-of-quit quit 2

# A name that fits nowhere: the line is as Go printed it, and there is a sentence about it.
gobench exec endless -bench=EndlessName -benchtime=20x ./failing
if [ "$(grep -c '^BenchmarkEndlessName' "$TMP/endless.out")" = 2 ] && [ "$(wc -l <"$(records endless)")" = 1 ] &&
    grep -q '^perfgo: 1 benchmark line.* no record' "$TMP/endless.out"; then
    ok endless-name-said
else
    show endless
    not_ok endless-name-said "a line without record was not mentioned"
fi
finish
