#!/usr/bin/env bash
# timeout: 300
# perfgo test --against and --control: two versions in turns, their runs, the verdict, what is left.
. "$(dirname "$0")/lib.sh"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b

mkdir -p "$TMP/repo/sub" && cd "$TMP/repo" && git init -q . || exit 1
printf 'module example.com/two\n\ngo 1.18\n' >go.mod
echo .perfgo >.gitignore
# loop TURNS: the version whose benchmark takes so many turns, and says so.
loop() {
    cat >sub/m_test.go <<END
package sub

import "testing"

var sink int

func BenchmarkLoop(b *testing.B) {
	for i := 0; i < b.N; i++ {
		for j := 0; j < $1; j++ {
			sink += j
		}
	}
	b.ReportMetric($1, "turns/op")
}
END
}
loop 1000
git add . && git commit -qm old && git tag first || exit 1
loop 2000
cd sub || exit 1
against() { "$PERFGO" test "$@" >out 2>err; echo $?; }
records() { cat "$TMP/repo/.perfgo/history/$1/benchmarks.jsonl"; }

equal "worse: 1" "$(against --against first --rounds=6 --run=w -g 'turns/op<=+5%' -- -bench=. -benchtime=10x)" 1
like "worse: said" "$(cat out)" '*FAIL: of 1 gated results*'
equal "six lines of each" "$(records w-old | wc -l) $(records w-new | wc -l)" "6 6"
equal "the old version is the old one" "$(grep -c '1000 turns/op' "$TMP/repo/.perfgo/history/w-old/stdout.txt")" 6
equal "the new version is the directory" "$(grep -c '2000 turns/op' "$TMP/repo/.perfgo/history/w-new/stdout.txt")" 6
info=$TMP/repo/.perfgo/history/w-old/testrun.json
equal "the old run has its commit" "$(jq -r .git.commit "$info")" "$(git rev-parse first)"
equal "the old run is not dirty" "$(jq -r .git.dirty "$info")" false
equal "the new run is" "$(jq -r .git.dirty "${info/w-old/w-new}")" true
# ABBA: by the time of their records' processes.
order=$(for side in old new; do
    jq -r --arg s "$side" '.processes[] | "\(.start) \($s)"' "$TMP/repo/.perfgo/history/w-$side/testrun.json"
done | sort | awk '{printf "%s ", $2}')
equal "the turns" "$order" "old new new old old new new old old new new old "
equal "no worktree is left" "$(git worktree list | wc -l)" 1
equal "no directory is left" "$(leftovers)" 0

equal "within the limit: 0" "$(against --against first --rounds=6 -g 'turns/op<=+101%' -- -bench=. -benchtime=10x)" 0
equal "-count is the number of rounds" "$(against --against first --run=c -- -bench=. -benchtime=10x -count=2)" 2
equal "-count: lines" "$(records c-old | wc -l) $(records c-new | wc -l)" "2 2"

equal "as JSON: 2" "$(against --against first --rounds=2 --format=json -- -bench=. -benchtime=10x; mv out turns.json)" 2
equal "a control" "$(against --against first --control --rounds=6 --run=k -g 'turns/op<=+5%' -- -bench=. -benchtime=10x)" 1
check "turns are compared as such" "$(jq -c '.rows[0]' turns.json)" jq -e '.rows | length > 0 and all(.[]; .paired or .exact)' turns.json
equal "a control: lines" "$(records k-old | wc -l) $(records k-control | wc -l) $(records k-new | wc -l)" "6 6 6"
like "a control: its floor" "$(cat out)" '*noise floor of ns/op: *noise floor of turns/op: 0.00%*'
equal "control alone: 0" "$(against --control --rounds=2 -- -bench=. -benchtime=10x)" 0
like "control alone: its floor" "$(cat out)" '*noise floor of ns/op: *'

# Noise that is larger than the limit fails no gate: old 100, control 120, new 118.
for v in old:100 control:120 new:118; do
    for i in 0 1 2 3 4 5 6 7; do printf 'BenchmarkA 10 %s.%s ns/op\n' "${v#*:}" $i; done >"${v%:*}.txt"
done
equal "beyond the limit: 1" "$("$PERFGO" compare -g 'ns/op<=+5%' old.txt new.txt >/dev/null; echo $?)" 1
equal "within the noise: 2" "$("$PERFGO" compare -g 'ns/op<=+5%' --control=control.txt old.txt new.txt >out; echo $?)" 2
like "within the noise: why" "$(cat out)" '*the control*noise floor of ns/op: 19.*'
for side in old control new; do sed 's/BenchmarkA/BenchmarkB/; s/120\./102./' $side.txt >more && cat more >>$side.txt; done
"$PERFGO" compare -g 'ns/op<=+50%' --control=control.txt old.txt new.txt >out
like "the noise of two: their mean is the median" "$(cat out)" '*noise floor of ns/op: 10.96% in the median of 2 benchmarks, 19.9*'
rm -f ./*.txt more

# Failures.
three() {
    local name=$1
    shift
    equal "$name: 3" "$(against "$@")" 3
    like "$name: why" "$(tail -n 1 err)" "$WHY"
}
WHY='*knows no such commit*' three "no such commit" --against nowhere -- -bench=.
WHY='*need -bench*' three "no benchmarks" --against first -- .
WHY='*-C /*relative*' three "-C leads out" --against first -- -C / -bench=.
WHY='*-count=x*' three "a bad -count" --against first -- -bench=. -count=x
echo 'not Go' >bad_test.go
WHY='*this version does not build*' three "new does not build" --against first -- -bench=.
git add . && git commit -qm bad && rm bad_test.go
WHY='*that version does not build*' three "old does not build" --against HEAD -- -bench=.
equal "no worktree is left by failures" "$(git worktree list | wc -l)" 1
equal "no directory is left by failures" "$(leftovers)" 0
cd "$TMP" && mkdir plain && cd plain || exit 1
WHY='*needs a git repository*' three "no repository" --against first -- -bench=.
finish
