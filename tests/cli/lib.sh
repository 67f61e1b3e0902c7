# lib.sh - what the command line's tests have in common, on top of ../lib.sh.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

export TMPDIR=$TMP # perfgo's own temporary directories, so that leftovers can be counted
export GOCACHE=${GOCACHE:-$(go env GOCACHE 2>/dev/null)}

# A sanitized perfgo is given LD_PRELOAD by some tests; the sanitizer would refuse to start.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# module NAME: a Go module in $TMP/NAME with two small benchmarks; goes there.
module() {
    mkdir -p "$TMP/$1" && cd "$TMP/$1" || exit 1
    printf 'module example.com/%s\n\ngo 1.18\n' "$1" >go.mod
    cat >m_test.go <<'EOF'
package m

import (
	"os"
	"testing"
)

var sink int

func BenchmarkOne(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink++
	}
}

func BenchmarkTwo(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink--
	}
}

func TestHere(t *testing.T) {
	if want := os.Getenv("WANT_FAIL"); want != "" {
		t.Fatal(want)
	}
}
EOF
}

# equal NAME GOT WANT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "'$2' instead of '$3'"; fi
}

# like NAME TEXT PATTERN (a bash pattern)
like() {
    # shellcheck disable=SC2053
    if [[ $2 == $3 ]]; then ok "$1"; else not_ok "$1" "'$2' is not like '$3'"; fi
}

# one_sentence NAME FILE: exactly one line, perfgo's.
one_sentence() {
    if [ "$(wc -l <"$2")" -eq 1 ] && grep -q '^perfgo' "$2"; then ok "$1"; else
        not_ok "$1" "not one sentence: $(head -c 300 "$2")"
    fi
}

# leftovers: perfgo's temporary directories that are still there.
leftovers() { find "$TMP" -mindepth 1 -maxdepth 1 -name 'perfgo-*' ! -name 'perfgo-kept-*' | wc -l; }

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
    for _ in $(seq 100); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
