#!/usr/bin/env bash
# timeout: 240
# A profile holds the timed region and nothing else, all of it, on all threads.
. "$(dirname "$0")/lib.sh"

binary=$(binary region) || { not_ok build "the benchmarks do not build"; finish; }
profile region "$binary" -test.bench=. -test.benchtime=1s || not_ok run "exit status $?"
region_holds region 7 10
finish
