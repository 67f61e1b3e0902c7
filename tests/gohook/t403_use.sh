#!/usr/bin/env bash
# How a user gets the package: perfgo gohook add, from the source tree and after make install, and
# go.work. Each time a module with one import more is measured.
. "$(dirname "$0")/../lib.sh"

# module NAME: a module with a benchmark that imports gohook; goes there.
module() {
    mkdir -p "$TMP/$1/sub" && cd "$TMP/$1" || exit 1
    printf 'module example.com/user\n\ngo 1.18\n' >go.mod
    cat >m_test.go <<'E'
package user

import (
	"testing"

	_ "example.com/perfgo/gohook"
)

var sink int

func BenchmarkUser(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink++
	}
}
E
}

measured() { # TEST ENVIRONMENT...
    local test=$1
    shift
    env "$@" PERFGO_OUTPUT="$TMP/d" go test -bench=. -benchtime=1000x . >"$TMP/out" 2>&1
    if grep -q '^BenchmarkUser.* task-ns/op' "$TMP/out"; then
        ok "$test"
    else
        cat "$TMP/out"
        not_ok "$test" "$(grep -m 1 -vE '^(#|FAIL)' "$TMP/out")"
    fi
}

module tree
(cd sub && "$PERFGO" gohook add) >"$TMP/said"
check tree-added "perfgo gohook add fails" [ $? = 0 ]
check tree-says "it does not say what to import" grep -q 'import _ "example.com/perfgo/gohook"' "$TMP/said"
"$PERFGO" gohook add . >/dev/null
check tree-twice "$(cat go.mod)" [ "$(grep -c gohook go.mod)" = 2 ]
measured tree

module work
go work init . "$ROOT/gohook"
go mod edit -require=example.com/perfgo/gohook@v0.0.0
measured go.work

module tag
"$PERFGO" gohook add >/dev/null
# The same place in every run: Go keeps what pkg-config said of a package as long as its sources are the same.
prefix=$OUT/test-prefix
rm -rf "$prefix"
make -s --no-print-directory -C "$ROOT" install PREFIX="$prefix" >"$TMP/log" 2>&1 || not_ok install "$(tail -n 1 "$TMP/log")"
GOFLAGS=-tags=perfgo_pkgconfig measured tag PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH=

module installed
"$prefix/bin/perfgo" gohook add >"$TMP/said" 2>"$TMP/err"
check installed-place "$(cat go.mod)" grep -q "$prefix/share/perfgo/gohook" go.mod
check installed-says "$(cat "$TMP/err")" grep -q "PKG_CONFIG_PATH=$prefix/lib/pkgconfig" "$TMP/err"
measured installed PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
go test -c -o user.test . >/dev/null 2>&1
PKG_CONFIG_PATH=$prefix/lib/pkgconfig go test -c -o user.test . &&
    check installed-library "it links another library" [ "$(ldd user.test | grep -c "$prefix/lib/libperfgo.so")" = 1 ]
check installed-vet "go vet complains" env PKG_CONFIG_PATH="$prefix/lib/pkgconfig" go vet "$prefix/share/perfgo/gohook"

# Wrong use: one sentence and status 3.
wrong() {
    local test=$1 pattern=$2 status
    shift 2
    "$PERFGO" gohook "$@" >"$TMP/out" 2>"$TMP/err"
    status=$?
    if [ $status = 3 ] && [ "$(wc -l <"$TMP/err")" = 1 ] && grep -q "$pattern" "$TMP/err" && [ ! -s "$TMP/out" ]; then
        ok "$test"
    else
        not_ok "$test" "status $status: $(cat "$TMP/err")"
    fi
}
cd "$TMP" || exit 1
wrong nothing 'perfgo gohook add'
wrong other-word 'perfgo gohook add' remove
wrong no-module 'in no module' add
wrong no-directory 'no directory' add "$TMP/nowhere"
wrong two-directories 'one directory' add tree work
echo nonsense >tree/go.mod
wrong bad-module 'go.mod' add tree
PATH=$(dirname "$(command -v bash)") wrong no-go 'no go command' add tree
finish
