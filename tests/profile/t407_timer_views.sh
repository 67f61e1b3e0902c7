#!/usr/bin/env bash
# timeout: 240
# What t402 and t405 hold of perf's samples holds of those that CPU timers take.
FLAGS=--backend=timer
for script in t402_pprof t405_windows; do
    (
        . "$(dirname "$0")/$script.sh"
    ) | sed -E 's/^(ok|not ok|skip) /&timer: /'
done
