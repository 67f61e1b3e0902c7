#!/usr/bin/env bash
# ^C during perfgo test: go test ends, perfgo finishes the run.
. "$(dirname "$0")/lib.sh"
module interrupt
cat >long_test.go <<'EOF'
package m

import (
	"os"
	"testing"
	"time"
)

func BenchmarkZLong(b *testing.B) {
	os.WriteFile("started", []byte("x"), 0o644)
	time.Sleep(60 * time.Second)
}
EOF
go test -c -o /dev/null . # warm the cache
python3 - "$PERFGO" <<'EOF'
import os, sys, time
from terminal import Terminal
run = Terminal([sys.argv[1], "test", "--run=int", "--", "-bench=.", "-benchtime=1x", "."])
while not os.path.exists("started"):
    time.sleep(0.05)
time.sleep(0.3)
run.type(b"\x03")
text, status = run.finish()
open("terminal", "w").write(text)
sys.exit(0 if status != 0 else 1)
EOF
equal "it ends after ^C, not with success" $? 0
check "the run has an exit code" "$(cat .perfgo/history/int/testrun.json)" grep -q exit_code .perfgo/history/int/testrun.json
check "the run's directory is named" "$(cat terminal)" grep -q history/int terminal
equal "nothing is left in TMPDIR" "$(leftovers)" 0
# go test's -timeout: the test binary's own panic comes through.
cat >slow_test.go <<'EOF'
package m

import (
	"testing"
	"time"
)

func TestSlow(t *testing.T) { time.Sleep(60 * time.Second) }
EOF
timeout 50 "$PERFGO" test -- -bench=One -benchtime=1x -timeout=1s . >out 2>err
equal "-timeout: status" $? 1
check "-timeout: the panic is there" "$(tail -n 5 out)" grep -q 'panic: test timed out' out
finish
