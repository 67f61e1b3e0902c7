#!/usr/bin/env bash
# run_one.sh NAME SECONDS - runs build/fuzz/fuzz/fuzz_NAME and says "ok fuzz:NAME runs=N", or where
# the input is that broke it. Inputs found on the way stay in build/fuzz/corpus/NAME for the next run.
set -u
cd "$(dirname "$0")/../.." || exit 1
name=$1 seconds=$2
work=build/fuzz/corpus/$name seeds=$PWD/build/fuzz/seeds/$name crashes=build/fuzz/crashes/$name/
mkdir -p "$work" "$crashes"
rm -rf "$seeds" && mkdir -p "$seeds"

if [ -f "tests/fuzz/seed_$name.sh" ] && ! bash "tests/fuzz/seed_$name.sh" "$seeds"; then
    echo "not ok fuzz:$name: tests/fuzz/seed_$name.sh failed"
    exit 1
fi
dirs=("$work" "$seeds")
[ ! -d "tests/fuzz/corpus/$name" ] || dirs+=("tests/fuzz/corpus/$name")

# Replaying a large corpus comes on top of the time that was asked for.
output=$(timeout -k 10 $((seconds + 120)) "build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" \
    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$crashes" "${dirs[@]}" 2>&1)
status=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$output")
if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
    echo "ok fuzz:$name runs=$runs"
    exit 0
fi
printf '%s\n' "$output" | tail -n 60
echo "not ok fuzz:$name: exit status $status after ${runs:-no} runs; the input is in $crashes"
exit 1
