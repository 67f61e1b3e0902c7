# bench.sh - what the tests with real Go programs (t1xx) share: the module in testdata/bench, three
# ways to run it, and the judge. Source it with `. "$(dirname "$0")/bench.sh"`.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
BENCH=$ROOT/tests/e2e/testdata/bench
JUDGE=$TMP/judge
CPUS=$(nproc)

(cd "$ROOT/tests/e2e/judge" && go build -o "$JUDGE" .) || {
    not_ok judge "tests/e2e/judge does not build"
    finish
}

# E2E_WAY=import: the packages import gohook, and that alone takes the place of exec and preload. (In
# `test` the library is then both linked and preloaded.) E2E_FLAGS: for every go test, as -race.
if [ "${E2E_WAY:-}" = import ]; then
    . "$ROOT/tests/gohook/import.sh"
    PLAIN=$BENCH BENCH=$TMP/import/bench
    import_gohook "$PLAIN" "$BENCH" || {
        not_ok import "the module cannot be given the import"
        finish
    }
fi

# gobench WAY NAME ARG...: `go test ARG...` in the module. WAY is
#   plain     without perfgo              exec     -exec 'perfgo exec --'
#   preload   LD_PRELOAD=libperfgo.so     test     perfgo test -- ARG...
# Output goes to $TMP/NAME.out and .err, records below $TMP/NAME.d; returns go's exit status.
gobench() {
    local way=$1 name=$2 store=$TMP/$2.d dir=${BENCH_DIR:-$BENCH}
    shift 2
    set -- ${E2E_FLAGS:-} "$@"
    if [ "${E2E_WAY:-}" = import ]; then
        case $way in
        plain) dir=${BENCH_DIR:-$PLAIN} ;;
        exec | preload) way=import ;;
        esac
    fi
    (
        cd "$dir" || exit 99
        case $way in
        plain) go test "$@" ;;
        import) PERFGO_OUTPUT=$store go test "$@" ;;
        exec) go test -exec "$PERFGO exec --output $store --" "$@" ;;
        preload) LD_PRELOAD=$LIBPERFGO PERFGO_OUTPUT=$store go test "$@" ;;
        test) "$PERFGO" test --output "$store" -- "$@" ;;
        esac
    ) >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
}

# The records of a run; a path that does not exist when there is none, so that the judge complains.
records() {
    local file
    for file in "$TMP/$1.d"/history/*/benchmarks.jsonl; do printf '%s\n' "$file"; done
}

# judged NAME TEST FLAG...: output and records of NAME agree.
judged() {
    local name=$1 test=$2 files
    shift 2
    mapfile -t files < <(records "$name")
    if "$JUDGE" lines "$@" "$TMP/$name.out" "${files[@]}" >"$TMP/judged"; then
        ok "$test"
    else
        show "$name"
        cat "$TMP/judged"
        not_ok "$test" "$(head -n 1 "$TMP/judged")"
    fi
}

# What a run printed, for the log of a failure.
show() {
    head -c 4000 "$TMP/$1.err"
    cut -c 1-200 "$TMP/$1.out" | tail -n 30
}

# status_is NAME STATUS WANTED
status_is() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "exit status $2, not $3"
    fi
}

# One sentence with the pattern in it, and no other; the note on the back end in use, and on what of the
# default events its PMU lacks, does not count when the pattern asks for something else.
one_sentence() {
    local test=$1 name=$2 pattern=$3 lines others
    lines=$(cat "$TMP/$name.out" "$TMP/$name.err" | grep -a '^perfgo: ')
    others=$(grep -vE "$pattern" <<<"$lines" | grep -cvE '^perfgo: (counting |not counted: branch-misses, cache-misses)')
    if [ "$(grep -cE "$pattern" <<<"$lines")" = 1 ] && { [ "$others" = 0 ] || [ -z "$lines" ]; }; then
        ok "$test"
        grep -E "$pattern" <<<"$lines" | sed 's/^/# /'
    else
        show "$name"
        not_ok "$test" "perfgo said '$lines', one line with '$pattern' was expected"
    fi
}

# unharmed TEST BASE NAME: the benchmark lines are those of a run without perfgo, with nothing added.
unharmed() {
    local test=$1 base=$2 name=$3
    "$JUDGE" plain "$TMP/$base.out" >"$TMP/base.names"
    "$JUDGE" plain "$TMP/$name.out" >"$TMP/name.names"
    if [ ! -s "$TMP/base.names" ]; then
        not_ok "$test" "there is nothing to compare with"
    elif ! cmp -s "$TMP/base.names" "$TMP/name.names"; then
        diff "$TMP/base.names" "$TMP/name.names" | head
        not_ok "$test" "the benchmark lines are not those of a run without perfgo"
    elif grep -q 'task-ns/op' "$TMP/$name.out"; then
        not_ok "$test" "there are metrics where nothing could be measured"
    else
        ok "$test"
    fi
}

has_race() { [ "$(go env GOARCH)" = amd64 ] && [ "$(go env CGO_ENABLED)" = 1 ] && command -v gcc >/dev/null; }
