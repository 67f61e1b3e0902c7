#!/usr/bin/env python3
"""spread.py RUN... - compares the counts of several simulations of the same benchmarks.

Each RUN is a benchmarks.jsonl. Prints a table of spreads per benchmark and, for tests/run.sh, a line
for what must hold: identical instruction counts where neither goroutines nor the collector are at
work, and at most 0.01 % between them elsewhere, except for what docs/simulate.md explains.
"""

import json
import sys

# Goroutines, or garbage.
LOOSE = {"Builder", "Sprintf", "JSON", "Gzip", "Allocate", "RunParallel", "Channel", "Goroutines"}
LIMIT = 0.01  # percent
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
        if name.split("/")[0] not in LOOSE:
            if len(distinct) > 1:
                bad_same.append(f"{name}: {distinct[0]:.0f} to {distinct[-1]:.0f}")
        elif spreads[0] > LIMIT:
            bad_loose.append(f"{name}: {spreads[0]:.4f} %")
    print("ok every run has every benchmark" if whole else
          "not ok every run has every benchmark: there are fewer than 20, or runs differ")
    for what, bad in (("identical counts where nothing is left to chance", bad_same),
                      (f"at most {LIMIT} % with goroutines and garbage", bad_loose)):
        print(f"not ok {what}: {'; '.join(bad)}" if bad else f"ok {what}")
    return 1 if bad_same or bad_loose or not whole else 0


sys.exit(main(sys.argv[1:]))
