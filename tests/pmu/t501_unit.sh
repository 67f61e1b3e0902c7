#!/usr/bin/env bash
# The unit tests, on arm64 and on a PMU.
. "$(dirname "$0")/lab.sh"

new_job unit <<'END'
for program in unit/test_*; do
    name=${program##*/}
    CMOCKA_MESSAGE_OUTPUT=TAP $program >out/$name.tap 2>out/$name.err
    echo $? >out/$name.status
done
END
with_go unit || not_ok go "test2json does not build"
mkdir -p "$TMP/unit/unit"
for source in "$ROOT"/tests/unit/test_*.c; do
    cp "$ARM/tests/$(basename "$source" .c)" "$TMP/unit/unit/"
done
boots unit unit || finish

for source in "$ROOT"/tests/unit/test_*.c; do
    name=$(basename "$source" .c)
    log=$TMP/unit.out/out/$name
    tests=$(grep -cE '^(not )?ok [0-9]+ ' "$log.tap")
    sed -nE 's/^(not )?ok [0-9]+ # SKIP (.*)/\2/p' "$log.tap" | while IFS= read -r test; do
        skip "$name/$test" "skipped by the test"
    done
    if [ "$(cat "$log.status")" != 0 ] || grep -E '^not ok [0-9]+ - ' "$log.tap"; then
        cat "$log.tap" "$log.err"
        not_ok "$name" "exit status $(cat "$log.status"): $(sed -n 's/^not ok [0-9]* - //p' "$log.tap" | xargs)"
    elif [ "$tests" = 0 ]; then
        not_ok "$name" "printed no result"
    else
        ok "$name"
    fi
done
finish
