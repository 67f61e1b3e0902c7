#!/usr/bin/env bash
# Memory that perfgo adds to a test binary, as the kernel accounts it at the end of a benchmark.
# Resident pages of libraries are shared with every other process that maps them; RssAnon is not.
. "$(dirname "$0")/lib.sh"

GOAL=8
what="resident memory added"
binary=$(own_binary) || { unmeasured "$what" "the benchmark does not build"; done_measuring; }
if both "$TMP/a" "$TMP/b" 'VmHWM-KiB VmRSS-KiB RssAnon-KiB RssFile-KiB' -- "$binary" $GO_TEST \
    -test.bench='^BenchmarkResident$' -test.benchtime=100000x; then
    added() { calc %.2f "($(median <"$TMP/b.$1-KiB") - $(median <"$TMP/a.$1-KiB")) / 1024"; }
    detail "VmRSS $(added VmRSS) MiB added, of it RssAnon $(added RssAnon), RssFile $(added RssFile)"
    figure "$what (peak, VmHWM)" "$(added VmHWM)" "$GOAL" MiB \
        "$(median <"$TMP/a.VmHWM-KiB") KiB without, $(median <"$TMP/b.VmHWM-KiB") with"
else
    unmeasured "$what" "a run printed nothing"
fi
done_measuring
