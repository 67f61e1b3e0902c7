#!/usr/bin/env bash
# perfgo report over a real run: formats agree with what Go printed.
. "$(dirname "$0")/../cli/lib.sh"
module report
"$PERFGO" test --run=r1 -- -bench=. -benchtime=100x -benchmem -count=3 -cpu=1,2 >out 2>err
equal "status" $? 0
"$PERFGO" report >table
equal "table: a row per benchmark and procs" "$(grep -c '^One\|^Two' table)" 4
"$PERFGO" report r1 --format=benchfmt >bench
equal "benchfmt: a line per line" "$(grep -c '^Benchmark' bench)" "$(grep -c '^Benchmark' out)"
equal "benchfmt: ns/op as Go printed them" "$(grep '^Benchmark' bench | grep -o '[0-9.]* ns/op')" \
    "$(grep -o '[0-9.]* ns/op' out | python3 -c 'import sys
for l in sys.stdin: print(repr(float(l.split()[0])).removesuffix(".0"), "ns/op")')"
equal "benchfmt: names as Go printed them" "$(awk '/^Benchmark/ {print $1, $2}' bench)" "$(awk '/^Benchmark/ {print $1, $2}' out)"
check "benchfmt: units declared" "$(head bench)" grep -q '^Unit ns/op better=lower' bench
"$PERFGO" report r1 --format=json | python3 -c 'import json,sys
d = json.load(sys.stdin)
assert d["schema"] == 1 and d["run"]["id"] == "r1" and len(d["benchmarks"]) == 12'
equal "json" $? 0
"$PERFGO" report r1 --format=csv -o out.csv
equal "csv" "$(python3 -c 'import csv
rows = list(csv.DictReader(open("out.csv", newline="")))
print(sum(r["metric"] == "ns/op" for r in rows), max(int(r["repeat"]) for r in rows), {r["name"] for r in rows} == {"BenchmarkOne", "BenchmarkTwo"})')" "12 3 True"
equal "markdown" "$("$PERFGO" report --format=markdown | grep -c '^| \(One\|Two\)')" 4
equal "a path" "$("$PERFGO" report .perfgo/history/r1 | head -n 1)" "$(head -n 1 table)"
equal "a prefix" "$("$PERFGO" report r | head -n 1)" "$(head -n 1 table)"
check "no colours in a pipe" "escapes" test "$(grep -c $'\e' table)" -eq 0

# On a terminal: its width and colours; NO_COLOR.
narrow=$(COLUMNS= TERM=xterm python3 - "$PERFGO" <<'EOF'
import re, sys
from terminal import Terminal
text, _ = Terminal([sys.argv[1], "report", "r1"], columns=60).finish()
lines = [re.sub("\x1b\\[[0-9;]*m", "", l).rstrip() for l in text.splitlines()]
print(max(len(l) for l in lines if "±" not in l or "is the" not in l), sum(l.startswith("benchmark") for l in lines) > 1)
EOF
)
check "a narrow terminal: further tables, nothing too wide" "$narrow" python3 -c 'import sys
w, more = sys.argv[1].split(); assert int(w) <= 60 and more == "True"' "$narrow"

# A run that was killed in the middle of a line still reads.
cp -r .perfgo/history/r1 .perfgo/history/cut
truncate -s -20 .perfgo/history/cut/benchmarks.jsonl
"$PERFGO" report cut >table2 2>err2
equal "a truncated record: status" $? 0
check "a truncated record: said" "$(cat err2)" grep -q 'left out' err2
equal "a truncated record: the rest is shown" "$(grep -c '^One\|^Two' table2)" 4
rm .perfgo/history/cut/testrun.json
"$PERFGO" report cut >/dev/null 2>err2
equal "no testrun.json: status" $? 0
finish
