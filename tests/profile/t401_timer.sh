#!/usr/bin/env bash
# timeout: 240
# Without perf_event_open, as an ordinary user: CPU timers take the samples, and the profiles hold the
# same. The kernel looks at those timers at its ticks, so that the number of samples in short windows is
# chance. The CPU time that they stand for is not: it is what the threads' clocks have shown in them.
. "$(dirname "$0")/lib.sh"
seccomp_exec timer || finish
if [ "$(id -u)" = 0 ]; then user=65534; else user=-; fi

binary=$(binary region) || { not_ok build "the benchmarks do not build"; finish; }
mkdir -m 777 "$TMP/timer.d"
WRAP="$TMP/seccomp_exec EPERM $user" profile timer "$binary" -test.bench="Setup|StopStart|Sub|Threads" -test.benchtime=1s ||
    not_ok run "exit status $?: $(tail -n 3 "$TMP/timer.err")"
region_holds timer 4 1

pprof -raw "$(file timer Setup)" >"$TMP/raw"
check "the profile names its back end" "$(head -n 8 "$TMP/raw")" grep -q 'back end: timer' "$TMP/raw"
finish
