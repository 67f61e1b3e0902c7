#!/usr/bin/env bash
# run.sh - runs test suites and sums them up.
#
#   tests/run.sh [SUITE...]     without arguments: everything that `make test` stands for
#
#   unit       cmocka programs, release build             asan tsan   unit and cli tests, sanitized
#   cli        tests/cli/t*.sh                            e2e         tests/e2e/t*.sh, real Go programs
#   sim        tests/sim/t*.sh, under Valgrind            pmu         tests/pmu/t*.sh, arm64 in QEMU
#   profile    tests/profile/t*.sh: samples of the timed region
#   gohook     tests/gohook/t*.sh, the Go package
#   html       tests/html/t*.sh, pages in Chromium
#   examples   examples/ with Go alone                    install     make install and uninstall
#   selftest   lint, set-up, this runner and the tests of the gate catch what they are for
#   matrix     tests/matrix/*.sh (run.sh with --short)    fuzz        tests/fuzz, FUZZ_SECONDS each
#   std        tests/std/run.sh --short                   lint       the mechanical checks of tests/lint
#
# A suite builds what it needs first; a failed build is a failed test. Scripts speak the protocol of
# tests/lib.sh. Whatever hangs is killed after its time limit and has failed. The last line is always
# "N passed, N failed, N skipped"; the exit status is 1 when anything failed or nothing passed.
set -u
LIB_NO_TMP=1
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

MAKE=${MAKE:-make}
# Builds started here keep the variables given to the outer make, but neither its -n nor its job
# server, whose descriptors do not reach this script.
case ${MAKEFLAGS:-} in
*' -- '*) MAKEFLAGS=${MAKEFLAGS#* -- } ;;
*) MAKEFLAGS= ;;
esac
export MAKEFLAGS
TEST_TIMEOUT=${TEST_TIMEOUT:-300}
FUZZ_SECONDS=${FUZZ_SECONDS:-5}
LOGS=$ROOT/build/test-logs
passed=0 failed=0
skips=() fails=()

trap 'jobs -p | xargs -r kill 2>/dev/null; exit 130' INT TERM

# Counts the protocol lines of a log and prints them; with a prefix, names get it in front.
tally() {
    local log=$1 prefix=${2:-} line
    while IFS= read -r line; do
        case $line in
        'ok '*) passed=$((passed + 1)); line="ok $prefix${line#ok }" ;;
        'not ok '*)
            failed=$((failed + 1)); line="not ok $prefix${line#not ok }"
            fails+=("${line#not ok }") ;;
        'skip '*) line="skip $prefix${line#skip }"; skips+=("${line#skip }") ;;
        *) continue ;;
        esac
        printf '%s\n' "$line"
    done <"$log"
}

fail_line() {
    failed=$((failed + 1))
    fails+=("$1: $2")
    printf 'not ok %s: %s\n' "$1" "$2"
}

skip_line() {
    skips+=("$1: $2")
    printf 'skip %s: %s\n' "$1" "$2"
}

show_log() {
    tail -n "${2:-60}" "$1" | sed 's/^/    | /'
}

why_status() {
    case $1 in
    124 | 137) echo "killed after $2 s" ;;
    *) echo "exit status $1" ;;
    esac
}

# run_script NAME LIMIT COMMAND...: one program that prints protocol lines.
run_script() {
    local name=$1 limit=$2 log before=$failed results status
    shift 2
    log=$LOGS/${name//\//_}.log
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    results=$(grep -cE '^(ok|not ok|skip) ' "$log")
    tally "$log"
    if [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; then
        fail_line "$name" "$(why_status "$status" "$limit")"
    elif [ "$results" -eq 0 ]; then
        fail_line "$name" "printed no result"
    fi
    [ "$failed" -eq "$before" ] || show_log "$log"
}

script_limit() {
    local limit
    limit=$(sed -n 's/^# timeout: \([0-9][0-9]*\).*/\1/p' "$1" | head -n 1)
    echo "${limit:-$TEST_TIMEOUT}"
}

# run_scripts SUITE PREFIX SCRIPT...
run_scripts() {
    local suite=$1 prefix=$2 script
    shift 2
    for script in "$@"; do
        [ -f "$script" ] || { skip_line "$suite" "there are no tests yet"; continue; }
        run_script "$prefix$(basename "$script" .sh)" "$(script_limit "$script")" bash "$script"
    done
}

# cmocka's TAP to protocol lines: "ok 3 - name", "not ok 3 - name", "not ok 3 # SKIP name".
tap_to_lines() {
    sed -nE -e 's/^(not )?ok [0-9]+ # SKIP (.*)/skip \2: skipped by the test/p;t' \
        -e 's/^ok [0-9]+ - (.*)/ok \1/p;t' -e 's/^not ok [0-9]+ - (.*)/not ok \1: see the log/p'
}

# run_units PREFIX DIRECTORY [WRAPPER]
run_units() {
    local prefix=$1 dir=$2 wrap=${3:-} source name log status before limit=$TEST_TIMEOUT found=0
    for source in tests/unit/test_*.c; do
        [ -f "$source" ] || continue
        found=1
        name=$(basename "$source" .c)
        log=$LOGS/$prefix$name.log
        before=$failed
        CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$limit" $wrap "$dir/$name" >"$log" 2>&1 </dev/null
        status=$?
        tap_to_lines <"$log" >"$log.lines"
        tally "$log.lines" "$prefix$name/"
        if [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; then
            fail_line "$prefix$name" "$(why_status "$status" "$limit")"
        elif [ ! -s "$log.lines" ]; then
            fail_line "$prefix$name" "printed no result"
        fi
        [ "$failed" -eq "$before" ] || show_log "$log"
    done
    [ "$found" -ne 0 ] || skip_line "${prefix%:}" "there are no tests yet"
}

# build NAME MAKE-ARGUMENTS...: once per name; remembered, failed or not.
declare -A built=()
build() {
    local name=$1 log=$LOGS/build-$1.log
    shift
    if [ -n "${built[$name]:-}" ]; then
        [ "${built[$name]}" = ok ]
        return
    fi
    if timeout -k 10 1200 "$MAKE" -j"$(nproc)" --no-print-directory "$@" >"$log" 2>&1; then
        built[$name]=ok
        passed=$((passed + 1))
        echo "ok build:$name"
    else
        built[$name]=bad
        fail_line "build:$name" "$MAKE $* failed"
        show_log "$log" 30
        return 1
    fi
}

need_go() {
    command -v go >/dev/null 2>&1 && return 0
    [ -n "${go_told:-}" ] || fail_line setup:go "Go is not installed (https://go.dev/doc/install)"
    go_told=1
    return 1
}

sanitized() {
    local kind=$1
    # Sanitized programs must stop at the first finding, and say where.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1:verify_asan_link_order=0}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
    export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
    # A tsan program wants its memory where the kernel's randomisation may have put something else.
    local wrap='' script
    [ "$kind" != tsan ] || ! setarch -R true 2>/dev/null || wrap='setarch -R'
    build "$kind" KIND="$kind" "build/$kind/bin/perfgo" unit-build || return
    run_units "$kind:" "build/$kind/tests" "$wrap"
    if [ -z "$(compgen -G 'tests/cli/t*.sh')" ]; then
        skip_line "$kind:cli" "there are no tests yet"
        return
    fi
    # What perfgo preloads into a Go program is never instrumented: the sanitizer's runtime would have
    # to be the first thing in that program. The sanitized perfgo gets the libraries of the release.
    build release KIND=release all unit-build || return
    cp build/lib/libperfgo.so build/lib/libperfgo-engine.so "build/$kind/lib/"
    for script in tests/cli/t*.sh; do
        PERFGO=$ROOT/build/$kind/bin/perfgo PERFGO_TEST_KIND=$kind \
            run_script "$kind:$(basename "$script" .sh)" "$(($(script_limit "$script") * 3))" $wrap bash "$script"
    done
}

run_fuzz() {
    local target name log pending=() before=$failed
    build fuzz KIND=fuzz fuzz-build || return
    [ -n "$(compgen -G 'tests/fuzz/fuzz_*.c')" ] || {
        skip_line fuzz "there are no targets yet"
        return
    }
    for target in tests/fuzz/fuzz_*.c; do
        name=$(basename "$target" .c)
        pending+=("${name#fuzz_}")
    done
    # Two side by side: each is one busy thread, and some machines for tests have two processors.
    printf '%s\n' "${pending[@]}" |
        xargs -P 2 -I{} sh -c 'tests/fuzz/run_one.sh {} '"$FUZZ_SECONDS"' >'"$LOGS"'/fuzz-{}.log 2>&1'
    for name in "${pending[@]}"; do
        log=$LOGS/fuzz-$name.log
        before=$failed
        tally "$log"
        grep -qE '^(ok|not ok) ' "$log" || fail_line "fuzz:$name" "printed no result"
        [ "$failed" -eq "$before" ] || show_log "$log"
    done
}

# The lab has a build of its own; a machine that cannot have the lab says why.
run_pmu() {
    local why
    need_go && build release KIND=release all unit-build || return
    if ! why=$(tests/pmu/setup.sh 2>&1); then
        skip_line pmu "${why##*$'\n'}"
        return
    fi
    build arm64 ARCH=arm64 KIND=release all unit-build && run_scripts pmu pmu: tests/pmu/t*.sh
}

suite() {
    case $1 in
    pmu) run_pmu ;;
    unit) build release KIND=release all unit-build && run_units unit: "$ROOT/build/tests" ;;
    asan | tsan) sanitized "$1" ;;
    html) need_go && build release KIND=release all unit-build && build html html-build && run_scripts html html: tests/html/t*.sh ;;
    cli | e2e | profile | sim | gohook)
        need_go && build release KIND=release all unit-build && run_scripts "$1" "$1:" tests/"$1"/t*.sh ;;
    matrix)
        need_go && build release KIND=release all unit-build || return
        [ -n "$(compgen -G 'tests/matrix/*.sh')" ] || skip_line matrix "there are no tests yet"
        for script in tests/matrix/*.sh; do
            [ -f "$script" ] || continue
            options=
            [ "$(basename "$script")" != run.sh ] || options=--short
            run_script "matrix:$(basename "$script" .sh)" "${MATRIX_TIMEOUT:-900}" bash "$script" $options
        done ;;
    std)
        need_go && build release KIND=release all unit-build &&
            run_script std 600 bash tests/std/run.sh --short ;;
    fuzz) run_fuzz ;;
    examples)
        need_go && run_script examples 600 bash tests/setup/examples.sh ;;
    install) build release KIND=release all unit-build && run_scripts install install: tests/setup/install.sh ;;
    selftest)
        build release KIND=release all unit-build &&
            run_scripts selftest selftest: tests/setup/selftest.sh tests/lint/selftest.sh tests/mutation/gate.sh ;;
    lint)
        build release KIND=release all unit-build
        for script in tests/lint/*.sh; do
            case $script in */selftest.sh | */lib.sh) continue ;; esac
            run_script "lint:$(basename "$script" .sh)" 600 bash "$script"
        done ;;
    *) fail_line "$1" "no such suite" ;;
    esac
}

mkdir -p "$LOGS"
[ $# -gt 0 ] || set -- unit cli e2e profile sim gohook html pmu examples install asan selftest matrix std fuzz
started=$SECONDS
for name in "$@"; do
    echo "== $name"
    suite "$name"
done

echo "== $((SECONDS - started)) s"
[ ${#skips[@]} -eq 0 ] || { echo "skipped:"; printf '  %s\n' "${skips[@]}"; }
[ ${#fails[@]} -eq 0 ] || { echo "failed:"; printf '  %s\n' "${fails[@]}"; }
echo "$passed passed, $failed failed, ${#skips[@]} skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
