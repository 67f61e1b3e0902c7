#!/usr/bin/env bash
# timeout: 400
# perfgo compare: exit codes, what must never pass, exact metrics, hostile input, escaped output.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

# bench FILE UNIT VALUE...: a file with one benchmark, one line per value.
bench() {
    local file=$1 unit=$2 v
    shift 2
    printf 'goos: linux\ngoarch: amd64\npkg: example.com/p\ncpu: X\n' >"$file"
    for v in "$@"; do printf 'BenchmarkA-8 \t 100\t %s %s\n' "$v" "$unit" >>"$file"; done
}
status() { "$PERFGO" compare "$@" >out 2>err; echo $?; }

bench old.txt ns/op 100 101 102 99 98 100.5 100.2
bench new.txt ns/op 110 111 112 109 108 110.5 110.2
equal "PASS: 0" "$(status -g 'ns/op<=+5%' old.txt old.txt)" 0
like "PASS: said" "$(cat out)" '*PASS: of 1 gated results 1 passed, 0 failed*'
equal "FAIL: 1" "$(status -g 'ns/op<=+5%' old.txt new.txt)" 1
equal "an improvement passes" "$(status -g 'ns/op<=+5%' new.txt old.txt)" 0
equal "advisory: not 1" "$(status -g 'ns/op<=+5%:advisory' old.txt new.txt)" 2
equal "no gate, times only: 2" "$(status old.txt new.txt)" 2
like "no gate: the regression is shown all the same" "$(cat out)" '*worse*advisory FAIL*'
equal "a pattern that fits" "$(status -g 'A* ns/op<=+5%' old.txt new.txt)" 1
equal "a gate of nothing: 2" "$(status -g 'ns/op<=+50%' -g 'Other ns/op<=+5%' old.txt new.txt)" 2
equal "several of a side" "$(status -g 'ns/op<=+5%' old.txt,old.txt new.txt,new.txt)" 1
check "several of a side: all samples count" "$(status --json old.txt,old.txt new.txt)" \
    jq -e '.schema == 1 and .rows[0].old.n == 14 and .rows[0].new.n == 7' out

# Wrong use and input: 3, one sentence.
three() {
    local name=$1
    shift
    equal "$name: 3" "$(status "$@")" 3
    one_sentence "$name: one sentence" err
}
three "one operand" old.txt
three "three operands" old.txt old.txt old.txt
three "no such run" old.txt nowhere
three "no such format" --format=xml old.txt old.txt
three "a bad gate" -g 'ns/op<5%' old.txt old.txt
three "an empty name" old.txt, old.txt
three "no file at all" '' old.txt
: >empty.txt
three "an empty file" old.txt empty.txt
head -c 20000 /dev/urandom >noise.bin
three "noise" old.txt noise.bin
head -c 30000000 /dev/zero | tr '\0' x >line.txt
three "a line without end" old.txt line.txt

# A line of 1 GiB, in a file and from a pipe that would go on for ever: refused early, in little memory.
truncate -s 1G huge.txt
limited() { (ulimit -v 200000 && "$PERFGO" compare "$@" >out 2>err); echo $?; }
if [ -z "${PERFGO_TEST_KIND:-}" ]; then
    equal "a line of 1 GiB: 3" "$(limited old.txt huge.txt)" 3
    like "a line of 1 GiB: which" "$(cat err)" 'perfgo: compare: huge.txt: line 1 is longer than 1048576 bytes*'
    equal "a line without end, from a pipe: 3" "$(yes x | tr -d '\n' | limited old.txt /dev/stdin)" 3
    mkdir -p h/history/huge
    printf '{"schema":1,"id":"huge","time":"2026-01-01T00:00:00Z"}' >h/history/huge/testrun.json
    echo '{"schema":1,"pkg":"p","na' >h/history/huge/benchmarks.jsonl
    truncate -s 1G h/history/huge/benchmarks.jsonl
    equal "a record of 1 GiB: not PASS" "$(limited -d h huge huge)" 2
    like "a record of 1 GiB: said" "$(cat err)" '*benchmarks.jsonl: 2 lines were left out*'
    rm -r h
else
    skip "lines of 1 GiB" "a sanitizer needs more address space than the limit leaves"
fi
rm huge.txt
three "cannot write" -o /proc/none/x old.txt old.txt
equal "full disk: 3" "$("$PERFGO" compare old.txt old.txt >/dev/full 2>err; echo $?)" 3

# What is never PASS.
sed 's/BenchmarkA/BenchmarkRenamed/' old.txt >renamed.txt
equal "renamed: 2" "$(status -g 'ns/op<=+5%' old.txt renamed.txt)" 2
cat old.txt renamed.txt >both.txt
equal "missing: 2" "$(status -g 'ns/op<=+5%' both.txt old.txt)" 2
like "missing: named" "$(cat out)" '*Renamed-8*MISSING*'
equal "added: 0" "$(status -g 'ns/op<=+5%' old.txt both.txt)" 0
bench zero.txt ns/op 0 0 0 0 0 0 0
equal "zero: 2" "$(status -g 'ns/op<=+5%' zero.txt zero.txt)" 2
bench nan.txt ns/op NaN 100 100 100 100 100
equal "NaN: 2" "$(status -g 'ns/op<=+5%' nan.txt nan.txt)" 2
bench drop.txt ns/op 1 1.1 1.2 1.3 1.4 1.5
equal "-99 %: 2" "$(status -g 'ns/op<=+5%' old.txt drop.txt)" 2
equal "-99 %, allowed: 0" "$(status --allow-drop -g 'ns/op<=+5%' old.txt drop.txt)" 0
bench few.txt ns/op 100 101 102
equal "too few: 2" "$(status -g 'ns/op<=+5%' few.txt few.txt)" 2
like "too few: says how many" "$(cat out)" '*at least 4 on each side are needed (-count=4)*'
sed 's/cpu: X/cpu: Y/' old.txt >cpu.txt
equal "another CPU: refused" "$(status -g 'ns/op<=+5%' old.txt cpu.txt)" 2
like "another CPU: at the top" "$(head -n 2 out)" '*cpu: X in OLD, Y in NEW*'
equal "another CPU: --force" "$(status --force -g 'ns/op<=+5%' old.txt cpu.txt)" 0

# --paired: a drift that both sides had is no noise, for the gate and for its self-test.
bench drift.txt ns/op 100 108 104 130 116 120 112 140
bench drifted.txt ns/op 150 162 156 195 174 180 168 210
equal "in turns: 2 without --paired" "$(status -g 'ns/op<=+35%' drift.txt drifted.txt)" 2
equal "in turns: 1 with it" "$(status --paired -g 'ns/op<=+35%' drift.txt drifted.txt)" 1
check "in turns: said" "$(status --paired --json drift.txt drifted.txt; cat out)" \
    jq -e '.rows[0].paired and (.rows[0].relative_ci | map(. * 1000 | round) == [500, 500])' out
check "in turns: not with another number of values" "$(status --paired --json drift.txt old.txt; cat out)" jq -e '.rows[0].paired | not' out
equal "in turns: self-test" "$(status --self-test -g 'ns/op<=+6%' drift.txt drift.txt)$(status --paired --self-test -g 'ns/op<=+6%' drift.txt drift.txt)" 11

# --self-test: the gates can fail, or it is said which cannot and why.
equal "self-test: found" "$(status --self-test -g 'ns/op<=+5%' old.txt old.txt)" 0
like "self-test: said" "$(cat out)" '*ns/op<=+5%*+10%*found*PASS: each of 1 gated results would have failed*'
equal "self-test: too few samples" "$(status --self-test -g 'ns/op<=+5%' few.txt few.txt)" 1
like "self-test: says why" "$(cat out)" '*MISSED*too few*FAIL: 1 of 1 gated results could not have failed*'
equal "self-test: a gate of nothing" "$(status --self-test -g 'ns/op<=+5%' -g 'z<=0' old.txt old.txt)" 1
equal "self-test: nothing gated" "$(status --self-test old.txt old.txt)" 2
check "self-test: JSON" "$(status --self-test --json -g 'ns/op<=+5%' old.txt old.txt; cat out)" \
    jq -e '.verdict == "PASS" and .rows[0].found and .rows[0].smallest > 0.05' out
three "self-test: as markdown" --self-test --format=markdown old.txt old.txt

# Exact metrics: one value is enough, +0.1 % is found 20 of 20 times, and nothing in 20 A/A pairs.
exact() { # FILE VALUE
    printf 'Unit instructions/op better=lower assume=exact\nBenchmarkA 1 %s instructions/op\n' "$2" >"$1"
}
found=0 false=0
for i in $(seq 20); do
    base=$((i * 7919000))
    exact a.txt "$base"
    exact b.txt $((base + base / 1000))
    [ "$(status -g 'instructions/op<=0' a.txt b.txt)" = 1 ] && found=$((found + 1))
    [ "$(status -g 'instructions/op<=0' a.txt a.txt)" = 0 ] || false=$((false + 1))
done
equal "exact: +0.1 % found, false alarms" "$found $false" "20 0"
exact b.txt $((base + base / 50))
equal "exact: gated at 1 % without --gate" "$(status a.txt b.txt)$(status a.txt a.txt)" 10

# Runs: by id, prefix, directory, and a directory with a history.
run() { # ID BACKEND INSTRUCTIONS [NAME]
    mkdir -p "$TMP/h/history/$1"
    printf '{"schema":1,"id":"%s","time":"2026-01-0%s","exit_code":0,"go_version":"go1.26","goos":"linux","goarch":"amd64","backend":"%s","host":{"cpu":"X"}}' \
        "$1" "1T00:00:00Z" "$2" >"$TMP/h/history/$1/testrun.json"
    jq -cn --arg name "${4:-BenchmarkA}" --arg backend "$2" --argjson v "$3" '{schema: 1, pkg: "p", name: $name, procs: 1,
        n: 100, iterations_run: 100, duration_ns: 1000, windows: 1, go: {}, threads: {}, tags: {},
        metrics: {instructions: {value: ($v * 100), per_op: $v, unit: "instructions/op", coverage: 1,
        enabled_ns: 1, running_ns: 1, backend: $backend}}}' >"$TMP/h/history/$1/benchmarks.jsonl"
}
run aa simulate 1000
run ab simulate 1011
run cc pmu 1000
three "ambiguous prefix" -d h a cc
equal "runs: same" "$(status -d h aa aa)" 0
equal "runs: +1.1 %" "$(status -d h aa ab)" 1
equal "runs: by directory" "$(status h/history/aa h/history/ab)" 1
equal "runs: another back end" "$(status -d h aa c)" 2
like "runs: another back end: at the top" "$(head -n 2 out)" '*back end: simulate in OLD, pmu in NEW*'
printf '{"schema":1,"pkg":"p","na' >>h/history/ab/benchmarks.jsonl
run ok simulate 1000
equal "a torn record: not PASS" "$(cat h/history/ab/benchmarks.jsonl >>h/history/ok/benchmarks.jsonl; status -d h aa ok | tail -n 1)" 2
sed -i 's/"exit_code":0/"exit_code":1/' h/history/aa/testrun.json
equal "a failed test run: not PASS" "$(status -d h aa aa)" 2

# Names with everything in them come out harmless in every format.
run evil simulate 1000 $'BenchmarkX|y"<script>`*_[a](b)\n\e[31m@you\xc2\x9b'
equal "evil names: 0" "$(status -d h evil evil)" 0
equal "evil names: table without control characters" "$(tr -d '\n' <out | LC_ALL=C grep -c $'[\x01-\x1f]\|\xc2\x9b')" 0
"$PERFGO" compare -d h evil evil --format=markdown >out
equal "evil names: markdown rows have their cells" "$(grep '^|' out | sed 's/[^|]//g' | sort -u | wc -l)" 1
equal "evil names: no HTML, no mention" "$(grep -c '<script\|@you' out)" 0
check "evil names: JSON keeps them" "$("$PERFGO" compare -d h evil evil --json)" \
    test "$("$PERFGO" compare -d h evil evil --json | jq -r '.rows[0].name' | head -n 1)" = 'BenchmarkX|y"<script>`*_[a](b)'
finish
