#!/usr/bin/env bash
# timeout: 400
# Several packages at once, the user's own -exec and GOFLAGS, coverage, other directories.
. "$(dirname "$0")/bench.sh"

some=(-bench='^Benchmark(BN|AGood|Sub|AfterTests|Callback.*)$' -benchtime=20x)

# With -p several binaries append to one file; their records must not mix.
packages=(./forms ./failing ./testmain ./cthreads)
gobench plain base -p 4 "${some[@]}" -count=5 "${packages[@]}"
gobench exec many -p 4 "${some[@]}" -count=5 "${packages[@]}"
judged many packages-exec -baseline "$TMP/base.out" -min 50
gobench test many2 -p 4 "${some[@]}" -count=5 ./...
status_is packages-test-status $? 0
judged many2 packages-test -min 50
for run in many many2; do
    n=$(find "$TMP/$run.d/history" -mindepth 1 -maxdepth 1 | wc -l)
    if [ "$n" = 1 ]; then ok "$run-one-run"; else not_ok "$run-one-run" "one go test left $n runs"; fi
    check "$run-processes" "testrun.json does not tell of all test binaries" \
        jq -e '[.processes[].pkg] | contains(["perfgo.test/bench/forms", "perfgo.test/bench/failing", "perfgo.test/bench/testmain", "perfgo.test/bench/cthreads"])' \
        "$TMP/$run.d"/history/*/testrun.json
done

# One package fails: go's status, and everybody's lines.
gobench exec partly -bench='^Benchmark(BN|AGood|Fatal)$' -benchtime=20x ./forms ./failing
status_is partly-status $? 1
judged partly partly-lines -min 2

# The user's own -exec stays in place, between perfgo and the binary.
cat >"$TMP/wrapper" <<E
#!/bin/sh
echo "\$#" >>"$TMP/wrapped"
exec "\$@"
E
chmod +x "$TMP/wrapper"
gobench test own-exec -exec "$TMP/wrapper" "${some[@]}" ./forms
judged own-exec own-exec-lines -min 2
check own-exec-used "the user's own -exec was not used" test -s "$TMP/wrapped"

# From GOFLAGS too.
rm -f "$TMP/wrapped"
GOFLAGS="-exec=$TMP/wrapper -benchtime=7x" gobench test goflags -bench=BN ./forms
judged goflags goflags-lines -min 1
check goflags-exec "-exec in GOFLAGS was not used" test -s "$TMP/wrapped"
check goflags-others "other flags in GOFLAGS were lost" grep -qE '^BenchmarkBN\S*\s+7\s' "$TMP/goflags.out"
if GOFLAGS="'-ldflags=-s -w'" go version >/dev/null 2>&1; then
    GOFLAGS="'-exec=$PERFGO exec -o $TMP/goflags2.d --'" gobench plain goflags2 "${some[@]}" ./forms
    judged goflags2 exec-from-goflags -min 2
else
    skip exec-from-goflags "this Go knows no quotes in GOFLAGS"
fi

gobench exec cover -cover "${some[@]}" ./forms
judged cover cover -min 2
check cover-said "no coverage on the output" grep -q '^coverage: ' "$TMP/cover.out"

# Without -o: beside the go.mod of the module, from any directory below it.
cp -r "$BENCH" "$TMP/module"
(cd "$TMP/module/forms" && go test -exec "$PERFGO exec --" -bench=BN -benchtime=20x . >"$TMP/default.out" 2>&1)
mv "$TMP/module/.perfgo" "$TMP/default.d" 2>/dev/null
judged default beside-go.mod -min 1

# PERFGO_INLINE=0: records, and lines as Go wrote them.
PERFGO_INLINE=0 gobench exec plainlines "${some[@]}" -cpu=2 ./forms
judged plainlines no-inline -no-inline -min 2

# A test binary that is already built, run by hand.
(cd "$BENCH" && go test -c -o "$TMP/forms.test" ./forms) &&
    "$PERFGO" exec -o "$TMP/byhand.d" -- "$TMP/forms.test" -test.bench=BN -test.benchtime=20x >"$TMP/byhand.out" 2>"$TMP/byhand.err"
status_is by-hand-status $? 0
judged byhand by-hand -min 1
finish
