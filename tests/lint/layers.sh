#!/usr/bin/env bash
# Include direction: proto < engine (by layers.txt) < agent < simulator | cli; agent and cli never see each other;
# *_priv.h stays in its folder. A layer that includes upward cannot be used, or tested, alone.
. "$(dirname "$0")/lib.sh"

# The agent takes the engine's functions from perfgo_engine; of its headers it needs the types.
AGENT_MAY=$(sed -n 's/^#include "\(.*\)"/\1/p' preload/engine/collect/engine.h 2>/dev/null)

declare -A rank=()
while read -r folder number; do rank[$folder]=$number; done < <(sed 's/#.*//' "$LINT_DIR/layers.txt" | grep .)

# The path from the root of the tree that `include` in `file` means, or nothing.
resolve() {
    local file=$1 include=$2 dir candidate
    dir=$(dirname "$file")
    for candidate in "$dir/$include" "$include" "preload/engine/$include" \
        preload/engine/hot/arch/*/"$include" "preload/agent/$include"; do
        # The agent's folder is searched for its own assembly only.
        case $candidate:$file in preload/agent/*:preload/agent/* | preload/*:preload/simulator/* | [!p]*:* | \
            preload/engine/*:* | proto/*:*) ;;
        *) continue ;; esac
        if [ -f "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    case $include in proto/*.pb-c.h) echo "$include" ;; esac
}

part() {
    case $1 in
    proto/*) echo proto ;;
    preload/engine/*/*) cut -d/ -f3 <<<"$1" ;;
    preload/agent/*) echo agent ;;
    preload/simulator/*) echo simulator ;;
    cli/*) echo cli ;;
    gohook/hook_abi.h) echo hook ;;
    *) echo other ;;
    esac
}

check_include() {
    local file=$1 include=$2 target from to
    case $include in *..*) fault "$file includes $include: paths start at the root or at preload/engine"; return ;; esac
    target=$(resolve "$file" "$include")
    [ -n "$target" ] || { fault "$file includes $include, which is not there"; return; }
    from=$(part "$file") to=$(part "$target")
    case $target in
    *_priv.h)
        [ "$(dirname "$file")" = "$(dirname "$target")" ] ||
            { fault "$file includes $target, which is private to its folder"; return; } ;;
    esac
    [ "$from" != "$to" ] || return
    [ "$to" != proto ] || [ "$from" = proto ] || return 0
    case $from:$to in
    simulator:agent | simulator:hot | simulator:arch) ;;
    proto:* | *:cli | *:simulator | *:agent | *:other) fault "$file ($from) includes $target ($to)" ;;
    cli:*) ;;
    agent:base | agent:hot | agent:hook) ;;
    agent:*)
        [ "$include" = collect/engine.h ] || grep -qxF "$include" <<<"$AGENT_MAY" ||
            fault "$file (agent) includes $target: only collect/engine.h and what it includes" ;;
    *)
        if [ -z "${rank[$from]:-}" ] || [ -z "${rank[$to]:-}" ]; then
            fault "$file ($from) includes $target ($to): give both a rank in tests/lint/layers.txt"
        elif [ "${rank[$to]}" -ge "${rank[$from]}" ]; then
            fault "$file ($from) includes $target ($to), which is not a lower layer"
        fi ;;
    esac
}

seen=0
while IFS=: read -r file include; do
    seen=$((seen + 1))
    check_include "$file" "$include"
done < <(sources 'preload/*.[chS]' 'proto/*.[ch]' 'cli/*.[ch]' | sort -u | xargs -r grep -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
    sed -E 's/^([^:]*):[^"]*"([^"]*)".*/\1:\2/')
[ "$seen" -gt 0 ] || fault "found no include line at all"
verdict layers
