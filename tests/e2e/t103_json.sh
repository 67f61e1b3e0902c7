#!/usr/bin/env bash
# go test -json: every event is as it is without perfgo, but that the benchmark lines are longer;
# whole, and attributed to the same test.
. "$(dirname "$0")/bench.sh"

args=(-json -bench='BN|Sub|Names|Loop|Logs' -benchtime=10x ./forms ./testmain)
gobench plain base "${args[@]}"
for way in exec test; do
    gobench $way $way "${args[@]}"
    status_is "json-$way-status" $? 0
    judged $way "json-$way" -json -baseline "$TMP/base.out" -min 20
done
LDFLAGS=(-ldflags=-linkmode=external)
gobench plain base2 "${args[@]}" "${LDFLAGS[@]}"
gobench preload preload "${args[@]}" "${LDFLAGS[@]}"
judged preload json-preload -json -baseline "$TMP/base2.out" -min 20

# Everything but the lines: the same events in the same order, apart from perfgo's own sentence.
events() {
    jq -c 'select(.Output == null or (.Output | test("ns/op|^perfgo: |^ok |^Benchmark|^ +[0-9]+") | not)) | [.Package, .Action, .Test, .Output]' "$1" |
        sed -E 's/\([0-9]+\.[0-9]+s\)/(time)/' | sort
}
if diff <(events "$TMP/base.out") <(events "$TMP/exec.out") >"$TMP/diff"; then
    ok json-other-events
else
    head -n 20 "$TMP/diff"
    not_ok json-other-events "go test -json has other events than without perfgo"
fi
finish
