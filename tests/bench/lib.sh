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

# The two sides, unless a topic says otherwise: nothing before the test binary, and perfgo.
SIDE_A=()
SIDE_B=("$PERFGO" exec --)

# both WITHOUT WITH UNITS -- BINARY ARGUMENTS...: runs the test binary REPEATS times on each side, by
# turns; appends the values of each unit to the files WITHOUT.UNIT and WITH.UNIT ("/" as "-per-").
# Fails when a run shows no such value.
both() {
    local without=$1 with=$2 units=$3 i side out value unit
    shift 4
    for ((i = 0; i < REPEATS; i++)); do
        for side in $([ $((i % 2)) -eq 0 ] && echo A B || echo B A); do
            case $side in
            A) out=$("${SIDE_A[@]}" "$@" 2>&1) ;;
            B) out=$("${SIDE_B[@]}" "$@" 2>&1) ;;
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

# Benchmarks of the standard library: package, name.
STD_LIST='
sort            BenchmarkSortIsSorted
strings         BenchmarkFields/Mixed/4096
strings         BenchmarkReplaceAll
bytes           BenchmarkIndexByte/4K
encoding/json   BenchmarkCodeMarshal
encoding/json   BenchmarkCodeUnmarshal
regexp          BenchmarkReplaceAll
math/big        BenchmarkNatMul/1000
compress/flate  BenchmarkEncode/Digits/Speed/1e5
compress/flate  BenchmarkDecode/Newton/Default/1e5
crypto/sha256   BenchmarkHash8K/New
hash/crc32      BenchmarkCRC32/poly=IEEE/size=4kB/align=0
container/heap  BenchmarkDup
fmt             BenchmarkSprintfFloat
strconv         BenchmarkQuote
unicode/utf8    BenchmarkRuneCountTenJapaneseChars
bufio           BenchmarkReaderCopyOptimal
encoding/base64 BenchmarkDecodeString/8192
'

# Name in the pattern language of -test.bench: each element anchored.
anchored() { sed 's|^|^|; s|/|$/^|g; s|$|$|' <<<"$1"; }

# std_ratios FIGURE GOAL [UNIT...]: side B over side A, the median over the benchmarks of STD_LIST, for
# each unit (ns/op unless given). Test binaries are built once; both sides run the same number of
# iterations, so that Go's own search for one is no noise.
std_ratios() {
    local figure=$1 goal=$2 units src pkg name binary pattern n unit
    shift 2
    units=${*:-ns/op}
    src=$(go env GOROOT)/src
    while read -r pkg name; do
        [ -n "$pkg" ] || continue
        binary=$TMP/${pkg//\//_}.test
        [ -f "$binary" ] || go test -vet=off -c -o "$binary" "$pkg" ||
            { unmeasured "$pkg" "does not build"; continue; }
        cd "$src/$pkg" || { unmeasured "$pkg" "no source"; continue; }
        pattern=$(anchored "$name")
        n=$("$binary" $GO_TEST -test.bench="$pattern" -test.benchtime="$BENCHTIME" 2>/dev/null |
            awk '/^Benchmark/ && NF > 3 { print $2 }')
        [[ $n =~ ^[0-9]+$ ]] || { unmeasured "$pkg $name" "not exactly one benchmark of this name"; continue; }
        rm -f "$TMP/a".* "$TMP/b".*
        both "$TMP/a" "$TMP/b" "$units" -- "$binary" $GO_TEST -test.bench="$pattern" -test.benchtime="${n}x" ||
            { unmeasured "$pkg $name" "a run printed no $units"; continue; }
        for unit in $units; do
            ratio_of "$unit" "$pkg ${name#Benchmark}"
        done
    done <<<"$STD_LIST"
    for unit in $units; do
        ratios_figure "$unit $figure" "$goal" "$TMP/ratios.${unit//\//-per-}"
    done
}

# ratio_of UNIT WHAT: of what `both` has left; kept for the median. The two runs of a pair stand side by
# side in time, so the median is that of the pairs' ratios: what the machine does over minutes is in both.
# Where side B does PART_OF times as much as it is to be charged for, it is charged for that part.
ratio_of() {
    local file=${1//\//-per-} a b ratio fastest
    a=$(median <"$TMP/a.$file") b=$(median <"$TMP/b.$file")
    ratio=$(paste "$TMP/b.$file" "$TMP/a.$file" | awk -v of="${PART_OF:-1}" '{ print 1 + ($1 / $2 - 1) / of }' | median | xargs printf %.4f)
    fastest=$(calc %.4f "1 + ($(fastest <"$TMP/b.$file") / $(fastest <"$TMP/a.$file") - 1) / ${PART_OF:-1}")
    detail "$ratio (fastest runs $fastest)  $2: $a $1 without, $b with"
    echo "$ratio" >>"$TMP/ratios.$file"
    echo "$fastest" >>"$TMP/ratios.$file.fastest"
}

ratios_figure() {
    if [ -f "$3" ] && [ "$(wc -l <"$3")" -ge 12 ]; then
        figure "$1" "$(median <"$3")" "$2" x \
            "median over $(wc -l <"$3") benchmarks; of their fastest runs $(median <"$3.fastest")"
    else
        unmeasured "$1" "fewer than 12 benchmarks"
    fi
}
