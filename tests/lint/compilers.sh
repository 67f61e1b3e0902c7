#!/usr/bin/env bash
# gcc and clang both build everything without a warning, each into an object tree of its own.
. "$(dirname "$0")/lib.sh"

for compiler in gcc clang; do
    command -v "$compiler" >/dev/null 2>&1 || { fault "$compiler is not installed"; continue; }
    # The tree that make fills anyway is one of them.
    out=build/$compiler
    [ "$(readlink -f "$(command -v cc)")" != "$(readlink -f "$(command -v "$compiler")")" ] || out=build
    if ! log=$(make -j"$(nproc)" --no-print-directory OUT="$out" CC="$compiler" all unit-build 2>&1); then
        printf '%s\n' "$log" | tail -n 40
        fault "$compiler: $(grep -m 1 -E ' error: |undefined reference|\*\*\* ' <<<"$log")"
    fi
done
verdict compilers
