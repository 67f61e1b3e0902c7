#!/usr/bin/env bash
# Bundled libraries are the files that cli/html/vendor/README.md says, and all of them are in it.
. "$(dirname "$0")/lib.sh"

list=cli/html/vendor/README.md
seen=0
while read -r file sum; do
    seen=$((seen + 1))
    [ "$(sha256sum "cli/html/vendor/$file" 2>/dev/null | cut -d' ' -f1)" = "$sum" ] ||
        fault "cli/html/vendor/$file is not the file of $list"
done < <(sed -nE 's/^\| ([^ |]+\.js) \|.*\| ([0-9a-f]{64}) \|$/\1 \2/p' "$list" 2>/dev/null)
[ "$seen" -gt 0 ] || fault "found no list of bundled libraries"
for file in cli/html/vendor/*.js; do
    [ ! -f "$file" ] || grep -qF "| $(basename "$file") |" "$list" || fault "$file is not in $list"
done
verdict vendor
