#!/usr/bin/env bash
# timeout: 120
# On a terminal of 40 columns and more no line of a comparison is wider than the terminal, and no number
# is cut: real data, long names and metrics, several packages, every verdict, the self-test too.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1
data=$ROOT/tests/cli/testdata/benchstat

for side in 0 1; do
    awk -v side=$side 'BEGIN {
        split("example.com/a/rather/long/import/path/of/a/package b", pkg, " ")
        for (p = 1; p <= 2; p++) {
            print "pkg: " pkg[p]
            for (b = 0; b < 4; b++)
                for (r = 0; r < 6; r++)
                    printf "BenchmarkEncodeDecode/format=json/size=%d/compress=true-16 100 %d.%d ns/op %d allocs/op %d megabytes-of-garbage-per-second/op\n",
                        10 ^ b, 1000000 * (1 + side * b / 7), r, b * (1 + side), 7 + (r % 3) * side
        }
        if (side == 0) print "BenchmarkGone 1 1 ns/op"
    }' >long$side.txt
done
cat >on_terminal.py <<'PY'
import os, re, subprocess, sys, unicodedata
from terminal import Terminal

def on_terminal(width, command):
    return Terminal(command, columns=width).finish()[0]

def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)

perfgo, data = sys.argv[1:]
os.environ.update(NO_COLOR="1", LC_ALL="C.UTF-8", TERM="xterm")
gates = ["--gate", "ns/op<=+5%", "--gate", "allocs/op<=0:advisory"]
pairs = [("long0.txt", "long1.txt"), (data + "/sort-old.txt", data + "/sort-new.txt"), (data + "/json-old.txt", data + "/json-new.txt")]
looked = 0
for old, new in pairs:
    for more in ([], ["--self-test"]):
        command = [perfgo, "compare", old, new] + gates + more
        full = subprocess.run(command, capture_output=True, text=True).stdout
        numbers = sorted(re.findall(r"[+-]\d[\d.]*%(?= )(?! to)", re.sub(r"\S+ to \S+", "", full.split("\n\n[")[0])))
        for width in list(range(40, 100)) + [120, 160, 300]:
            out = on_terminal(width, command)
            for line in out.split("\n"):
                if columns(line) > width:
                    sys.exit(f"{width} columns: a line of {columns(line)}: {line}")
                if line.endswith(" "):
                    sys.exit(f"{width} columns: blanks end a line: {line!r}")
            for number in set(numbers):
                if out.count(number) < numbers.count(number):
                    sys.exit(f"{width} columns: {number} is missing\n{out}")
            looked += len(numbers)
        if on_terminal(300, command) != full:
            sys.exit("300 columns are as good as no limit, but look different")
print(looked, "numbers")
sys.exit(looked < 1000)
PY
check "no line is too wide, no number cut" "see above" python3 on_terminal.py "$PERFGO" "$data"
finish
