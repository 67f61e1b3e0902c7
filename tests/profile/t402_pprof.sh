#!/usr/bin/env bash
# timeout: 240
# What others make of the profiles: every view of go tool pprof, and the compiler's profile-guided
# optimisation.
. "$(dirname "$0")/lib.sh"

binary=$(binary pgo) || { not_ok build "the benchmarks do not build"; finish; }
profile pgo "$binary" -test.bench=. -test.benchtime=500ms || not_ok run "exit status $?"
mix=$(file pgo Mix) run=$(file pgo Run)

for view in -top -raw -tags -traces -dot '-list=MixAll' '-peek=MixAll'; do
    pprof "$view" "$mix" >"$TMP/view"
    check "pprof $view" "$(cat "$TMP/pprof.err")" test -s "$TMP/view"
done
pprof -list='pgo\.Mix$' "$mix" >"$TMP/list"
check "lines of the source" "$(cat "$TMP/list")" grep -qE '^ +[0-9.]+m?s +[0-9.]+m?s +[0-9]+:.*0x9e3779b97f4a7c15|bf58476d1ce4e5b9' "$TMP/list"
pprof -peek='pgo\.Mix$' "$mix" >"$TMP/peek"
check "the caller of a function without a frame" "$(cat "$TMP/peek")" grep -qE '(9[0-9.]*|100)% \| +example.com/profile/pgo.MixAll' "$TMP/peek"
pprof -tags "$mix" >"$TMP/tags"
for tag in benchmark:BenchmarkMix package:example.com/profile/pgo; do
    check "label $tag" "$(cat "$TMP/tags")" grep -q "${tag#*:}" "$TMP/tags"
done
check "labels thread and procs" "$(cat "$TMP/tags")" awk '/thread:/ { a = 1 } /procs:/ { b = 1 } END { exit !(a && b) }' "$TMP/tags"
pprof -raw "$mix" >"$TMP/raw"
check "types, period, duration, mapping" "$(head -n 12 "$TMP/raw"; grep -A2 ^Mappings "$TMP/raw")" awk '
    /^PeriodType: cpu nanoseconds/ { a = 1 } /^Period: 1001001$/ { b = 1 } /^Duration: [0-9.]+/ { c = 1 }
    /^samples\/count cpu\/nanoseconds\[dflt\]/ { d = 1 }
    /pgo.test [0-9a-zA-Z\/_-]+ \[FN\]\[FL\]\[LN\]\[IN\]/ { e = 1 } END { exit !(a && b && c && d && e) }' "$TMP/raw"
pprof -diff_base="$mix" -top "$run" >"$TMP/diff"
check "pprof -diff_base" "$(cat "$TMP/pprof.err")" grep -q 'pgo.*Step' "$TMP/diff"

# The web pages, one of each kind; whoever listens is ours and ended by its id.
fetch_has() { # URL TEXT
    local host=${1#http://} path
    path=/${host#*/} host=${host%%/*}
    exec 9<>"/dev/tcp/${host%:*}/${host#*:}" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$path" "$host" >&9
    grep -q "$2" <&9
}
go tool pprof -http=127.0.0.1: -no_browser "$mix" >"$TMP/http.out" 2>&1 &
server=$!
for _ in $(seq 50); do
    url=$(grep -oE 'http://[0-9.:]+' "$TMP/http.out" | head -n 1)
    [ -z "$url" ] || break
    sleep 0.1
done
for page in top flamegraph peek; do
    check "pprof -http: $page" "$(cat "$TMP/http.out")" fetch_has "${url:-none}/ui/$page" pgo.Mix
done
kill "$server" 2>/dev/null
wait "$server" 2>/dev/null

# The compiler: what it says with the profile, and not without.
says() { # NAME GO-BUILD-ARGUMENT...
    (cd "$BENCH" && go build "${@:2}" -gcflags=example.com/profile/pgo=-m ./pgo) >"$TMP/$1" 2>&1
}
if go version | grep -qE 'go1\.(1[0-9]|20)\b'; then
    skip pgo "this Go has no -pgo for all that is tested"
else
    says without -pgo=off
    says mix -pgo="$mix" || not_ok "go build -pgo" "$(cat "$TMP/mix")"
    says run -pgo="$run" || not_ok "go build -pgo" "$(cat "$TMP/run")"
    check "without a profile the call stays" "$(cat "$TMP/without")" test -z "$(grep 'inlining call to Mix$' "$TMP/without")"
    check "with it, it is inlined" "$(cat "$TMP/mix")" grep -q 'inlining call to Mix$' "$TMP/mix"
    check "with it, an interface's call is direct" "$(cat "$TMP/run")" grep -q 'PGO devirtualizing interface call s.Step to' "$TMP/run"
fi
finish
