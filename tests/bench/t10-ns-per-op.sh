#!/usr/bin/env bash
# ns/op with perfgo over without, for benchmarks of the standard library.
. "$(dirname "$0")/lib.sh"

BENCHTIME=${BENCHTIME:-60ms}
std_ratios "with over without" 1.01
done_measuring
