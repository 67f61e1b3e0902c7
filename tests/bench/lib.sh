# lib.sh - what every topic of `make bench` starts from: `. "$(dirname "$0")/lib.sh"`.
#
# A topic measures both sides in one run, by turns (A B B A …), and compares medians: two runs at
# different times say more about the machine than about perfgo. It prints one line per figure by
# `figure`; only what could not be measured (`unmeasured`) makes it fail, a missed goal does not.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

BENCH_DIR=$ROOT/tests/bench
REPEATS=${REPEATS:-11} # pairs of runs
unmeasured=0
export PERFGO_OUTPUT=$TMP/perfgo

# figure NAME VALUE GOAL UNIT [REMARK]: one measured figure; the goal is the most it should be.
figure() {
    awk -v name="$1" -v value="$2" -v goal="$3" -v unit="$4" -v remark="${5:-}" 'BEGIN {
        printf "%-44s %9s %-4s goal <= %s: %s%s\n", name, value, unit, goal,
            (value + 0 <= goal + 0 ? "met" : "MISSED"), remark == "" ? "" : "   (" remark ")"
    }'
}

# detail TEXT...: what stands behind a figure.
detail() { printf '    %s\n' "$*"; }

unmeasured() {
    unmeasured=1
    printf '%-44s could not be measured: %s\n' "$1" "$2"
}

# The last line of a topic.
done_measuring() { exit "$unmeasured"; }

is_number() { [[ $1 =~ ^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$ ]]; }

# Median of the numbers on standard input.
median() {
    sort -g | awk '{ x[NR] = $1 } END {
        if (NR == 0) exit 1
        printf "%.6g\n", NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2
    }'
}

# The run that other work on the machine disturbed least: a second opinion when it is busy.
fastest() { sort -g | head -n 1; }

calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# The value that stands before UNIT on the one result line of a benchmark; nothing when there is not
# exactly one.
value_of() {
    awk -v unit="$1" '/^Benchmark.*[0-9]/ {
        for (i = 3; i < NF; i++) if ($(i + 1) == unit) { value = $i; n++ }
    } END { if (n == 1) print value }'
}

# own_binary: builds the benchmarks of testdata/own, statically linked as go test does it.
own_binary() {
    (cd "$BENCH_DIR/testdata/own" && go test -c -o "$TMP/own.test" .) >&2 && echo "$TMP/own.test"
}

# What go test always gives: with an alarm set Go's scheduler polls for it, which costs a few hundred ns
# at each StopTimer; without it a process may come to poll later, by chance, and has two speeds.
GO_TEST="-test.run=^$ -test.timeout=10m"

# both WITHOUT WITH UNITS -- BINARY ARGUMENTS...: runs the test binary REPEATS times on each side, by
# turns; appends the values of each unit to the files WITHOUT.UNIT and WITH.UNIT ("/" as "-per-").
# Fails when a run shows no such value.
both() {
    local without=$1 with=$2 units=$3 i side out value unit
    shift 4
    for ((i = 0; i < REPEATS; i++)); do
        for side in $([ $((i % 2)) -eq 0 ] && echo A B || echo B A); do
            case $side in
            A) out=$("$@" 2>&1) ;;
            B) out=$("$PERFGO" exec -- "$@" 2>&1) ;;
            esac
            # Without metrics on the line perfgo was not in it, and the figure would mean nothing.
            if [ "$side" = B ] && ! grep -qE '^Benchmark.* task-ns/op' <<<"$out"; then
                printf '%s\n' "$out" >&2
                return 1
            fi
            for unit in $units; do
                value=$(value_of "$unit" <<<"$out")
                is_number "$value" || { printf '%s\n' "$out" >&2; return 1; }
                if [ "$side" = A ]; then echo "$value" >>"$without.${unit//\//-per-}"
                else echo "$value" >>"$with.${unit//\//-per-}"; fi
            done
        done
    done
}
