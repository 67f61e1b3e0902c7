#!/usr/bin/env bash
# An event that the CPU announces, that opens, is on the hardware, and always reads 0: it is named, and
# is neither in Go's line nor in the record; what stands beside it is counted.
. "$(dirname "$0")/lab.sh"

new_job zero <<'END'
run() { # NAME OPTION...
    name=$1
    shift
    perfgo exec -o out/$name "$@" -- bin/exact.test -test.bench=Million -test.benchtime=20x >out/$name.out 2>out/$name.err
    echo $? >out/$name.status
}
run beside -e stalled-cycles-frontend,cycles:u,instructions:u,stalled-cycles-backend:u,stalled-cycles-frontend:k
run braces -e '{instructions:u,stalled-cycles-frontend}'
run alone -e stalled-cycles-frontend
run kernel -e instructions:u,instructions:k
run raw -e instructions:u,r1b
perfgo events --all --json stalled-cycles instructions >out/events.json
END
why=$(arm_test $NEWEST "$TMP/zero/bin/exact.test" "$LAB/testdata/exact" 2>&1)
case $? in
0) ;;
2) skip zero "$why"; finish ;;
*) not_ok zero "does not build: $why"; finish ;;
esac
CPU=neoverse-n1 thrice zero zero || finish

out=$TMP/zero.out/out
records() { echo "$out/$1"/history/*/benchmarks.jsonl; }
# counts TEST NAME METRIC...: the run succeeded, both records have these metrics and no other, and those
# of them that every program moves are not 0; on the lines is nothing of the event either.
counts() {
    local test=$1 name=$2 metrics
    shift 2
    equal "$test-status" "$(cat "$out/$name.status")" 0
    metrics=$(jq -s -r 'map(.metrics | with_entries(select(.value.value > 0 or (.key | test("^(cycles|instr|task)") | not))) | keys | join(" ")) | unique | join(";")' "$(records "$name")")
    equal "$test-counted" "$metrics" "$*"
    equal "$test-record" "$(jq -s 'map(select(.metrics | keys | any(startswith("stalled")))) | length' "$(records "$name")")" 0
    equal "$test-line" "$(grep -c '^Benchmark.*stalled' "$out/$name.out")" 0
}
# says TEST NAME SENTENCE: it is said once, and nothing else is.
says() { equal "$1" "$(cat "$out/$2.err")" "perfgo: $3"; }

nothing='it opens here but counts nothing, whatever the CPU does'
counts beside beside IPC cycles:u instructions:u
says beside-said beside "not counted: stalled-cycles-frontend, stalled-cycles-backend:u, stalled-cycles-frontend:k ($nothing)"
counts braces braces instructions:u
says braces-said braces "not counted: stalled-cycles-frontend ($nothing)"
counts alone alone CPUs-utilized context-switches cpu-migrations page-faults task-clock
says alone-said alone "none of the events asked for can be counted: stalled-cycles-frontend ($nothing); counting the kernel's software events instead"
# What works is left alone, in kernel mode too; and a raw code's zero may be the truth.
counts kernel kernel instructions:k instructions:u
equal kernel-quiet "$(cat "$out/kernel.err")" ''
equal raw "$(jq -s 'map(.metrics.r1b.value) | join(" ")' "$(records raw)")" '"0 0"'
equal events "$(jq -r '.events[] | select(.name | test("^(stalled|instructions)")) | [.name, .opens, .reason // ""] | join(":")' "$out/events.json")" \
    "instructions:yes:
stalled-cycles-frontend:no:$nothing
stalled-cycles-backend:no:$nothing"
finish
