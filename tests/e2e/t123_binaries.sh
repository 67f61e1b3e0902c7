#!/usr/bin/env bash
# timeout: 400
# Binaries that are not as perfgo knows them: of a Go version that fails validation, truncated,
# hostile. Whatever the kernel makes of them without perfgo, it makes of them with it.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/failopen.sh"

# Another Go version has other names for what perfgo hooks or reads; the program itself does not mind.
other_version() { # TEST OLD NEW SENTENCE
    local way from
    for way in exec preload; do
        from=$APP/static.test
        [ $way = exec ] || from=$APP/external.test
        if ! "$JUDGE" patch "$from" "$TMP/app/changed.test" "$2" "$3"; then
            not_ok "$1-$way" "the binary cannot be changed as the test wants"
            continue
        fi
        BINARY=$TMP/app/changed.test direct "$1" $way
        status_is "$1-$way-status" "$status" 0
        one_sentence "$1-$way-said" "$1" "$4"
        unharmed "$1-$way-unharmed" base "$1"
    done
}
other_version type-name '\x0a*testing.B' '\x0a*testing.X' 'not measuring: .*testing\.B'
other_version field-name 'importPath' 'imporTPath' 'not measuring: .*importPath'
other_version no-run 'testing.(*B).runN\x00' 'testing.(*B).runX\x00' 'not measuring: .*run of a benchmark'
other_version no-result 'testing.BenchmarkResult.String\x00' 'testing.BenchmarkResult.StrinX\x00' 'not measuring: .*result of a benchmark'
other_version no-threads 'runtime.minit\x00' 'runtime.miniX\x00' 'not measuring: .*beginning of a thread'
other_version no-timer 'testing.(*B).StartTimer\x00' 'testing.(*B).StartTimeX\x00' 'not measuring: .*StartTimer'

# Truncated and hostile files. The helper, not the shell, starts the original: a shell would take what
# the kernel refuses for a script.
cc -O1 -o "$TMP/seccomp_exec" "$ROOT/tests/e2e/helpers/seccomp_exec.c" || not_ok helper "does not build"
BENCHES=(-test.bench='^BenchmarkBN$' -test.benchtime=20x)
: >"$TMP/app/empty"
head -c 3 "$APP/static.test" >"$TMP/app/magic"
head -c 64 "$APP/static.test" >"$TMP/app/header"
head -c 1000 "$APP/static.test" >"$TMP/app/segments"
head -c $(($(stat -c %s "$APP/static.test") / 2)) "$APP/static.test" >"$TMP/app/half"
echo 'echo a script' >"$TMP/app/text"
head -c 100000 /dev/urandom >"$TMP/app/noise"
hostile=(empty magic header segments half text noise)
for seed in $(seq 1 "${HOSTILE:-60}"); do
    from=$APP/static.test
    [ $((seed % 4)) != 0 ] || from=$APP/external.test
    "$JUDGE" mangle "$from" "$TMP/app/lies-$seed" "$seed" || not_ok mangle "the judge cannot mangle"
    hostile+=("lies-$seed")
done
chmod +x "$TMP"/app/*
alike=0
ulimit -c 0
for name in "${hostile[@]}"; do
    { timeout 20 "$TMP/seccomp_exec" none - "$TMP/app/$name" "${BENCHES[@]}" >"$TMP/plain.out" </dev/null; } 2>/dev/null
    want=$?
    { BINARY=$TMP/app/$name direct hostile exec timeout 20; } 2>/dev/null
    sentences=$(grep -acE '^perfgo: ' "$TMP/hostile.err")
    if [ "$status" != "$want" ]; then
        show hostile
        not_ok "hostile-$name" "exit status $status, $want without perfgo"
    elif [ "$status" = 126 ] && [ "$sentences" != 1 ]; then
        show hostile
        not_ok "hostile-$name" "$sentences sentences about a file that cannot be run"
    elif [ "$(grep -c '^Benchmark' "$TMP/plain.out")" != "$(grep -c '^Benchmark' "$TMP/hostile.out")" ]; then
        not_ok "hostile-$name" "the benchmark lines are not those of a run without perfgo"
    elif [ "$(grep -c '^Benchmark' "$TMP/hostile.out")" = 1 ] && ! grep -q task-ns/op "$TMP/hostile.out" && [ "$sentences" = 0 ]; then
        not_ok "hostile-$name" "was not measured, and nothing was said"
    else
        alike=$((alike + 1))
    fi
    rm -rf "$TMP/hostile.d" "$TMP/app/$name"
done
check hostile-files "not one of ${#hostile[@]} files was treated as it is without perfgo" [ "$alike" -gt 0 ]
echo "# $alike of ${#hostile[@]} hostile files: as without perfgo"
left=$(find "$TMP/tmp" "$TMP/app" -maxdepth 1 -name 'perfgo-*' | wc -l)
if [ "$left" = 0 ]; then ok nothing-left; else not_ok nothing-left "$left private directories are still there"; fi
finish
