#!/usr/bin/env bash
# e2e.sh - the whole set of tests with real Go programs, with a blank import of gohook instead of
# LD_PRELOAD: on the oldest and the newest supported Go, plain and with the race detector; and
# t400_import.sh, which has what is particular to the import, without cgo too. It takes longer than a
# test may: some 15 minutes. `make gohook-e2e`
#
#   tests/gohook/e2e.sh [GO-VERSION...]     default: go1.18.10 go1.27.3
#
# TESTS=t100,t104 chooses scripts. What fails here is tried with LD_PRELOAD too: a check that fails
# there as well (exact numbers of page faults under the race detector, say) is not about the import,
# and is counted as skipped.
LIB_NO_TMP=1
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1
[ $# -gt 0 ] || set -- go1.18.10 go1.27.3
passed=0 failed=0 skipped=0

checks() { grep -E "^$1 " <<<"$2" | sed -E "s/^$1 ([^ ]*[^: ]).*/\\1/" | sort -u; }

# run LABEL SCRIPT: one test script; its lines with the label in front.
run() {
    local log other='' name
    log=$(E2E_WAY=import bash "$2" 2>&1 </dev/null)
    ! grep -q '^not ok' <<<"$log" || other=$(bash "$2" 2>&1 </dev/null)
    passed=$((passed + $(grep -c '^ok ' <<<"$log")))
    skipped=$((skipped + $(grep -c '^skip ' <<<"$log")))
    grep '^skip ' <<<"$log" | sed "s|^skip |&$1/|"
    while IFS= read -r name; do
        if grep -qxF "$name" <<<"$(checks 'not ok' "$other")"; then
            skipped=$((skipped + 1))
            echo "skip $1/$name: fails with LD_PRELOAD too"
        else
            failed=$((failed + 1))
            grep -F "not ok $name:" <<<"$log" | sed "s|^not ok |&$1/|"
            grep -vE '^(ok|skip) ' <<<"$log" | tail -n 40 | sed 's/^/    | /'
        fi
    done < <(checks 'not ok' "$log" | grep .)
}

for version in "$@"; do
    for flags in "" -race; do
        echo "== $version${flags:+ $flags}"
        for script in tests/e2e/t1*.sh tests/gohook/t400_import.sh; do
            name=$(basename "$script" .sh)
            case ,${TESTS:-${name%%_*}}, in *",${name%%_*},"*) ;; *) continue ;; esac
            [ -z "$flags" ] || [ "${name%%_*}" != t400 ] || continue # the race detector needs cgo
            GOTOOLCHAIN=$version E2E_FLAGS=$flags run "$version${flags:+ $flags}/${name%%_*}" "$script"
        done
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
