#!/usr/bin/env bash
# timeout: 400
# benchstat, the judge of everybody's benchmarks, takes the lines, and the benchfmt report too.
. "$(dirname "$0")/bench.sh"

# A module proxy that does not answer must not hold the test up.
if ! GOBIN=$TMP timeout 200 go install golang.org/x/perf/cmd/benchstat@latest >"$TMP/install" 2>&1; then
    skip benchstat "cannot be had: $(tail -n 1 "$TMP/install")"
    finish
fi
gobench exec old -bench='^Benchmark(BN|Sub|Names|SetBytes)$' -benchtime=20x -count=6 ./forms
gobench exec new -bench='^Benchmark(BN|Sub|Names|SetBytes)$' -benchtime=20x -count=6 ./forms

# Every unit has a table, and every benchmark a row in each; nothing is said about bad lines.
tables() { # TEST OLD NEW
    if ! "$TMP/benchstat" -format csv "$2" "$3" >"$TMP/stat.csv" 2>"$TMP/stat.err"; then
        head "$TMP/stat.err"
        not_ok "$1" "benchstat fails"
        return
    fi
    local unit rows names
    names=$("$JUDGE" plain "$TMP/old.out" | sort -u | wc -l)
    for unit in sec/op task-sec/op page-faults/op context-switches/op; do
        # A unit's table begins with a line ",UNIT,CI,…".
        rows=$(awk -F, -v unit="$unit" '$2 == unit { on = 1; next } on && /^$/ { on = 0 } on && $1 != "geomean"' "$TMP/stat.csv" | wc -l)
        if [ "$rows" = "$names" ]; then
            ok "$1-$unit"
        else
            head -n 20 "$TMP/stat.csv"
            not_ok "$1-$unit" "$rows rows for $names benchmarks"
        fi
    done
    # Messages about what could not be parsed name the file; others are about too few samples.
    if grep -E '^[^ ]+:[0-9]+:' "$TMP/stat.err" | grep -vqE 'summaries must be|all samples are equal|need >='; then
        head "$TMP/stat.err"
        not_ok "$1-parsed" "$(head -n 1 "$TMP/stat.err")"
    else
        ok "$1-parsed"
    fi
}
tables lines "$TMP/old.out" "$TMP/new.out"
for run in old new; do
    "$PERFGO" report "$(dirname "$(records $run)")" --format=benchfmt >"$TMP/$run.fmt" || not_ok "report-$run" "perfgo report fails"
done
tables report "$TMP/old.fmt" "$TMP/new.fmt"
finish
