#!/usr/bin/env bash
# What the two libraries export and need. libperfgo.so is preloaded into compilers and shells: libc
# alone, and no name but those of exports.map. The engine exports its one table.
. "$(dirname "$0")/lib.sh"

exported() { nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u; }

# Names in the global: parts of a version script.
listed() {
    sed -e 's|/\*.*\*/||g' "$1" | tr ';{}' '\n\n\n' | awk '
        { gsub(/[ \t]/, "") }
        sub(/^global:/, "") { on = 1 }
        sub(/^local:/, "") { on = 0 }
        on && $0 != "" { print }' | sort -u
}

compare() {
    local what=$1 want=$2 have=$3
    fault_lines < <(comm -13 <(echo "$want" | grep .) <(echo "$have" | grep .) | sed "s|.*|$what exports &, which is not in its list|")
    fault_lines < <(comm -23 <(echo "$want" | grep .) <(echo "$have" | grep .) | sed "s|.*|$what does not export &|")
}

needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

if [ -f "$OUT/lib/libperfgo.so" ]; then
    compare libperfgo.so "$(listed preload/agent/exports.map)" "$(exported "$OUT/lib/libperfgo.so")"
    # Before glibc 2.34 threads and dlopen were libraries of their own, and parts of libc all the same.
    fault_lines < <(needed "$OUT/lib/libperfgo.so" |
        grep -vE '^(libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux.*)$' | sed 's/^/libperfgo.so needs /')
else
    fault "no $OUT/lib/libperfgo.so"
fi
if [ -f "$OUT/lib/libperfgo-engine.so" ]; then
    compare libperfgo-engine.so perfgo_engine "$(exported "$OUT/lib/libperfgo-engine.so")"
else
    fault "no $OUT/lib/libperfgo-engine.so"
fi
verdict exports
