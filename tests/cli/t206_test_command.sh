#!/usr/bin/env bash
# perfgo test: arguments, streams and status are go test's.
. "$(dirname "$0")/lib.sh"
module cmd

# plain NAME ARGS...: same status, and the same lines but for numbers and perfgo's metrics
"$PERFGO" test -- . >out 2>err
equal "no -bench: status" $? 0
one_sentence "no -bench: one sentence" err
check "no -bench: go test ran" "$(cat out)" grep -q '^ok' out
check "no -bench: nothing is recorded" "there is a history" test ! -e .perfgo
WANT_FAIL=yes "$PERFGO" test -- . >out 2>err
equal "a failing test: status" $? 1
WANT_FAIL=yes "$PERFGO" test -- -bench=One -benchtime=1x . >out 2>err
equal "a failing test with -bench: status" $? 1
"$PERFGO" test -- -bench=. ./absent >out 2>err
equal "a package that is not there: status" $? 1
check "its run has the status" "$("$PERFGO" list --json)" grep -q '"exit_code":[[:space:]]*1' <("$PERFGO" list --json)
printf 'package m\nfunc broken( {\n' >broken_test.go
"$PERFGO" test -- -bench=. . >out 2>err; plain=$?
go test -bench=. . >out2 2>err2
equal "a build that fails: status" $plain $?
rm broken_test.go
"$PERFGO" test -- -nosuchflag=1 -bench=One . >out 2>err; with=$?
go test -nosuchflag=1 -bench=One . >out2 2>err2
equal "a flag nobody knows: status" $with $?
"$PERFGO" test -- -c -o c.test -bench=. . >out 2>err
check "-c builds" "$(cat err)" test -x c.test
"$PERFGO" test stats -- -bench=. >out 2>err; equal "unknown sub-command: 3" $? 3
one_sentence "unknown sub-command: one sentence" err
"$PERFGO" test ./... -bench=. >out 2>err; equal "arguments without --: 3" $? 3
"$PERFGO" test -bench=. >out 2>err; equal "-bench before --: 3" $? 3
like "-bench before --: says where it belongs" "$(cat err)" "*belongs behind --*"
"$PERFGO" test --run=../x -- -bench=One -benchtime=1x . >out 2>err
check "a run id that is a path: said" "$(cat err)" grep -q 'without a slash' err
(PATH=/usr/bin:/bin; hash -r; command -v go >/dev/null && exit 99; "$PERFGO" test -- -bench=. . 2>err)
case $? in
99) skip "go not found" "there is a go in /usr/bin" ;;
*) one_sentence "go not found: one sentence" err ;;
esac

# Streams: what go test printed, in the run too.
"$PERFGO" test --run=streams -- -bench=. -benchtime=1x . >out 2>err
check "stdout.txt is stdout" "differs" cmp -s out .perfgo/history/streams/stdout.txt
check "stderr.txt is go's stderr" "differs" test -e .perfgo/history/streams/stderr.txt
check "the command line is kept" "$(cat .perfgo/history/streams/testrun.json)" \
    grep -q '"-benchtime=1x"' .perfgo/history/streams/testrun.json
"$PERFGO" test --run=json -- -json -bench=. -benchtime=1x . >out 2>err
check "-json stays JSON" "$(head -n 3 out)" python3 -c 'import json,sys
[json.loads(l) for l in open("out")]'
"$PERFGO" test -q -- -bench=One -benchtime=1x . >out 2>err
check "--quiet: no summary" "$(cat err)" test "$(grep -c '^benchmark\|history/' err)" -eq 0
"$PERFGO" test --run=outdir -o "$TMP/elsewhere" -- -bench=One -benchtime=1x . >out 2>err
check "-o DIR" "$(cat err)" test -e "$TMP/elsewhere/history/outdir/stdout.txt"
mkdir -p sub && cp m_test.go sub/
(cd / && "$PERFGO" test --run=chdir -- -C "$TMP/cmd/sub" -bench=One -benchtime=1x >"$TMP/cmd/out" 2>"$TMP/cmd/err")
equal "-C DIR: status" $? 0
check "-C DIR: recorded beside its go.mod" "$(cat err)" test -e .perfgo/history/chdir/stdout.txt

# A reader that goes away ends go test as it would without perfgo.
cat >loud_test.go <<'EOF'
package m

import (
	"fmt"
	"testing"
)

func TestLoud(t *testing.T) {
	for i := 0; i < 200000; i++ {
		fmt.Println("a line that nobody reads", i)
	}
}
EOF
timeout 60 bash -c '"$0" test -- -run=Loud -v -bench=One -benchtime=1x . 2>err | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}' "$PERFGO"
status=$?
check "EPIPE: it ends, and not with success or a hang" "status $status" test $status -ne 0 -a $status -ne 124
timeout 100 "$PERFGO" test -- -run=Loud -v -bench=One -benchtime=1x . 2>err | (sleep 2; cat) >slow
check "a slow reader gets everything" "$(wc -l <slow) lines" grep -q 'nobody reads 199999' slow
equal "nothing is left in TMPDIR" "$(leftovers)" 0
finish
