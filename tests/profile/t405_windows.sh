#!/usr/bin/env bash
# timeout: 120
# A million stops and starts of the timer in one benchmark, sampled: memory does not grow with them,
# and what is sampled is still the timed region.
. "$(dirname "$0")/lib.sh"

binary=$(binary windows) || { not_ok build "the benchmarks do not build"; finish; }
profile windows "$binary" -test.bench=. -test.benchtime=1000000x -test.cpu=1 || not_ok run "exit status $?"
equal "windows counted" "$(field windows StopStart .windows)" 1001002
least "resident memory grown by less than 512 KiB" \
    "$(field windows StopStart '.go["grown-KiB"] // 1e9 | if . < 512 then 1 else 0 end')" 1
equal "none lost" "$(field windows StopStart .samples.lost)" 0
# What perfgo does at the windows' rims is its own: nothing of it is in the profile.
pprof -raw "$(file windows StopStart)" >"$TMP/raw"
equal "perfgo's own code" "$(grep -oE 'libperfgo[a-z.-]*|pg_trampoline' "$TMP/raw" | sort -u | xargs)" ""
finish
