#!/usr/bin/env bash
# timeout: 400
# benchstat judges the same files: the same medians, p values and calls at alpha 0.05 (without the
# control of false discoveries, which benchstat does not have), over 60 generated pairs of files.
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
finish
