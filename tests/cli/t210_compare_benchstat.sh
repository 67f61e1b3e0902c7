#!/usr/bin/env bash
# timeout: 400
# benchstat judges the same files: the same medians, p values and calls at alpha 0.05 (without the
# control of false discoveries, which benchstat does not have), over 60 generated pairs of files and 6
# real ones.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

# A module proxy that does not answer must not hold the test up.
if ! GOBIN=$TMP timeout 200 go install golang.org/x/perf/cmd/benchstat@latest >install 2>&1; then
    skip benchstat "cannot be had: $(tail -n 1 install)"
    finish
fi
cat >agree.py <<'PY'
import csv, io, json, random, subprocess, sys

perfgo = sys.argv[1]
random.seed(20261120)
calls = {"same": 0, "changed": 0}
bad = []
lopsided = 0

def sample(n, kind, shift):
    if kind == "ties":
        return [random.randint(90, 110) * shift for _ in range(n)]
    if kind == "few values":
        return [random.choice([1, 1, 2]) + (shift > 1.05) for _ in range(n)]
    if kind == "skewed":
        return [100 * shift * random.lognormvariate(0, 0.2) for _ in range(n)]
    return [random.gauss(100 * shift, 5) for _ in range(n)]

def write(path, benches, side):
    with open(path, "w") as f:
        f.write("goos: linux\npkg: p\ncpu: X\n")
        for name, sides in benches.items():
            for v in sides[side]:
                f.write(f"Benchmark{name} 100 {v!r} w/op\n")

for i in range(60):
    benches = {}
    for j, kind in enumerate(["ties", "few values", "skewed", "normal"]):
        sizes = [random.choice([1, 3, 4, 5, 6, 8, 10, 10, 20, 25, 26, 30, 50, 51, 60]) for _ in range(2)]
        if random.random() < 0.6:
            sizes[1] = sizes[0]
        shift = random.choice([1, 1, 1.02, 1.05, 1.1, 0.9])
        benches[f"{kind.split()[0].title()}{j}"] = [sample(sizes[0], kind, 1), sample(sizes[1], kind, shift)]
    write("old.txt", benches, 0)
    write("new.txt", benches, 1)
    text = subprocess.run(["./benchstat", "-format=csv", "old.txt", "new.txt"], capture_output=True, text=True).stdout
    theirs = {r[0]: r for r in csv.reader(io.StringIO(text)) if len(r) >= 7 and r[0] in benches}
    ours = json.loads(subprocess.run([perfgo, "compare", "--json", "old.txt", "new.txt"], capture_output=True, text=True).stdout)
    if len(theirs) != 4 or len(ours["rows"]) != 4:
        bad.append(f"set {i}: {len(theirs)} and {len(ours['rows'])} rows")
        continue
    for row in ours["rows"]:
        # name, old, CI, new, CI, difference, P
        them = theirs[row["name"].removeprefix("Benchmark")]
        p = 1 if row["p"] is None else row["p"]
        called = them[5] != "~"
        what = f"set {i} {row['name']} n={row['old']['n']},{row['new']['n']}: "
        for mine, its in ((row["old"]["median"], them[1]), (row["new"]["median"], them[3])):
            if abs(mine - float(its)) > 1e-5 * abs(mine):
                bad.append(what + f"median {mine} against {its}")
        # With ties and unequal sizes the exact p of benchstat's module depends on the order of the
        # samples and can be above 1 or below what can happen: not a judge there. Medians still count.
        values = benches[row["name"].removeprefix("Benchmark")]
        both = values[0] + values[1]
        if len(values[0]) != len(values[1]) and max(map(len, values)) <= 25 and len(set(both)) < len(both):
            lopsided += 1
            continue
        # "p=0.008 n=5"; without a p when there was nothing to test.
        calls["changed" if called else "same"] += 1
        if (p <= 0.05) != called:
            bad.append(what + f"p={p} against {them[5:]}")
        its = float(them[6].split("p=")[1].split()[0]) if "p=" in them[6] else 1
        if abs(p - its) > 0.00051:
            bad.append(what + f"p={p} against {them[6]}")
for line in bad[:20]:
    print(line)
print(f"calls: {calls['same']} same, {calls['changed']} changed; {lopsided} not asked; {len(bad)} disagreements")
sys.exit(bool(bad) or min(calls.values()) < 30)
PY
check "medians, p values and calls agree" "see above" python3 agree.py "$PERFGO"

# Real outputs, of every unit that Go prints: see testdata/benchstat/README.md.
cat >real.py <<'PY'
import csv, glob, json, os, subprocess, sys

perfgo, data = sys.argv[1:]
unit_of = {"sec/op": ("ns/op", 1e9), "B/s": ("MB/s", 1e-6)} # benchstat's: ours, times
calls, bad, sets = {"same": 0, "changed": 0}, [], 0
for old in sorted(glob.glob(data + "/*-old.txt")):
    new = old.replace("-old", "-new")
    text = subprocess.run(["./benchstat", "-format=csv", old, new], capture_output=True, text=True).stdout
    rows = json.loads(subprocess.run([perfgo, "compare", "--json", old, new], capture_output=True, text=True).stdout)["rows"]
    ours = {(r["name"].removeprefix("Benchmark") + (f"-{r['procs']}" if r["procs"] > 1 else ""), r["unit"]): r
            for r in rows if r["old"] and r["new"]}
    unit, seen = None, 0
    for line in csv.reader(text.splitlines()):
        if len(line) == 7 and line[0] == "" and line[5] == "vs base":
            unit, scale = unit_of.get(line[1], (line[1], 1))
        elif len(line) == 7 and line[0] not in ("", "geomean") and unit:
            mine = ours.get((line[0], unit))
            what = f"{os.path.basename(old)} {line[0]} {unit}: "
            if mine is None:
                bad.append(what + "not compared")
                continue
            seen += 1
            for median, its in ((mine["old"]["median"], line[1]), (mine["new"]["median"], line[3])):
                if abs(median - float(its) * scale) > 1e-5 * abs(median):
                    bad.append(what + f"median {median} against {its}")
            called, p = line[5] != "~", 1 if mine["p"] is None else mine["p"]
            its = float(line[6].split("p=")[1].split()[0]) if "p=" in line[6] else 1
            calls["changed" if called else "same"] += 1
            if (p <= 0.05) != called or abs(p - its) > 0.00051:
                bad.append(what + f"p={p} against {line[5:]}")
    if seen != len(ours) or seen < 10:
        bad.append(f"{old}: {seen} of {len(ours)} rows were judged")
    sets += 1
for line in bad[:20]:
    print(line)
print(f"{sets} real sets: {calls['same']} same, {calls['changed']} changed; {len(bad)} disagreements")
sys.exit(bool(bad) or sets < 5 or min(calls.values()) < 10)
PY
check "real data sets: medians, p values and calls agree" "see above" python3 real.py "$PERFGO" "$ROOT/tests/cli/testdata/benchstat"
finish
