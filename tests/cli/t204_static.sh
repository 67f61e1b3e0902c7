#!/usr/bin/env bash
# Static binaries run from a rewritten copy; damaged, foreign and strange files end as they would
# without perfgo, with one sentence.
. "$(dirname "$0")/lib.sh"
module static
go test -c -o s.test . || { not_ok build "go test -c failed"; finish; }
bench="-test.bench=One -test.benchtime=1x"

cat >where_test.go <<'EOF'
package m

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	exe, _ := os.Executable()
	fmt.Println("argv0", os.Args[0], "exe", exe)
	os.Exit(m.Run())
}
EOF
go test -c -o w.test .
out=$("$PERFGO" exec -- ./w.test $bench 2>err)
like "runs from a copy of the same name" "$out" "*exe $TMP/perfgo-*/w.test*"
like "argv[0] is the original" "$out" "*argv0 ./w.test *"
like "flags with their values in words of their own" "$("$PERFGO" exec -- ./w.test -test.run NONE -test.v -test.bench One -test.benchtime 1x 2>err)" "*task-ns/op*"
like "without -test.bench there is no copy" "$("$PERFGO" exec -- ./w.test 2>err)" "*exe $TMP/static/w.test*"
check "and nothing to say" "$(cat err)" test ! -s err
"$PERFGO" exec --keep -- ./w.test $bench >/dev/null 2>err
kept=$(sed -n 's/.*the rewritten copy of .* is //p' err)
check "--keep keeps the copy" "$(cat err)" test -x "$kept"
before=$(sha256sum s.test)
"$PERFGO" exec -- ./s.test $bench >/dev/null 2>&1
equal "the original is untouched" "$(sha256sum s.test)" "$before"
(TMPDIR=/nonexistent "$PERFGO" exec -- ./w.test $bench) >out 2>err
like "no temporary directory: a copy beside the binary" "$(cat out)" "*exe $TMP/static/perfgo-*/w.test*"
equal "which is removed" "$(find "$TMP/static" -name 'perfgo-*' | wc -l)" 0

# same NAME FILE ARGS...: exit status as without perfgo, one sentence
same() {
    local name=$1 plain with
    shift
    (exec "$@") >/dev/null 2>&1
    plain=$?
    "$PERFGO" exec -- "$@" >/dev/null 2>err
    with=$?
    equal "$name: status" "$with" "$plain"
    one_sentence "$name: one sentence" err
}
size=$(stat -c %s s.test)
for cut in 3 63 64 100 1000 4096 $((size / 2)) $((size - 4096)); do
    head -c "$cut" s.test >cut.test
    chmod +x cut.test
    [ "$cut" -eq 3 ] && continue # bash would run it as a script; below
    plain=$(bash -c 'exec ./cut.test '"$bench" >/dev/null 2>&1; echo $?)
    with=$(bash -c 'exec "$0" exec -- ./cut.test '"$bench" "$PERFGO" >/dev/null 2>err; echo $?)
    equal "cut at $cut: status" "$with" "$plain"
    if [ "$plain" -ne 0 ]; then one_sentence "cut at $cut: one sentence" err; fi
done
for offset in 4 5 16 18 32 40 54 56 64 72 80 96 104 120; do
    cp s.test bad.test
    printf '\377\377\377\377' | dd of=bad.test bs=1 seek=$offset conv=notrunc 2>/dev/null
    plain=$(timeout 20 ./bad.test $bench >/dev/null 2>&1; echo $?)
    timeout 20 "$PERFGO" exec -- ./bad.test $bench >/dev/null 2>err
    with=$?
    if [ "$plain" -eq 0 ]; then equal "hostile at $offset: still runs" "$with" 0; else
        check "hostile at $offset: fails" "status 0" test "$with" -ne 0
        one_sentence "hostile at $offset: one sentence" err
    fi
done
printf 'exit 4\n' >noshebang && chmod +x noshebang
"$PERFGO" exec -- ./noshebang 2>err; equal "no interpreter line: 126" $? 126
one_sentence "no interpreter line: one sentence" err
printf '#!/bin/sh\nexit 4\n' >script && chmod +x script
same "script" ./script
GOARCH=arm64 go test -c -o arm.test . && "$PERFGO" exec -- ./arm.test $bench >/dev/null 2>err
with=$?
if [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    skip "other CPU: 126" "binfmt_misc runs arm64 programs here"
else
    equal "other CPU: 126" $with 126
    one_sentence "other CPU: one sentence" err
fi
cp "$(type -P true)" musl.test && python3 - <<'EOF'
# Another loader, of the same length: what a musl binary looks like to the kernel, which would not
# find it; so the file is only asked about, and has to be refused by the kernel.
data = open("musl.test", "rb").read()
open("musl.test", "wb").write(data.replace(b"/lib64/ld-linux-x86-64.so.2", b"/lib/ld-musl-x86_64.so.1\0\0\0"))
EOF
"$PERFGO" exec -- ./musl.test $bench >/dev/null 2>err
equal "loader that is not there: 127" $? 127
one_sentence "loader that is not there: one sentence" err
equal "nothing is left in TMPDIR" "$(leftovers)" 0
finish
