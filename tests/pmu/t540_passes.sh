#!/usr/bin/env bash
# More events than counters: in turns, with their coverage told, or in passes, each counted all the
# time and to the instruction.
. "$(dirname "$0")/lab.sh"
EVENTS=instructions:u,instructions:k,instructions,r8:u,r8:k,r8,cycles:u,cycles:k,cycles,r11:u,r11:k,r11

new_job passes <<END
export PERFGO_EVENTS=$EVENTS
for pass in 0 1 2 3; do
    perfgo exec --pass \$pass --run pass\$pass -o out -- bin/x.test -test.bench='Million\$' -test.benchtime=30x >out/\$pass.txt 2>&1
    echo "\$pass \$?"
done
END
arm_test $NEWEST "$TMP/passes/bin/x.test" "$LAB/testdata/exact" >"$TMP/build.log" 2>&1 || {
    cat "$TMP/build.log"
    skip passes "$(tail -n 1 "$TMP/build.log")"
    finish
}
boots passes passes || finish
equal status "$(tr '\n' ' ' <"$TMP/passes.out/output")" "0 0 1 0 2 0 3 0 "
# counters PASS FILTER: those of the loop of two million instructions.
counters() {
    jq -r "select(.name == \"BenchmarkTwoMillion\") | .metrics | to_entries[] |
        select(.value.backend == \"pmu\" and .key != \"IPC\" and $2) | .key" \
        "$TMP/passes.out/out/history/pass$1/benchmarks.jsonl" | sort | tr '\n' ' '
}
all=$(tr , '\n' <<<$EVENTS | sort | tr '\n' ' ')
equal "all at once: all are there" "$(counters 0 true)" "$all"
equal "all at once: in turns, and it is told" "$(counters 0 '.value.coverage < 0.95 and .value.scaled')" "$all"
equal "passes: each event is in one" "$(echo $(counters 1 true) $(counters 2 true) $(counters 3 'false') | tr ' ' '\n' | sort | tr '\n' ' ')" "$all"
equal "passes: counted all the time" "$(echo $(counters 1 '.value.coverage == 1') $(counters 2 '.value.coverage == 1') | tr ' ' '\n' | sort | tr '\n' ' ')" "$all"
equal "a third pass begins anew" "$(counters 3 true)" "$(counters 1 true)"
# Every event of the lab counts instructions: 30 times 2 000 000 and what Go does around them.
for pass in 1 2; do
    jq -s -e 'map(select(.name == "BenchmarkTwoMillion").metrics | to_entries[] |
        select(.key | endswith(":u")) | .value.value) | length > 0 and
        all(.[]; . >= 60000000 and . < 60300000)' \
        "$TMP/passes.out/out/history/pass$pass/benchmarks.jsonl" >"$TMP/value"
    equal "pass $pass: the count" "$(cat "$TMP/value")" true
done
finish
