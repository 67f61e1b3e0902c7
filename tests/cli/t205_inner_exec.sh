#!/usr/bin/env bash
# A -exec of the user's own runs inside of perfgo's, wherever it was given and however it is quoted.
. "$(dirname "$0")/lib.sh"
module inner
mkdir -p "with blank"
cat >"with blank/wrap" <<'EOF'
#!/bin/sh
printf 'wrap:' >>"$WRAP_LOG"
printf ' <%s>' "$@" >>"$WRAP_LOG"
printf '\n' >>"$WRAP_LOG"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
EOF
chmod +x "with blank/wrap"
export WRAP_LOG=$TMP/log
go test -c -o i.test .

expect() {
    like "$1" "$(head -n 1 "$WRAP_LOG" 2>/dev/null)" "$2"
    rm -f "$WRAP_LOG"
}
wrap="'$PWD/with blank/wrap' \"it's\" --"
"$PERFGO" exec --exec "$wrap" -- ./i.test -test.bench=One -test.benchtime=1x >out 2>err
expect "exec --exec" "wrap: <it's> <--> <*/i.test> <-test.bench=One>*"
check "exec --exec: runs" "$(cat out)" grep -q '^BenchmarkOne' out
"$PERFGO" exec --inner=3 -- "$PWD/with blank/wrap" "both ' \"" -- ./i.test -test.bench=One >/dev/null 2>err
expect "exec --inner" "wrap: <both ' \"> <--> <*/i.test> <-test.bench=One>*"
"$PERFGO" exec --inner=3 -- a b c 2>err; equal "--inner without a binary: 3" $? 3
"$PERFGO" exec --exec "'open" -- ./i.test 2>err; equal "--exec with an open quote: 3" $? 3
"$PERFGO" exec --exec /nowhere -- ./i.test 2>err; equal "--exec that is not there: 127" $? 127
one_sentence "--exec that is not there: one sentence" err

"$PERFGO" test -- -exec "$wrap" -bench=One -benchtime=1x . >out 2>err
expect "test -exec X" "wrap: <it's> <--> <*/inner.test> <-test*"
"$PERFGO" test -- -bench=One -benchtime=1x . "--exec=$wrap" >out 2>err
expect "test --exec=X behind the packages" "wrap: <it's> <--> <*/inner.test> <-test*"
GOFLAGS="-v \"-exec='$PWD/wrap' --\"" "$PERFGO" test -- -bench=One -benchtime=1x . >out 2>err
ln -s "with blank/wrap" wrap
GOFLAGS="\"-exec=$PWD/wrap --\"" "$PERFGO" test -- -bench=One -benchtime=1x . >out 2>err
expect "test with -exec in GOFLAGS" "wrap: <--> <*/inner.test> <-test*"
"$PERFGO" test -- -exec "env A=b" -bench=One -benchtime=1x . >out 2>err
equal "a program from PATH" $? 0
check "and it ran the benchmark" "$(cat out)" grep -q '^BenchmarkOne' out
"$PERFGO" test -- -bench=One -benchtime=1x . -args -exec /nowhere >out 2>err
check "-exec behind -args is the test's" "$(cat out)" grep -qE '^BenchmarkOne|flag provided but not defined: -exec' out

# A perfgo whose own path has a blank.
mkdir -p "$TMP/in stalled/bin" "$TMP/in stalled/lib"
cp "$PERFGO" "$TMP/in stalled/bin/perfgo"
cp "$OUT"/lib/libperfgo*.so "$TMP/in stalled/lib/" 2>/dev/null || cp "$LIBPERFGO" "$TMP/in stalled/lib/"
"$TMP/in stalled/bin/perfgo" test -- -bench=One -benchtime=1x . >out 2>err
equal "perfgo in a directory with a blank" $? 0
check "it ran the benchmark" "$(cat out err)" grep -q '^BenchmarkOne' out
finish
