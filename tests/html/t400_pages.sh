#!/usr/bin/env bash
# timeout: 300
# Report, comparison and history pages in a browser, of real runs and of names that try to be markup.
. "$(dirname "$0")/lib.sh"
need_chromium pages || finish
cd "$TMP" || exit 1
"$OUT/tests/hostile" hostile.pb.gz || not_ok "a hostile profile" "exit status $?"

# A real run, several packages and repeats.
mkdir -p real/a real/b && (cd real && printf 'module example.com/real\n\ngo 1.18\n' >go.mod &&
    for pkg in a b; do cat >$pkg/x_test.go <<GO
package $pkg

import "testing"

var sink []byte

func BenchmarkAlloc(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		sink = make([]byte, 64)
	}
}

func BenchmarkSub(b *testing.B) {
	for _, n := range []string{"one", "two"} {
		b.Run(n, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				sink = sink[:0]
			}
		})
	}
}
GO
    done
    "$PERFGO" test -q --run=real -- -bench=. -count=5 -benchtime=200x ./... >"$TMP/real.out" 2>&1) ||
    not_ok "a run" "$(tail -n 3 real.out)"
"$PERFGO" report real --format=html -o report.html || not_ok "report --format=html" "exit status $?"

# A comparison with every verdict.
side() { # FACTOR SEED
    awk -v f="$1" -v seed="$2" 'BEGIN { srand(seed); print "goos: linux\npkg: example.com/c"
        for (i = 1; i <= 10; i++) {
            printf "BenchmarkSlower-8 100 %.1f ns/op 16 B/op 2 allocs/op\n", 1000 * f + rand()
            printf "BenchmarkSame-8 100 %.1f ns/op %.2f MB/s 32 B/op 3 allocs/op\n", 500 + rand(), 90 + rand()
            printf "BenchmarkNoisy-8 100 %.1f ns/op 8 B/op 1 allocs/op\n", 300 + 200 * rand()
        }
        printf "Benchmark%s-8 100 %.1f ns/op 16 B/op 2 allocs/op\n", (f == 1 ? "Gone" : "Fresh"), 7 }'
}
side 1 1 >old.txt
side 1.2 2 >new.txt
"$PERFGO" compare old.txt new.txt --gate 'ns/op<=+5%' --gate 'MB/s>=-5%' --format=html -o compare.html
equal "compare exits as ever" $? 1
equal "every verdict occurs" "$(data compare.html | jq -r '[.rows[].verdict | strings] | unique | join(" ")')" "FAIL INCONCLUSIVE PASS"

# A history: 100 falls to 80 with the ninth run and rises to 92 with the seventeenth; a rate does the same.
for i in $(seq 24); do
    run=$PERFGO_OUTPUT-history/history/run$(printf %02d "$i")
    mkdir -p "$run"
    for k in 1 2 3 4 5; do
        jq -cn --argjson i "$i" --argjson k "$k" '(if $i < 9 then 100 elif $i < 17 then 80 else 92 end + ($i * 7 + $k * 3) % 5 * 0.1) as $ns
            | {schema: 1, pkg: "example.com/h", name: "BenchmarkSort", procs: 8, n: 10, ns_per_op: $ns, duration_ns: 10, iterations_run: 10,
               windows: 1, go: {"ns/op": $ns, "MB/s": $ns}, metrics: {}}'
    done >"$run/benchmarks.jsonl"
    jq -n --argjson i "$i" '{schema: 1, id: "run\($i)", time: "2026-10-\(if $i < 10 then "0" else "" end)\($i)T08:00:00Z", command: ["go"],
        git: {commit: ("0123456789abcdef01234567" + ("000000000000000\($i)" | .[-16:])), dirty: ($i == 5)}}' >"$run/testrun.json"
done
for unit in ns/op MB/s; do
    "$PERFGO" history --dir "$PERFGO_OUTPUT-history" Sort $unit --format=html -o "history-${unit%%/*}.html" || not_ok "history --format=html" "exit status $?"
done
equal "both changes are found" "$(data history-ns.html | jq -c '.series[0].changes | map(.point)')" '[8,16]'

# Names from a program that means harm; records as another tool could have written them.
hostile='x</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"'\''`&lt;'$'\n'']]>-->'$'\u2028''${window.hacked=1}'
for run in evil evil2; do
    mkdir -p "$PERFGO_OUTPUT/history/$run"
    for i in 1 2 3 4 5; do
        jq -cn --arg name "$hostile" --argjson i "$i" '{schema: 1, pkg: $name, name: ("Benchmark" + $name), procs: 2, n: 10,
            ns_per_op: (100 + $i), duration_ns: 10, iterations_run: 10, windows: 1, go: {"ns/op": (100 + $i), ($name | gsub("\\s"; "")): $i}, metrics: {}}'
    done >"$PERFGO_OUTPUT/history/$run/benchmarks.jsonl"
    jq -n --arg name "$hostile" --arg id "$run" '{schema: 1, id: $id, time: "2026-10-01T00:00:00Z", command: [$name], module: $name, note: $name,
        host: {cpu: $name}, tags: {($name | gsub("[\\s=,]"; "")): $name}, git: {branch: $name}}' >"$PERFGO_OUTPUT/history/$run/testrun.json"
done
"$PERFGO" report evil --format=html -o hostile-report.html || not_ok "report of hostile names" "exit status $?"
"$PERFGO" compare evil evil2 --format=html -o hostile-compare.html
"$PERFGO" history '*' --format=html -o hostile-history.html || not_ok "history of hostile names" "exit status $?"
"$PERFGO" view evil --html hostile-run.html || not_ok "view of hostile names" "exit status $?"
"$PERFGO" view hostile.pb.gz --html hostile-view.html || not_ok "view of a hostile profile" "exit status $?"
equal "hostile names arrive as they are" "$(data hostile-report.html | jq -r '.benchmarks[0].pkg')" "$hostile"

look report.html "$CHECKS/report.js" compare.html "$CHECKS/compare.js" history-ns.html "$CHECKS/history.js" history-MB.html "$CHECKS/history.js" \
    hostile-report.html "$CHECKS/hostile.js" hostile-compare.html "$CHECKS/hostile.js" hostile-history.html "$CHECKS/hostile.js" \
    hostile-run.html "$CHECKS/hostile.js" hostile-view.html "$CHECKS/hostile.js"

# The same page drawn for somebody who likes it dark, and narrow.
browser -dark -size 420x800 report.html "$CHECKS/report.js" >narrow.out
check "narrow and dark" "$(grep '^not ok' narrow.out | head -n 3)" [ "$(grep -c '^ok ' narrow.out)" -gt 10 ]
check "narrow and dark: nothing fails" "$(grep '^not ok' narrow.out | head -n 3)" [ "$(grep -c '^not ok' narrow.out)" -eq 0 ]

# What this test is there to see, it sees: each fault is planted into a page of its own.
fault() { # NAME PATTERN HTML [CHECK]
    printf '<!DOCTYPE html><title>%s</title><link rel="icon" href="data:,">%s' "$1" "$3" >"planted-$1.html"
    echo "${4:-check('here', true); await sleep(300);}" | sed 's/}$//' >"planted-$1.js"
    planted+=("planted-$1.html" "planted-$1.js")
    patterns+=("$2")
}
planted=() patterns=()
fault console 'planted-console: nothing on the console: .*oops' '<script>console.error("oops")</script>'
fault exception 'planted-exception: nothing on the console: .*boom' '<script>throw new Error("boom")</script>'
fault image 'planted-image: no request: http://127.0.0.1:9/x.png' '<img src="http://127.0.0.1:9/x.png">'
fault fetch 'planted-fetch: no request: http://127.0.0.1:9/y' '<script>fetch("http://127.0.0.1:9/y").catch(() => {})</script>'
fault policy 'planted-policy: nothing on the console: ' \
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"><script>1</script>"
fault failing 'planted-failing: wrong: because' '' 'check("wrong", false, "because")'
fault throwing 'planted-throwing: its checks run to the end: ' '' 'check("here", true); nothing.at.all'
fault silent 'planted-silent: has checks: ' '' '1'
browser "${planted[@]}" >planted.out
for i in "${!patterns[@]}"; do
    check "a planted fault is seen: ${patterns[i]%%:*}" "$(grep "${patterns[i]%%:*}:" planted.out | head -c 500)" \
        grep -q "^not ok ${patterns[i]}" planted.out
done
finish
