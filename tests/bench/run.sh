#!/usr/bin/env bash
# run.sh - what perfgo costs, as ratios and differences within one run.
#
#   tests/bench/run.sh [TOPIC...]      TOPIC: a script t*.sh of this folder, without t and .sh
#
# Every figure is printed with its goal. A missed goal is printed as MISSED and is no failure: these
# figures depend on the machine, and on what else it does. The exit status is 1 when something could
# not be measured.
LIB_NO_TMP=1
. "$(dirname "$0")/../lib.sh"

cd "$ROOT/tests/bench" || exit 1
[ $# -gt 0 ] || set -- $(for f in t*.sh; do f=${f#t}; echo "${f%.sh}"; done)
status=0
echo "# $(go version | cut -d' ' -f3-), $(nproc) processors, Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
for topic in "$@"; do
    [ -f "t$topic.sh" ] || { echo "no such topic: $topic" >&2; status=1; continue; }
    bash "t$topic.sh" || status=1
done
exit $status
