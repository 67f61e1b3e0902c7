# failopen.sh - what the tests of failing open (t12x) share. Source it after bench.sh.
#
# Each of them takes something away from perfgo and asks the same questions: does the benchmark run
# as it would without perfgo, with its exit status, and does exactly one sentence say what is missing?

# Test binaries that are already built, and a perfgo of which every user can read everything.
APP=$TMP/app
mkdir -p "$APP/bin" "$APP/lib"
cp "$PERFGO" "$APP/bin/perfgo"
cp "$(dirname "$LIBPERFGO")"/libperfgo*.so "$APP/lib/"
(cd "${PLAIN:-$BENCH}" && go test -c -o "$APP/static.test" ./forms && cd "$BENCH" &&
    go test -c -ldflags=-linkmode=external -o "$APP/external.test" ./forms) >"$TMP/build.log" 2>&1 || {
    cat "$TMP/build.log"
    not_ok build "the test binaries do not build"
    finish
}
chmod 755 "$TMP"
mkdir -m 777 "$TMP/tmp"
export TMPDIR=$TMP/tmp
cd "$TMP/tmp" || exit 1

BENCHES=(-test.bench='^Benchmark(BN|StopStart|RunParallel|Sub|ThreadChurn)$' -test.benchtime=20x)
"$APP/static.test" "${BENCHES[@]}" >"$TMP/bare.out" 2>"$TMP/bare.err"
cp "$TMP/bare.out" "$TMP/base.out"

# direct NAME WAY [COMMAND...]: a test binary under COMMAND, as `gobench` leaves things behind.
# WAY is exec (static binary) or preload (external one).
direct() {
    local name=$1 way=$2 preload=LD_PRELOAD=$APP/lib/libperfgo.so
    shift 2
    [ "${E2E_WAY:-}" != import ] || preload=LD_LIBRARY_PATH=$APP/lib
    case $way in
    exec)
        PERFGO_OUTPUT=${OUTPUT:-$TMP/tmp/$name.d} "$@" "$APP/bin/perfgo" exec -- "${BINARY:-$APP/static.test}" "${BENCHES[@]}"
        ;;
    preload)
        # Not for COMMAND itself: env sets it behind. With E2E_WAY=import the binary finds it by itself.
        "$@" env "$preload" PERFGO_OUTPUT="${OUTPUT:-$TMP/tmp/$name.d}" \
            "${BINARY:-$APP/external.test}" "${BENCHES[@]}"
        ;;
    esac >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
    status=$?
    [ ! -d "$TMP/tmp/$name.d" ] || mv "$TMP/tmp/$name.d" "$TMP/$name.d"
}

# With metrics all the same (another back end, or no file): lines of a run without perfgo, and longer.
still_measured() {
    local test=$1 name=$2
    "$JUDGE" plain "$TMP/base.out" >"$TMP/base.names"
    "$JUDGE" plain "$TMP/$name.out" >"$TMP/name.names"
    if ! cmp -s "$TMP/base.names" "$TMP/name.names"; then
        not_ok "$test" "the benchmark lines are not those of a run without perfgo"
    elif [ "$(grep -c '^Benchmark' "$TMP/$name.out")" != "$(grep -c '^Benchmark.*task-ns/op' "$TMP/$name.out")" ]; then
        show "$name"
        not_ok "$test" "a benchmark line has no metrics"
    else
        ok "$test"
    fi
}
