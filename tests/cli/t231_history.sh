#!/usr/bin/env bash
# timeout: 300
# perfgo history, gc, list's filters, --keep-runs and --save-binary, on runs whose values are known.
. "$(dirname "$0")/lib.sh"
mkdir -p "$TMP/m" && cd "$TMP/m" || exit 1
printf 'module example.com/m\n\ngo 1.18\n' >go.mod
cat >m_test.go <<'END'
package m

import (
	"os"
	"strconv"
	"testing"
)

func BenchmarkLevel(b *testing.B) {
	v, _ := strconv.ParseFloat(os.Getenv("LEVEL"), 64)
	for i := 0; i < b.N; i++ {
	}
	b.ReportMetric(v, "level/op")
}
END
runs() { find .perfgo/history -mindepth 1 -maxdepth 1 | wc -l; }
i=0
for level in 100 101 99 100 102 130 131 129 130 132; do
    i=$((i + 1))
    LEVEL=$level "$PERFGO" test -q --run "r$i" --tag "nr=$i" -- -bench=. -benchtime=10x >/dev/null 2>err ||
        not_ok "run $i" "$(cat err)"
    # The time of a run is to the second: these must be in order.
    jq ".time = \"2026-01-01T00:00:$(printf %02d $i)Z\"" ".perfgo/history/r$i/testrun.json" >t &&
        mv t ".perfgo/history/r$i/testrun.json"
done
"$PERFGO" history -f json Level level/op >h.json
equal "ten points, oldest first" "$(jq -c '[.series[0].points[].median]' h.json)" \
    '[100,101,99,100,102,130,131,129,130,132]'
equal "one change, at the sixth run" "$(jq -c '[.series[0].changes[].point]' h.json)" '[5]'
equal "its size" "$(jq -r '.series[0].changes[0].relative*1000|round' h.json)" 300
"$PERFGO" history 'Lev*' level/op >out
like "table" "$(cat out)" 'example.com/m Level*level/op, 10 runs, 1 change of level*'
like "table: the step is in its run's line" "$(grep '^r6 ' out)" '*+30.00% worse'
equal "limit" "$("$PERFGO" history -n 3 -f json Level level/op | jq -c '[.series[0].points[].run]')" '["r8","r9","r10"]'
equal "a metric of its own accord" "$("$PERFGO" history -f json Level | jq -r '.series[0].unit')" ns/op
"$PERFGO" history Other >out 2>err
equal "no such benchmark: 3" $? 3
one_sentence "no such benchmark: one sentence" err
"$PERFGO" history Level none/op >out 2>err
equal "no such metric: 3" $? 3
"$PERFGO" history >out 2>err
equal "no benchmark: 3" $? 3
"$PERFGO" history -d "$TMP/nowhere" Level >out 2>err
equal "no history: 3" $? 3
"$PERFGO" history -o /proc/none/x Level >out 2>err
equal "cannot write: 3" $? 3

equal "list: by tag" "$("$PERFGO" list --json -t nr=4 | jq -c '[.[].id]')" '["r4"]'
equal "list: a tag is not a prefix" "$("$PERFGO" list --json -t nr=1 | jq -c '[.[].id]')" '["r1"]'
equal "list: by commit, none" "$("$PERFGO" list --json --commit abc | jq length)" 0

# What another version measured for a comparison is not of its time.
jq '.tags.version="old"' .perfgo/history/r10/testrun.json >t && mv t .perfgo/history/r10/testrun.json
equal "another version's run is left out" "$("$PERFGO" history -f json Level level/op | jq '.series[0].points|length')" 9

equal "gc --dry-run" "$("$PERFGO" gc --keep 8 --dry-run 2>err | tr '\n' ' ')" "r2 r1 "
equal "gc --dry-run removes nothing" "$(runs)" 10
equal "gc" "$("$PERFGO" gc --keep 8 2>err | tr '\n' ' ')" "r2 r1 "
like "gc: said" "$(cat err)" '*2 runs removed, 8 kept in *'
equal "gc: they are gone" "$(runs)" 8
equal "gc --keep-days keeps the young" "$("$PERFGO" gc --keep 1 --keep-days 100000 2>err | wc -l)" 0
"$PERFGO" gc --keep 0 >out 2>err
equal "gc --keep 0: 3" $? 3
# A run without a result that was written to just now is not removed, however old it says it is.
jq 'del(.exit_code)' .perfgo/history/r3/testrun.json >t && mv t .perfgo/history/r3/testrun.json
equal "gc: one in progress stays" "$("$PERFGO" gc --keep 6 2>err | tr '\n' ' ')" "r4 "
mkdir .perfgo/history/.removed-1-x && : >.perfgo/history/.removed-1-x/f
"$PERFGO" gc --keep 5 >out 2>err
equal "gc finishes what was left" "$(ls -A .perfgo/history | tr '\n' ' ')" "r10 r3 r6 r7 r8 r9 "

LEVEL=1 "$PERFGO" test --keep-runs 4 --save-binary --run last -- -bench=. -benchtime=10x >out 2>err
equal "--keep-runs bounds the history" "$(ls .perfgo/history | tr '\n' ' ')" "last r10 r3 r8 r9 "
like "--keep-runs: said" "$(cat err)" '*2 runs removed: the history keeps 4*'
check "--save-binary: it runs" "it does not" \
    .perfgo/history/last/binaries/example.com/m.test -test.run='^$' -test.v
equal "--save-binary: once" "$(find .perfgo/history/last/binaries -type f | wc -l)" 1
"$PERFGO" exec --save-binary -- .perfgo/history/last/binaries/example.com/m.test -test.bench=. -test.benchtime=1x >out 2>err
like "--save-binary without a run: said" "$(cat err)" '*give --run*'
finish
