# lab.sh - what the tests in the lab (t5xx) share: ready or skipped, Go test binaries for arm64, boots,
# comparisons. Source it with `. "$(dirname "$0")/lab.sh"`; README.md tells how a test is written.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
LAB=$ROOT/tests/pmu
# On an arm64 machine the native build is the one.
ARM=$ROOT/build/arm64
case $(uname -m) in aarch64) ARM=$ROOT/build ;; esac
SYSROOT=$ROOT/build/cross/arm64/root
OLDEST=go1.18.10 NEWEST=go1.27.3

why=$("$LAB/setup.sh") || {
    skip "$(basename "$0" .sh)" "${why##*$'\n'}"
    finish
}
[ -x "$ARM/bin/perfgo" ] || {
    not_ok build "no $ARM/bin/perfgo: run make ARCH=arm64 all unit-build"
    finish
}

# new_job NAME: an empty job in $TMP/NAME with perfgo in it; its run.sh comes from standard input and
# finds perfgo and what else is in bin/ in its PATH.
new_job() {
    mkdir -p "$TMP/$1/bin" "$TMP/$1/lib"
    cp "$ARM/bin/perfgo" "$TMP/$1/bin/"
    cp "$ARM"/lib/*.so "$TMP/$1/lib/"
    { echo 'export PATH=/job/bin:$PATH'; cat; } >"$TMP/$1/run.sh"
}

# with_go NAME: in the job NAME, go and cc are commands; what they build is built outside. The scripts
# of other suites run in such a job, with the checkout's tests in /job/tests.
with_go() {
    local job=$TMP/$1 file
    GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -trimpath -o "$job/bin/test2json" cmd/test2json || return 1
    (cd "$ROOT" && git ls-files tests proto Makefile) | while IFS= read -r file; do
        mkdir -p "$job/$(dirname "$file")"
        cp "$ROOT/$file" "$job/$file"
    done
    { echo 'export PATH=/lib/lab:$PATH'; cat "$job/run.sh"; } >"$job/run.with"
    mv "$job/run.with" "$job/run.sh"
}

# valgrind_layer: prints the layer for boots and thrice with which valgrind is there, built on demand.
valgrind_layer() {
    "$LAB/setup.sh" valgrind >&2 && echo "$ROOT/build/pmu/valgrind.cpio"
}

# arm_program OUT SOURCE...: a C program for the lab.
arm_program() {
    local out=$1
    shift
    mkdir -p "$(dirname "$out")"
    aarch64-linux-gnu-gcc --sysroot="$SYSROOT" -std=gnu11 -O2 -Wall -Wextra -o "$out" "$@"
}

# arm_test VERSION OUT DIR ARG...: `go test -c ARG...` in DIR for arm64, with the cross compiler where
# cgo is wanted (CGO=1). Equal sources give equal bytes. A version that cannot be had: status 2.
arm_test() {
    local version=$1 out=$2 dir=$3
    shift 3
    if ! (cd "$dir" && GOTOOLCHAIN=$version timeout 300 go version) >"$TMP/version" 2>&1; then
        echo "$version cannot be had: $(tail -n 1 "$TMP/version")"
        return 2
    fi
    mkdir -p "$(dirname "$out")"
    (cd "$dir" && GOTOOLCHAIN=$version GOOS=linux GOARCH=arm64 CGO_ENABLED=${CGO:-0} \
        CC="aarch64-linux-gnu-gcc --sysroot=$SYSROOT -ffile-prefix-map=$ROOT=." go test -trimpath -c -o "$out" "$@")
}

# boot NAME [LAYER...]: runs the job NAME; output, out/ and console are in $TMP/NAME.out afterwards.
# What stands before the call (CPU=…, SHIFT=…, TIMEOUT=…) is boot.sh's.
boot() {
    local name=$1
    shift
    "$LAB/boot.sh" "$TMP/$name" "$TMP/$name.out" "$@"
}

# What a boot printed, for the log of a failure.
show_boot() {
    tail -n 40 "$TMP/$1.out/console" "$TMP/$1.out/output" 2>/dev/null | cut -c 1-300
}

# boots TEST NAME [LAYER...]: the job succeeds.
boots() {
    local test=$1 name=$2 status
    shift 2
    boot "$name" "$@"
    status=$?
    if [ $status = 0 ]; then
        ok "$test"
    else
        show_boot "$name"
        not_ok "$test" "exit status $status"
        return 1
    fi
}

# thrice TEST NAME [LAYER...]: the job succeeds three times, and its output and its files are the same
# to the byte. Two boots at a time: each is one busy processor.
thrice() {
    local test=$1 name=$2 run status=0
    shift 2
    ("$LAB/boot.sh" "$TMP/$name" "$TMP/$name.2" "$@"; "$LAB/boot.sh" "$TMP/$name" "$TMP/$name.3" "$@") &
    boots "$test" "$name" "$@" || status=1
    wait $!
    [ $status = 0 ] || return 1
    for run in 2 3; do
        diff -r -q "$TMP/$name.out" "$TMP/$name.$run" >"$TMP/differences" && continue
        cat "$TMP/differences"
        diff "$TMP/$name.out/output" "$TMP/$name.$run/output" | head -n 20
        not_ok "$test-identical" "run $run differs from the first: $(head -n 1 "$TMP/differences")"
        return 1
    done
    ok "$test-identical"
}

# relay NAME: the protocol lines that the job printed become ours.
relay() {
    local line lines=0
    while IFS= read -r line; do
        case $line in
        'ok '*) ok "${line#ok }" ;;
        'skip '*) line=${line#skip }; skip "${line%%: *}" "${line#*: }" ;;
        'not ok '*) line=${line#not ok }; not_ok "${line%%: *}" "${line#*: }" ;;
        *) continue ;;
        esac
        lines=$((lines + 1))
    done <"$TMP/$1.out/output"
    [ $lines -gt 0 ] || not_ok "$1" "the job printed no result"
}

# equal TEST HAVE WANT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2 instead of $3"; fi
}
