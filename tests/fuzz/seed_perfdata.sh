#!/usr/bin/env bash
# seed_perfdata.sh DIR - small recordings as seeds: a file and a pipe, with callchains and without.
set -euo pipefail
dir=$1
command -v perf >/dev/null || {
    echo "no seeds: perf is not installed"
    exit 0
}
perf record -q -e page-faults:u -c 20 -g -o "$dir/file" true || exit 0
perf record -q -e page-faults:u,cpu-clock:u -c 30 -o - true >"$dir/pipe" || exit 0
for file in "$dir"/*; do # the descriptions of all processes and modules are not wanted
    [ "$(stat -c %s "$file")" -lt 200000 ] || rm "$file"
done
