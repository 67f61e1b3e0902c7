#!/usr/bin/env bash
# A file past 500 lines, or a function past 60, has two jobs (warning); 800 and 120 are the end.
. "$(dirname "$0")/lib.sh"

allowed=$(allow_list size.allow)
files=0
while IFS= read -r file; do
    files=$((files + 1))
    ! grep -qxF "$file" <<<"$allowed" || continue
    lines=$(wc -l <"$file")
    if [ "$lines" -gt 800 ]; then
        fault "$file has $lines lines (limit 800)"
    elif [ "$lines" -gt 500 ]; then
        echo "warning: $file has $lines lines"
    fi
    # Functions open and close in the first column (.clang-format).
    while read -r length line; do
        if [ "$length" -gt 120 ]; then
            fault "$file:$line: a function of $length lines (limit 120)"
        elif [ "$length" -gt 60 ]; then
            echo "warning: $file:$line: a function of $length lines"
        fi
    done < <(awk '/^\{/ { start = NR } /^\}/ && start { print NR - start - 1, start; start = 0 }' "$file")
done < <(sources '*.[chS]')
[ "$files" -gt 0 ] || fault "found no source"
verdict size
