#!/usr/bin/env bash
# The judge of the other tests notices what is planted.
. "$(dirname "$0")/bench.sh"

if (cd "$ROOT/tests/e2e/judge" && go test -count=1 .) >"$TMP/log" 2>&1; then
    ok judge-notices
else
    cat "$TMP/log"
    not_ok judge-notices "$(grep -m 1 -E 'judge_test|FAIL' "$TMP/log")"
fi
finish
