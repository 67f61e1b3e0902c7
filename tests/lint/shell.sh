#!/usr/bin/env bash
# Shell scripts parse; shellcheck, where it is installed, finds no error.
. "$(dirname "$0")/lib.sh"

mapfile -t files < <({ sources '*.sh'; sources '.ci/*'; } | sort -u)
[ ${#files[@]} -gt 0 ] || fault "found no script"
for file in "${files[@]}"; do
    fault_lines < <(bash -n "$file" 2>&1 | head -n 1)
    if command -v shellcheck >/dev/null 2>&1; then
        fault_lines < <(shellcheck --severity=error --shell=bash --format=gcc "$file")
    fi
done
verdict shell
