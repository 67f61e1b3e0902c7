#!/usr/bin/env bash
# perfgo test from end to end: several packages make one run with one record per line, one note, one
# summary, whatever the form of go test's output.
. "$(dirname "$0")/../cli/lib.sh"
module many
for pkg in a b c; do mkdir $pkg && cp m_test.go $pkg/; done
rm m_test.go

"$PERFGO" test --run=all --tag who=me -- -bench=. -benchtime=10x -count=2 ./... >out 2>err
equal "status" $? 0
equal "metrics on every line" "$(grep -c '^Benchmark.*task-ns/op' out)" 12
equal "one run" "$(find .perfgo/history -mindepth 1 -maxdepth 1 | wc -l)" 1
equal "one record per line" "$(wc -l <.perfgo/history/all/benchmarks.jsonl)" 12
equal "every record has its package" "$(grep -c '"pkg":"example.com/many/[abc]"' .perfgo/history/all/benchmarks.jsonl)" 12
equal "every record has the tag" "$(grep -c '"who":"me"' .perfgo/history/all/benchmarks.jsonl)" 12
equal "one note for three packages" "$(grep -c '^perfgo: counting' err)" "$(grep -q '^perfgo: counting' err && echo 1 || echo 0)"
equal "no other complaint" "$(grep '^perfgo: ' err | grep -v '^perfgo: counting\|/history/all$')" ""
equal "six rows in the summary" "$(grep -c '^example.com/many/[abc] ' err)" 6
check "medians of repeats are marked" "$(cat err)" grep -q 'largest distance' err
check "the run is named last" "$(tail -n 1 err)" grep -q '/.perfgo/history/all$' <(tail -n 1 err)
equal "exit code in testrun.json" "$(python3 -c 'import json
t = json.load(open(".perfgo/history/all/testrun.json"))
print(t["exit_code"], t["go_version"][:4], t["command"][:2] == ["perfgo", "test"], t["duration_ns"] > 0)')" "0 go1. True True"

"$PERFGO" test --run=js -- -json -bench=. -benchtime=10x ./... >out 2>err
equal "-json: every line is attributed to its package" "$(python3 -c 'import json
lines = [json.loads(l) for l in open("out")]
hits = [l for l in lines if "task-ns/op" in l.get("Output", "")]
print(len(hits), len({l["Package"] for l in hits}))')" "6 3"
"$PERFGO" test --run=js2 --json -- -bench=. -benchtime=10x ./a >out 2>err
equal "--json: the summary is a document" "$(sed -n '/^{/,$p' err | python3 -c 'import json,sys
d = json.load(sys.stdin)
print(d["schema"], len(d["benchmarks"]))')" "1 2"
"$PERFGO" test --run=quiet --no-inline -- -bench=. -benchtime=10x ./a >out 2>err
equal "--no-inline: Go's lines alone" "$(grep -c 'task-ns' out)" 0
equal "--no-inline: recorded all the same" "$(wc -l <.perfgo/history/quiet/benchmarks.jsonl)" 2
"$PERFGO" test --run=none -- -bench=Absent ./a >out 2>err
check "no benchmark matched: said" "$(cat err)" grep -q 'no benchmark line was recorded' err
"$PERFGO" test --run=timer -b timer -- -bench=One -benchtime=10x ./a >out 2>err
check "-b timer" "$(cat .perfgo/history/timer/benchmarks.jsonl)" grep -q '"backend":"timer"' .perfgo/history/timer/benchmarks.jsonl
"$PERFGO" test --run=ev -e page-faults -- -bench=One -benchtime=10x ./a >out 2>err
equal "-e page-faults" "$(grep -c '^BenchmarkOne.*page-faults/op' out) $(grep -c 'task-ns' out)" "1 0"

# Without perfgo test: go test -exec, static and dynamic; a binary that is never reached.
rm -rf .perfgo
PATH=$(dirname "$PERFGO"):$PATH go test -exec 'perfgo exec --' -bench=. -benchtime=10x ./... >out 2>err
equal "go test -exec: metrics" "$(grep -c '^Benchmark.*task-ns/op' out)" 6
equal "go test -exec: one run for all packages" "$(find .perfgo/history -mindepth 1 -maxdepth 1 | wc -l)" 1
go test -c -o a.test ./a
"$PERFGO" exec --exec 'env -i' -- ./a.test -test.bench=One -test.benchtime=10x >out 2>err
equal "LD_PRELOAD taken away: the test runs" $? 0
check "LD_PRELOAD taken away: said" "$(cat err)" grep -q 'was not measured' err
"$PERFGO" exec -- ./a.test -test.bench=One -test.benchtime=10x >out 2>err
check "reached: not said" "$(cat err)" test "$(grep -c 'was not measured' err)" -eq 0

# No place for records: a sentence, and the test is unharmed.
"$PERFGO" test -o /proc/none -- -bench=One -benchtime=10x ./a >out 2>err
equal "no output directory: status" $? 0
equal "no output directory: one sentence about it" "$(grep -c '/proc/none' err)" 1
check "no output directory: metrics all the same" "$(cat out)" grep -q 'task-ns/op' out
equal "nothing is left in TMPDIR" "$(leftovers)" 0
finish
