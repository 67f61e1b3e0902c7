#!/usr/bin/env bash
# timeout: 120
# Lines of C from a debuginfod server: the program has none, the server has them by build id.
. "$(dirname "$0")/lib.sh"

[ "$(go env CGO_ENABLED)" = 1 ] || { skip debuginfod "cgo is off"; finish; }
ldconfig -p | grep -q 'libdebuginfod\.so\.1' || { skip debuginfod "libdebuginfod is not installed"; finish; }
binary=$(binary native '-ldflags=-s=0 -B=gobuildid') || { not_ok build "does not build"; finish; }
id=$(readelf -n "$binary" | sed -n 's/.*Build ID: //p')
mkdir -p "$TMP/served/buildid/$id"
objcopy --only-keep-debug "$binary" "$TMP/served/buildid/$id/debuginfo" && strip --strip-debug "$binary" ||
    { not_ok build "its lines cannot be taken away"; finish; }

python3 -u -m http.server 0 --bind 127.0.0.1 -d "$TMP/served" >"$TMP/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$TMP"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$TMP/server.log")
    [ -z "$port" ] || break
    sleep 0.1
done
export DEBUGINFOD_CACHE_PATH=$TMP/cache
lines() { # RUN: of c_leaf, how many lines are named
    pprof -raw "$(file "$1" ThreeDeep)" | grep -oE 'c_leaf [^ ]*native\.go:[1-9][0-9]*' | sort -u | wc -l
}
run() { profile "$1" "$binary" '-test.run=^$' -test.bench=ThreeDeep -test.benchtime=300ms || not_ok "$1" "$(tail -n 2 "$TMP/$1.err")"; }

unset DEBUGINFOD_URLS
run without
equal "without a server: no lines" "$(lines without)" 0
least "but names" "$(flat "$(file without ThreeDeep)" '^c_leaf$')" 50
export DEBUGINFOD_URLS=http://127.0.0.1:$port
run with
least "with it: lines" "$(lines with)" 1
check "asked for by build id" "$(cat "$TMP/server.log")" grep -q "GET /buildid/$id/debuginfo.* 200" "$TMP/server.log"
export DEBUGINFOD_URLS=http://127.0.0.1:1 DEBUGINFOD_CACHE_PATH=$TMP/other
run gone
least "a server that does not answer: names all the same" "$(flat "$(file gone ThreeDeep)" '^c_leaf$')" 50
finish
