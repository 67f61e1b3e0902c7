#!/usr/bin/env bash
# What runs on a Go thread uses no libc, no thread-local storage and no vector registers: there the
# thread pointer may be Go's own, and Go's arguments and zero register live in vector registers.
#   - objects of hot/: external symbols, relocations, instructions
#   - libperfgo.so: everything that is reachable from a hook by direct calls
#   - libperfgo-simulate.so: all of it, which no loader relocates against anything
. "$(dirname "$0")/lib.sh"
shopt -s nullglob

VECTOR='%[xyz]mm[0-9]'
case $(uname -m) in
x86_64) ;;
*) VECTOR='[^a-z0-9_][vqd][0-9]+[.,]' ;;
esac

hot=("$OBJ"/preload/engine/hot/*.o)
agent=("$OBJ"/preload/agent/*.o "$OBJ"/preload/agent/arch/*/*.o "$OBJ"/preload/simulator/*.o)
library=$OUT/lib/libperfgo.so

[ ${#hot[@]} -gt 0 ] || fault "no objects of hot/ in $OBJ"
if [ ${#hot[@]} -gt 0 ]; then
    # What one object of hot/ needs another one may give.
    fault_lines < <(comm -23 <(nm -u "${hot[@]}" | awk 'NF == 2 { print $2 }' | sort -u) \
        <({
            nm --defined-only "${hot[@]}" | awk 'NF == 3 { print $3 }'
            allow_list gothread.allow
            echo _GLOBAL_OFFSET_TABLE_
        } | sort -u) | sed 's/.*/hot refers to &, which is neither in hot nor in gothread.allow/')
fi

for object in "${hot[@]}" "${agent[@]}"; do
    name=${object#"$OBJ"/}
    fault_lines < <(readelf -rW "$object" 2>/dev/null |
        grep -oE 'R_[A-Z0-9_]*(TPOFF|TLSGD|TLSLD|TLSDESC|TLSLE|TLSIE)[A-Z0-9_]*' | sort -u |
        sed "s|^|$name uses thread-local storage: |")
    # Assembly says itself what it saves.
    case $name in preload/agent/arch/*) continue ;; esac
    fault_lines < <(objdump -d --no-show-raw-insn "$object" | grep -E "$VECTOR" | head -n 1 |
        sed "s|^|$name uses a vector register: |")
    fault_lines < <(objdump -d --no-show-raw-insn "$object" | grep -E '%fs:|tpidr_el0' | head -n 1 |
        sed "s|^|$name reads through the thread pointer: |")
done

# Direct calls and jumps between functions, "from to", then all that hooks reach; a name with @plt is
# outside of the library. Indirect calls (the engine's table) are not seen: hooks have no business
# with the engine.
if [ -f "$library" ]; then
    reached=$(objdump -d --no-show-raw-insn "$library" | awk '
        /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); next }
        /^ / && /[ \t](call|jmp|j[a-z]+|bl|b|b\.[a-z]+|cbn?z|tbn?z)q?[ \t]/ && match($0, /<[^>]*>$/) {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            sub(/\+0x[0-9a-f]+$/, "", target)
            if (target != name && !((name, target) in seen)) {
                seen[name, target] = 1
                calls[name] = calls[name] " " target
            }
        }
        END {
            for (name in calls)
                if (name ~ /^hook_/) { queue[++n] = name; path[name] = name }
            for (i = 1; i <= n; i++) {
                m = split(calls[queue[i]], callee, " ")
                for (k = 1; k <= m; k++) {
                    if (callee[k] in path) continue
                    path[callee[k]] = path[queue[i]] " -> " callee[k]
                    if (callee[k] ~ /@/)
                        print "a Go thread can reach libc: " path[callee[k]]
                    else
                        queue[++n] = callee[k]
                }
            }
            print "reached", n + 0
        }' | sort)
    fault_lines < <(grep -v '^reached ' <<<"$reached")
    [ "$(sed -n 's/^reached //p' <<<"$reached")" -gt 0 ] 2>/dev/null ||
        fault "found no function hook_* that calls anything in libperfgo.so"
else
    fault "no $library"
fi
simulator=$OUT/lib/libperfgo-simulate.so
if [ -f "$simulator" ]; then
    fault_lines < <(readelf -dW "$simulator" | grep NEEDED | sed 's/^/libperfgo-simulate.so needs a library: /')
    fault_lines < <(readelf -rW "$simulator" | awk '/R_/ && !/_RELATIVE/' | sed 's/^/libperfgo-simulate.so is relocated against a symbol: /')
else
    fault "no $simulator"
fi
verdict gothread
