# lib.sh - what the tests of profiles share, on top of ../lib.sh: the module in testdata/bench, runs of
# its test binaries, and what go tool pprof reads out of their profiles.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

PROFILE_DIR=$ROOT/tests/profile
BENCH=$PROFILE_DIR/testdata/bench
unset PERFGO_FREQ PERFGO_PERIOD PERFGO_EACH GODEBUG GOMAXPROCS GOGC PPROF_TMPDIR
export PPROF_TMPDIR=$TMP

# binary PACKAGE [GO TEST ARGUMENT...]: builds the package's test binary, prints its path.
binary() {
    local pkg=$1
    shift
    (cd "$BENCH" && go test "$@" -c -o "$TMP/$pkg.test" "./$pkg") >&2 && echo "$TMP/$pkg.test"
}

# profile NAME BINARY ARGUMENT...: runs it with PERFGO_MODE=profile, through WRAP if that is set;
# output in $TMP/NAME.out and .err, the run below $TMP/NAME.d.
profile() {
    local name=$1
    shift
    PERFGO_MODE=profile ${WRAP:-} "$PERFGO" exec --output "$TMP/$name.d" ${FLAGS:-} -- "$@" \
        >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
}

records() { printf '%s\n' "$TMP/$1.d"/history/*/benchmarks.jsonl; }
# field NAME BENCHMARK JQ-PATH: of the last record with that name.
field() {
    jq -rs --arg name "Benchmark$2" "map(select(.name == \$name)) | last | $3" "$(records "$1")"
}
# file NAME BENCHMARK: its profile, whatever the procs are.
file() {
    local found
    for found in "$TMP/$1.d"/history/*/profiles/example.com/profile/*/"Benchmark$2".pb.gz \
        "$TMP/$1.d"/history/*/profiles/example.com/profile/*/"Benchmark$2"-*.pb.gz; do
        [ ! -f "$found" ] || { printf '%s\n' "$found"; return; }
    done
    printf '%s\n' "$TMP/no-profile-of-$2"
}
pprof() { go tool pprof "$@" 2>"$TMP/pprof.err"; }

# sum FILE TYPE/UNIT: over all samples.
sum() {
    pprof -raw "$1" | awk -v type="$2" '/^Samples:/ { samples = 1; next }
        samples && /^[a-z]/ { for (i = 1; i <= NF; i++) if (index($i, type) == 1) column = i; next }
        /^Locations/ { exit }
        samples && /^ +[0-9]/ { sub(/:/, " "); n += $column } END { printf "%.0f\n", n }'
}
# flat FILE FUNCTION-REGEXP / cum FILE FUNCTION-REGEXP: share of CPU time in percent.
share() {
    pprof -top -nodefraction=0 -edgefraction=0 -nodecount=100000 "$1" |
        awk -v name="$2" -v column="$3" '$NF == "(inline)" { NF-- }
            on && $NF ~ name { sub(/%/, "", $column); n += $column } /flat%/ { on = 1 } END { printf "%.2f\n", n }'
}
flat() { share "$1" "$2" 2; }
cum() { share "$1" "$2" 5; }

# near TEST GOT WANTED PERCENT
near() {
    check "$1" "$2 is not within $4 % of $3" awk -v got="$2" -v want="$3" -v by="$4" \
        'BEGIN { d = got - want; if (d < 0) d = -d; exit !(want > 0 && d <= want * by / 100) }'
}
# least TEST GOT LEAST
least() { check "$1" "$2 is less than $3" awk -v got="$2" -v least="$3" 'BEGIN { exit !(got + 0 >= least + 0) }'; }
equal() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "'$2' instead of '$3'"; fi; }

# region_holds NAME LEAST PERCENT: the profiles of testdata/bench/region, LEAST of them, hold the timed
# region only, and the CPU time of all of it within that many percent.
region_holds() {
    local run=$1 names name found share percent
    names=$(jq -r .name "$(records "$run")")
    least "benchmarks with a record" "$(wc -w <<<"$names")" "$2"
    for name in $names; do
        name=${name#Benchmark} found=$(file "$run" "$name")
        share=95 percent=$3
        # Each of its windows ends with the world being stopped, which other threads take part in.
        [ "$name" != StopStart ] || share=75
        pprof -raw "$found" >"$TMP/raw" || not_ok "$name: pprof" "$(cat "$TMP/pprof.err")"
        equal "$name: functions that run outside only" "$(grep -o 'outside[A-Z][a-z]*' "$TMP/raw" | sort -u | xargs)" ""
        least "$name: share of what runs inside" "$(cum "$found" 'region\.inside(Work|Thread)$')" $share
        near "$name: CPU time against task-clock" "$(sum "$found" cpu/nanoseconds)" \
            "$(field "$run" "$name" '.metrics["task-clock"].value')" "$percent"
        equal "$name: samples in profile and record" "$(sum "$found" samples/count)" "$(field "$run" "$name" .samples.taken)"
        equal "$name: none lost" "$(field "$run" "$name" .samples.lost)" 0
    done
}

# seccomp_exec: builds the program that denies perf_event_open; false, with a reason, without filters.
seccomp_exec() {
    cc -O1 -o "$TMP/seccomp_exec" "$ROOT/tests/e2e/helpers/seccomp_exec.c" || not_ok helper "does not build"
    chmod 755 "$TMP"
    "$TMP/seccomp_exec" EPERM - true 2>/dev/null && return 0
    skip "$1" "this system has no seccomp filters"
    return 1
}

# With DENIED, a folder for Go's cache, perfgo and what it runs is an ordinary user's who may not call
# perf_event_open. What the tests do themselves is not.
denied() {
    local user=-
    seccomp_exec denied || return 1
    [ "$(id -u)" != 0 ] || user=65534
    printf '#!/bin/sh\nHOME="%s" GOCACHE="%s" exec "%s" EPERM %s "%s" "$@"\n' "$DENIED" "$DENIED" "$TMP/seccomp_exec" \
        $user "$PERFGO" >"$TMP/perfgo"
    chmod 755 "$TMP/perfgo"
    chmod 1777 "$TMP"
    PERFGO=$TMP/perfgo
}
[ -z "${DENIED:-}" ] || denied || finish
