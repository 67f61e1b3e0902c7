#!/usr/bin/env python3
"""spread.py RUN... - compares the counts of several simulations of the same benchmarks.

Each RUN is a benchmarks.jsonl. Prints a table of spreads per benchmark and, for tests/run.sh, lines
for what must hold: where neither goroutines nor the collector are at work, most runs count the same
number of instructions to the last one, and no run is further off than RARE percent; what is left of
chance, and where, is in docs/simulate.md. With STRICT=1 nothing is forgiven: every run the same there,
and at most LIMIT percent between runs elsewhere.
"""

import json
import os
import sys
from collections import Counter

# Goroutines, or garbage.
LOOSE = {"Builder", "Sprintf", "JSON", "Gzip", "Allocate", "RunParallel", "Channel", "Goroutines"}
LIMIT = 0.01  # percent
RARE = 0.5  # percent
STRICT = os.environ.get("STRICT") == "1"
# Known to differ in their last digits; see docs/simulate.md.
UNSTEADY = {"Sort", "SlicesSortFunc", "Heap"}
METRICS = ["instructions", "loads", "stores", "L1-misses", "LL-misses", "branches", "branch-misses"]


def load(path):
    out = {}
    with open(path) as f:
        for line in f:
            record = json.loads(line)
            out[record["name"].removeprefix("Benchmark")] = record["metrics"]
    return out


def percent(values):
    low, high = min(values), max(values)
    return 0.0 if high == low else 100 * (high - low) / high


def alike(counts, spread, name):
    if STRICT:
        return spread == 0
    most = Counter(counts).most_common(1)[0][1]
    return spread <= RARE and (name in UNSTEADY or 2 * most > len(counts))


def shown(spread):
    return "0" if spread == 0 else f"{spread:.4f}"


def main(paths):
    runs = [load(p) for p in paths]
    names = list(runs[0])
    whole = len(paths) >= 2 and len(names) >= 20 and all(list(r) == names for r in runs)
    print(f"# {len(runs)} runs, {len(names)} benchmarks; distance of the extremes in percent")
    print("# | benchmark | instructions | " + " | ".join(METRICS) + " |")
    print("#" + " |---" * (len(METRICS) + 2) + " |")
    bad_same, bad_loose = [], []
    for name in names:
        missing = [m for m in METRICS for r in runs if m not in r.get(name, {})]
        if missing:
            bad_same.append(f"{name} lacks {missing[0]}")
            continue
        values = {m: [r[name][m]["value"] for r in runs] for m in METRICS}
        spreads = [percent(values[m]) for m in METRICS]
        print(f"# | {name} | {values['instructions'][0]:.0f} | " + " | ".join(map(shown, spreads)) + " |")
        distinct = sorted(set(values["instructions"]))
        if name.split("/")[0] in LOOSE:
            if STRICT and spreads[0] > LIMIT:
                bad_loose.append(f"{name}: {spreads[0]:.4f} %")
        elif not alike(values["instructions"], spreads[0], name):
            bad_same.append(f"{name}: {distinct[0]:.0f} to {distinct[-1]:.0f}")
    print("ok every run has every benchmark" if whole else
          "not ok every run has every benchmark: there are fewer than 20, or runs differ")
    same = "identical counts" if STRICT else "identical counts in most runs"
    checks = [(f"{same} where nothing is left to chance", bad_same)]
    if STRICT:
        checks.append((f"at most {LIMIT} % with goroutines and garbage", bad_loose))
    for what, bad in checks:
        print(f"not ok {what}: {'; '.join(bad)}" if bad else f"ok {what}")
    return 1 if bad_same or bad_loose or not whole else 0


sys.exit(main(sys.argv[1:]))
