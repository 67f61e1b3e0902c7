#!/usr/bin/env bash
# A blank import of gohook does what preloading does; both together do nothing twice; without cgo it
# says that it does nothing.
E2E_WAY=import
. "$(dirname "$0")/../e2e/bench.sh"

some=(-bench='^Benchmark(BN|StopStart|RunParallel|Sub)$' -benchtime=20x)
gobench plain base "${some[@]}" ./forms
gobench import import "${some[@]}" ./forms
status_is import-status $? 0
judged import import-lines -baseline "$TMP/base.out" -cpu "$CPUS" -min 4 -require task-clock,page-faults,context-switches

# once TEST NAME: every line and every record has its metrics once.
once() {
    local lines
    lines=$(grep -c '^Benchmark.* task-ns/op' "$TMP/$2.out")
    if [ "$lines" -ge 4 ] && ! grep -q 'task-ns/op.*task-ns/op' "$TMP/$2.out" &&
        [ "$(cat $(records "$2") | wc -l)" = "$lines" ]; then
        ok "$1"
    else
        show "$2"
        not_ok "$1" "$lines lines with metrics, $(cat $(records "$2") | wc -l) records"
    fi
}
LD_PRELOAD=$LIBPERFGO gobench import both "${some[@]}" ./forms
once both-once both
mkdir "$TMP/elsewhere" && cp "$(dirname "$LIBPERFGO")"/libperfgo*.so "$TMP/elsewhere/"
LD_PRELOAD=$TMP/elsewhere/libperfgo.so gobench import elsewhere "${some[@]}" ./forms
once preload-of-another-file-once elsewhere
gobench test command "${some[@]}" ./forms
once command-once command

# A run without benchmarks is left alone.
gobench import none -run=. ./testmain
status_is none-status $? 0
if [ -e "$TMP/none.d" ] || grep -q perfgo: "$TMP/none.out" "$TMP/none.err"; then
    show none
    not_ok none-silent "without benchmarks something was written or said"
else
    ok none-silent
fi

# Without cgo: the same lines as without perfgo, and one sentence.
export CGO_ENABLED=0
gobench plain base0 "${some[@]}" ./forms
gobench import without "${some[@]}" ./forms
status_is without-cgo-status $? 0
unharmed without-cgo-unharmed base0 without
one_sentence without-cgo-said without 'built without cgo'
check without-cgo-no-record "there is a record" [ ! -e "$TMP/without.d" ]
gobench import quiet -run=. ./testmain
if grep -q perfgo: "$TMP/quiet.out" "$TMP/quiet.err"; then
    not_ok without-cgo-silent "said something though no benchmark was to run"
else
    ok without-cgo-silent
fi
# perfgo exec needs no cgo, and then there is nothing to say.
(cd "$BENCH" && go test -exec "$PERFGO exec -o $TMP/exec0.d --" "${some[@]}" ./forms) >"$TMP/exec0.out" 2>"$TMP/exec0.err"
once without-cgo-exec exec0
if grep -q 'built without cgo' "$TMP/exec0.out" "$TMP/exec0.err"; then
    not_ok without-cgo-exec-silent "said that nothing is measured, and measured"
else
    ok without-cgo-exec-silent
fi
unset CGO_ENABLED
finish
