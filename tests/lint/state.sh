#!/usr/bin/env bash
# The engine is a library in a stranger's process: no constructor, no writable data of its own.
. "$(dirname "$0")/lib.sh"
shopt -s nullglob globstar

objects=("$OBJ"/preload/engine/**/*.o "$OBJ"/gen/**/*.o)
[ ${#objects[@]} -gt 0 ] || fault "no engine objects in $OBJ"
allowed=$(allow_list state.allow)
for object in "${objects[@]}"; do
    name=${object#"$OBJ"/}
    fault_lines < <(readelf -SW "$object" | grep -oE '\.(init_array|ctors|preinit_array|fini_array|dtors|tdata|tbss)[^ ]*' |
        sort -u | sed "s|^|$name has a section |")
    # Sections that stay writable; .data.rel.ro is read-only once the loader is done.
    while read -r symbol; do
        grep -qxF "$name:$symbol" <<<"$allowed" || fault "$name has writable data: $symbol"
    done < <(objdump -t "$object" | awk '
        match($0, /(\*COM\*|\.t?bss|\.t?data|\.lbss|\.ldata)/) {
            rest = substr($0, RSTART)
            split(rest, field, /[ \t]+/)
            if (field[1] !~ /^\.data\.rel\.ro/ && field[3] != field[1] && field[2] !~ /^0+$/)
                print field[3] == ".hidden" ? field[4] : field[3]
        }' | sort -u)
done
verdict state
