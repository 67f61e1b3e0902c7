#!/usr/bin/env bash
# e2e.sh - the whole set of tests with real Go programs, with a blank import of gohook instead of
# LD_PRELOAD: on the oldest and the newest supported Go, plain and with the race detector. It takes
# longer than a test may; t400_import.sh is its short form. `make gohook-e2e`
#
#   tests/gohook/e2e.sh [GO-VERSION...]     default: go1.18.10 go1.27.3
LIB_NO_TMP=1
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1
[ $# -gt 0 ] || set -- go1.18.10 go1.27.3
passed=0 failed=0 skipped=0

# run LABEL SCRIPT: one test script; its lines with the label in front.
run() {
    local log
    log=$(bash "$2" 2>&1 </dev/null)
    grep -E '^(not ok|skip) ' <<<"$log" | sed -E "s|^(not ok\|skip) |&$1/|"
    ! grep -q '^not ok' <<<"$log" || grep -vE '^(ok|skip) ' <<<"$log" | tail -n 40 | sed 's/^/    | /'
    passed=$((passed + $(grep -c '^ok ' <<<"$log")))
    failed=$((failed + $(grep -c '^not ok ' <<<"$log")))
    skipped=$((skipped + $(grep -c '^skip ' <<<"$log")))
}

export E2E_WAY=import
for version in "$@"; do
    for flags in "" -race; do
        echo "== $version${flags:+ $flags}"
        for script in tests/e2e/t1*.sh; do
            name=$(basename "$script" .sh)
            GOTOOLCHAIN=$version E2E_FLAGS=$flags run "$version${flags:+ $flags}/${name%%_*}" "$script"
        done
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
