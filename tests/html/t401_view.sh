#!/usr/bin/env bash
# timeout: 300
# perfgo view: pages of profiles, alone and against each other; what it does on a terminal; and that
# its numbers are those of go tool pprof.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1
mkdir -p m && cd m && printf 'module example.com/m\n\ngo 1.18\n' >go.mod

# version MORE LESS THIRD: a benchmark that spends its time in more, less, same, and a third function.
version() {
    cat >m_test.go <<GO
package m

import (
	"sort"
	"testing"
)

var sink int

func spin(n int) {
	for i := 0; i < n; i++ {
		sink += i ^ sink
	}
}

//go:noinline
func more() { spin($1) }

//go:noinline
func less() { spin($2) }

//go:noinline
func same() { spin(3000) }

//go:noinline
func $3() { spin(2000) }

func BenchmarkWork(b *testing.B) {
	for i := 0; i < b.N; i++ {
		more()
		less()
		same()
		$3()
	}
}

func BenchmarkSort(b *testing.B) {
	x := make([]int, 500)
	for i := 0; i < b.N; i++ {
		for k := range x {
			x[k] = k * 7919 % 503
		}
		sort.Ints(x)
	}
}
GO
}
pprof() { go tool pprof "$@" 2>"$TMP/pprof.err"; }

# flat PAGE TYPE: function and value, the ten with the most, as recorded.
flat() {
    data "$1" | jq -r --arg type "$2" '.benchmarks[0].sides[0].profile | (.types | map(.type) | index($type)) as $t | . as $p
        | [range(1; .tree.parent | length) | {f: $p.functions[$p.tree.function[.]][0], v: $p.tree.self[$t][.]}]
        | group_by(.f) | map({f: .[0].f, v: (map(.v) | add)}) | map(select(.v != 0)) | sort_by([-.v, .f])[:10][] | "\(.f) \(.v)"'
}
# The same as go tool pprof says it.
pprof_flat() { # FILE TYPE
    pprof -sample_index="$2" -raw "$1" | awk -v type="$2/" '
        /^Samples:/ { part = "samples"; next } /^Locations/ { part = "locations"; next } /^Mappings/ { part = "" }
        part == "samples" && index($0, "/") && !column { for (i = 1; i <= NF; i++) if (index($i, type) == 1) column = i; next }
        part == "samples" && /^ *[0-9]+/ && /: / { split($0, half, ": "); split(half[1], v, " "); split(half[2], l, " "); flat[l[1]] += v[column] }
        part == "locations" && /^ +[0-9]+: / { id = $1; sub(":", "", id); k = 3; if ($k ~ /^M=/) k++; name[id] = $k }
        END { for (id in flat) sum[name[id]] += flat[id]; for (f in sum) if (sum[f] != 0) print f, sum[f] }' | sort -k2,2nr -k1,1 | head -n 10
}

serve() { # NAME PATTERN ARGUMENT...: pprof's web interface comes up and has the pattern
    local name=$1 pattern=$2 pid port=
    shift 2
    set -m
    env -u DISPLAY -u WAYLAND_DISPLAY -u BROWSER "$PERFGO" view "$@" >"$TMP/serve" 2>&1 </dev/null &
    pid=$!
    set +m
    for _ in $(seq 100); do
        port=$(sed -n 's|.*Serving web UI on http://localhost:\([0-9]*\).*|\1|p' "$TMP/serve")
        [ -z "$port" ] || break
        sleep 0.1
    done
    # It says so a moment before it listens.
    opened() { { exec 3<>"/dev/tcp/localhost/$port"; } 2>/dev/null; }
    for _ in $(seq 100); do
        [ -z "$port" ] || ! opened || break
        sleep 0.1
    done
    if [ -n "$port" ] && opened; then
        printf 'GET /ui/top HTTP/1.0\r\nHost: localhost:%s\r\n\r\n' "$port" >&3
        cat <&3 >"$TMP/top.html"
        exec 3>&-
    fi
    check "$name" "$(head -c 400 "$TMP/serve") $(head -c 300 "$TMP/top.html")" grep -q "$pattern" "$TMP/top.html"
    kill -- -"$pid"
    wait "$pid" 2>/dev/null
    rm -f "$TMP/top.html"
}

version 4000 6000 gone
go test -run='^$' -bench=Sort -benchtime=300ms -cpuprofile="$TMP/cpu.pprof" . >"$TMP/go.out" 2>&1 || not_ok "go test" "$(cat "$TMP/go.out")"
"$PERFGO" view "$TMP/cpu.pprof" --html "$TMP/go-profile.html" || not_ok "view of Go's own profile" "exit status $?"
for type in samples cpu; do
    equal "Go's own profile: the functions with the most $type" "$(flat "$TMP/go-profile.html" $type)" "$(pprof_flat "$TMP/cpu.pprof" $type)"
done

# What perfgo samples: one profile for all repeats, or with --each one for each.
"$PERFGO" test profile -q --run=sampled -- -bench=Work -benchtime=100ms -count=2 . >"$TMP/sampled.out" 2>&1 || not_ok "a sampled run" "$(tail -n 3 "$TMP/sampled.out")"
"$PERFGO" view sampled --html "$TMP/sampled.html" || not_ok "view of a sampled run" "exit status $?"
equal "per operation: of all repeats" "$(data "$TMP/sampled.html" | jq '.benchmarks[0].sides[0].n')" \
    "$(jq -s 'map(.n) | add' "$PERFGO_OUTPUT/history/sampled/benchmarks.jsonl")"
serve "pprof's web interface, sampled" 'example.com/m.same' sampled
"$PERFGO" test profile -q --each --run=each -- -bench=Work -benchtime=20ms -count=2 . >"$TMP/sampled.out" 2>&1
"$PERFGO" view each --html "$TMP/each.html"
equal "a profile for each repeat" "$(data "$TMP/each.html" | jq -c '[.benchmarks[] | select(.sides[0].profile != null) | .label | sub("-[0-9]+"; "")]')" '["Work, repeat 1","Work, repeat 2"]'

if command -v valgrind >/dev/null 2>&1; then
    run() { "$PERFGO" test simulate -q --run="$1" -- -bench=. -benchtime=50x . >"$TMP/$1.out" 2>&1 || not_ok "run $1" "$(tail -n 3 "$TMP/$1.out")"; }
    run old
    version 6000 4000 fresh
    run new
    "$PERFGO" view old --html "$TMP/view.html" || not_ok "view --html" "exit status $?"
    "$PERFGO" view old new Work --html "$TMP/diff.html" || not_ok "view OLD NEW --html" "exit status $?"
    equal "one benchmark was named" "$(data "$TMP/diff.html" | jq -r '.benchmarks[].label')" Work
    file=$PERFGO_OUTPUT/history/old/profiles/example.com/m/BenchmarkSort-1.pb.gz
    "$PERFGO" view old Sort --html "$TMP/sort.html"
    for type in instructions branch-misses; do
        equal "the functions with the most $type" "$(flat "$TMP/sort.html" $type)" "$(pprof_flat "$file" $type)"
    done
    equal "the newest run is the default" "$("$PERFGO" view Work --html - | data /dev/stdin | jq -r '.runs[0].id')" new

    # On a terminal.
    "$PERFGO" view old >"$TMP/text" 2>&1
    check "several profiles are listed" "$(cat "$TMP/text")" awk '/^  (Work|Sort)$/ { n++ } END { exit n != 2 }' "$TMP/text"
    serve "pprof's web interface" 'example.com/m.same' old Work
    serve "at an address" 'example.com/m.same' --http localhost:$((20000 + RANDOM % 20000)) old Work
    serve "with a difference" 'example.com/m.fresh' old new Work
else
    skip "simulated profiles" "Valgrind is not installed"
fi

# What cannot be looked at is said in one sentence.
sentence() { # NAME PATTERN ARGUMENT...
    local name=$1 pattern=$2 status
    shift 2
    "$PERFGO" view "$@" >"$TMP/said" 2>&1
    status=$?
    check "$name" "$status: $(cat "$TMP/said")" [ "$status" = 3 ]
    check "$name: one sentence" "$(cat "$TMP/said")" [ "$(grep -c "^perfgo: view: .*$pattern" "$TMP/said")" = 1 ]
}
head -c 300 "$TMP/cpu.pprof" >"$TMP/torn.pprof"
sentence "a torn profile" "torn.pprof: .*damaged" "$TMP/torn.pprof" --html "$TMP/x.html"
sentence "no profile at all" "no pprof profile" "$TMP/m/go.mod" --html "$TMP/x.html"
sentence "no such run" "neither a run nor a benchmark" "$TMP/cpu.pprof" nothing --html "$TMP/x.html"
sentence "too many words" "too much" "$TMP/cpu.pprof" "$TMP/cpu.pprof" a b --html "$TMP/x.html"
sentence "a page that cannot be written" "nowhere" "$TMP/cpu.pprof" --html "$TMP/nowhere/x.html"
check "nothing was left behind" "x.html is there" [ ! -e "$TMP/x.html" ]

need_chromium "pages of profiles" || finish
pages=("$TMP/go-profile.html" "$CHECKS/view.js" "$TMP/sampled.html" "$CHECKS/view.js")
[ ! -e "$TMP/view.html" ] || pages+=("$TMP/view.html" "$CHECKS/view.js" "$TMP/diff.html" "$CHECKS/diff.js")
look "${pages[@]}"
finish
