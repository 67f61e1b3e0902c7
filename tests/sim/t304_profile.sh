#!/usr/bin/env bash
# timeout: 300
# A profile per benchmark from the simulated costs: whose sums are the record's, which names the right
# function and its lines in a stripped binary, equal in equal runs, and that go tool pprof reads.
. "$(dirname "$0")/lib.sh"
need_valgrind profile || finish

# profile NAME BENCHMARK: the file; pprof ARGUMENT...
profile() { printf '%s\n' "$TMP/$1.d"/history/*/profiles/example.com/sim/*/"Benchmark$2".pb.gz; }
pprof() { go tool pprof "$@" 2>"$TMP/pprof.err"; }
sum() { # FILE TYPE
    pprof -sample_index="$2" -raw "$1" | awk -v type="$2/count" '/^Samples:/ { samples = 1; next }
        samples && /\/count/ { for (i = 1; i <= NF; i++) if (index($i, type) == 1) column = i; next }
        /^Locations/ { exit }
        samples && $1 ~ /^[0-9]+$/ { sub(/:/, " "); n += $column } END { printf "%d\n", n }'
}
# What was counted, before perfgo's own cost was taken off.
counted() { # NAME BENCHMARK METRIC
    local own
    own=$(jq -r --arg m "$3" '.events[] | select(.name == $m) | .own_cost // 0' "$TMP/$1.d"/history/*/testrun.json)
    jq -r --arg name "Benchmark$2" --arg m "$3" --argjson own "$own" \
        'select(.name == $name) | .metrics[$m].value + $own * .windows | round' "$(records "$1")"
}

binary=$(sim_binary truth -ldflags='-s -w') || { not_ok build "the benchmarks do not build"; finish; }
sim truth "$binary" -test.bench=. -test.benchtime=100x || not_ok run "exit status $?"
equal "a profile per record" "$(find "$TMP/truth.d" -name '*.pb.gz' | wc -l)" "$(wc -l <"$(records truth)")"
for loop in Turns:turns Product:product; do
    name=${loop%:*}/20000 file=$(profile truth "${loop%:*}/20000-1")
    for metric in instructions L1-misses LL-misses branch-misses; do
        equal "$name: the profile's $metric are the record's" "$(sum "$file" $metric)" \
            "$(counted truth "$name" $metric)"
    done
    pprof -top -nodecount=1 "$file" >"$TMP/top"
    check "$name: its loop has nearly all instructions" "$(cat "$TMP/top")" \
        awk -v f="example.com/sim/truth.${loop#*:}" '$NF == f && $2 + 0 >= 90 { found = 1 } END { exit !found }' "$TMP/top"
    pprof -list "truth\\.${loop#*:}\$" "$file" >"$TMP/list"
    check "$name: the lines of the loop" "$(cat "$TMP/list")" \
        grep -qE '^ +[0-9.]+(k|M|MM)? .*x \+= x \^ i' "$TMP/list"
    pprof -peek "truth\\.${loop#*:}\$" "$file" >"$TMP/peek"
    check "$name: its caller" "$(cat "$TMP/peek")" grep -qE "100% \|   example.com/sim/truth.Benchmark${loop%:*}.func1" "$TMP/peek"
    pprof -tags "$file" >"$TMP/tags"
    check "$name: labels" "$(cat "$TMP/tags")" grep -q "Benchmark$name" "$TMP/tags"
done
pprof -raw "$file" >"$TMP/raw"
check "default type, comments, mapping" "$(head -30 "$TMP/raw"; grep -A2 ^Mappings "$TMP/raw")" \
    awk '/instructions\/count\[dflt\]/ { a = 1 } /back end: simulate/ { b = 1 } /seed: 1$/ { c = 1 }
         /truth.test [0-9a-zA-Z\/_-]+ \[FN\]\[FL\]\[LN\]\[IN\]/ { d = 1 } END { exit !(a && b && c && d) }' "$TMP/raw"

# The same again, position independent, linked with C: the sums still hold.
sim again "$binary" -test.bench=. -test.benchtime=100x
equal "an equal run gives equal bytes" "$(cmp "$(profile truth Turns/10000-1)" "$(profile again Turns/10000-1)" 2>&1)" ""
if binary=$(sim_binary truth -buildmode=pie) 2>/dev/null; then
    sim pie "$binary" -test.bench=Turns -test.benchtime=100x
    file=$(profile pie Turns/10000-1)
    equal "PIE: the profile's instructions are the record's" "$(sum "$file" instructions)" "$(counted pie Turns/10000 instructions)"
    pprof -top -nodecount=1 "$file" >"$TMP/top"
    check "PIE: its loop is found" "$(cat "$TMP/top")" grep -qE '9[0-9.]+%|100%.* example.com/sim/truth.turns$' "$TMP/top"
else
    skip PIE "no position independent build here"
fi
if [ "$(go env CGO_ENABLED)" = 1 ] && binary=$(sim_binary native 2>/dev/null); then
    sim native "$binary" -test.bench=.
    name=$(names native | cut -d' ' -f1) && name=${name#Benchmark}
    file=$(profile native "$name-1")
    equal "linked with C: the profile's instructions are the record's" "$(sum "$file" instructions)" \
        "$(counted native "$name" instructions)"
else
    skip "linked with C" "cgo is off or there is no C compiler"
fi

# Code that inlines, allocates and sorts: Go's names throughout, all of it accounted for.
binary=$(sim_binary set) || { not_ok build "the benchmarks do not build"; finish; }
sim set "$binary" -test.bench='Sort|JSON|Map' -test.benchtime=20x
for name in $(names set); do
    name=${name#Benchmark} file=$(profile set "${name#Benchmark}-1")
    equal "$name: the profile's instructions are the record's" "$(sum "$file" instructions)" \
        "$(counted set "$name" instructions)"
    pprof -raw "$file" >"$TMP/raw"
    check "$name: inlined calls" "$(grep -c 's=' "$TMP/raw") lines" \
        awk '/^ +[^ ]+ [^ ]+:[0-9]+:[0-9]+ s=[1-9][0-9]*$/ { n++ } END { exit n == 0 }' "$TMP/raw"
done
# Called from several places of one function, which is certain.
pprof -peek '^slices.order2Ordered' "$(profile set Sort-1)" >"$TMP/peek"
check "Sort: the one function that calls" "$(cat "$TMP/peek")" grep -qE '100% \|   slices.[a-zA-Z]+Ordered' "$TMP/peek"
finish
