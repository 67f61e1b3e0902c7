# lib.sh - what the tests of simulation share, on top of ../lib.sh: the module in testdata/bench and
# runs of it under Valgrind. Source it with `. "$(dirname "$0")/lib.sh"`.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

SIM_DIR=$ROOT/tests/sim
SIM=$SIM_DIR/testdata/bench
unset PERFGO_SEED PERFGO_ITERATIONS PERFGO_CACHE PERFGO_TIME_LIMIT PERFGO_DEADLINE PERFGO_PROGRESS \
    GODEBUG GOMAXPROCS GOGC
export TMPDIR=$TMP

# need_valgrind TEST: false, with a reason, where there is none.
need_valgrind() {
    command -v valgrind >/dev/null 2>&1 && return 0
    skip "$1" "Valgrind is not installed"
    return 1
}

# sim_binary PACKAGE [GO TEST ARGUMENT...]: builds the package's test binary, prints its path.
sim_binary() {
    local pkg=$1
    shift
    (cd "$SIM" && go test "$@" -c -o "$TMP/$pkg.test" "./$pkg") >&2 && echo "$TMP/$pkg.test"
}

# sim NAME BINARY ARGUMENT...: one simulation; output in $TMP/NAME.out and .err, records below
# $TMP/NAME.d.
sim() {
    local name=$1
    shift
    "$PERFGO" exec --backend=simulate --output "$TMP/$name.d" ${SIM_FLAGS:-} -- "$@" \
        >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
}

# records NAME: its benchmarks.jsonl.
records() { printf '%s\n' "$TMP/$1.d"/history/*/benchmarks.jsonl; }

# per_op NAME BENCHMARK METRIC: the exact figure of the only record with that name.
per_op() {
    jq -r --arg name "Benchmark$2" --arg metric "$3" \
        'select(.name == $name) | .metrics[$metric].per_op' "$(records "$1")"
}

# names NAME: the benchmarks that have a record, in order.
names() { jq -r .name "$(records "$1")" 2>/dev/null | xargs; }

# equal TEST GOT WANT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "'$2' instead of '$3'"; fi
}

# said TEST NAME PATTERN: exactly one line of perfgo's matches.
said() {
    local n
    n=$(grep -a '^perfgo: ' "$TMP/$2.err" | grep -cE "$3")
    if [ "$n" = 1 ]; then ok "$1"; else
        head -c 2000 "$TMP/$2.err"
        not_ok "$1" "$n lines like '$3'"
    fi
}
