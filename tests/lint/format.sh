#!/usr/bin/env bash
# clang-format has no complaint. Its releases differ in details: 14 is the judge, and what another one
# would write differently is not held against the tree.
. "$(dirname "$0")/lib.sh"

if ! command -v clang-format >/dev/null 2>&1; then
    skip lint:format "clang-format is not installed"
    exit 0
fi
major=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
mapfile -t files < <(sources '*.[ch]')
[ ${#files[@]} -gt 0 ] || fault "found no source"
fault_lines < <(clang-format --style=file --dry-run -Werror "${files[@]}" 2>&1 |
    sed -nE 's/^([^:]+:[0-9]+):[0-9]+: (error|warning): .*/\1 is not as clang-format writes it/p' | sort -u)
if [ ${#faults[@]} -gt 0 ] && [ "$major" != 14 ]; then
    skip lint:format "clang-format $major differs from 14 in ${#faults[@]} lines"
    exit 0
fi
verdict format
