#!/usr/bin/env bash
# timeout: 300
# Sampling on a real PMU: as many samples as there are periods in the timed region, each where the
# processor was; and what is lost or throttled is counted.
#
# The sampled event has to be on the cycle counter, the only one of which QEMU tells all overflows.
# The record's own cycles would take it, so the sampled ones are pinned (:D).
. "$(dirname "$0")/lab.sh"
export LC_ALL=C
SHARES=$LAB/testdata/shares
TURNS=100 CYCLES=80000000 # of a benchmark: 100 times 1 + 2 + 5 parts of 100 000

new_job sampling <<END
export PERFGO_MODE=profile GODEBUG=asyncpreemptoff=1
run() { # NAME BINARY OPTION...
    name=\$1 binary=bin/\$2.test
    shift 2
    [ -e \$binary ] || return
    \$AS perfgo exec -o out/\$name "\$@" -- \$binary -test.bench=\$BENCH -test.benchtime=${TURNS}x >out/\$name.txt 2>&1
    echo "\$name \$?"
}
AS= BENCH=.
run oldest oldest -e cycles:uD --period 10007
run newest newest -e cycles:uD --period 10007
run kernel newest -e cycles:D --period 10007
run freq newest -e cycles:uD --freq 20000
run native native -e cycles:uD --period 40009
BENCH=Whole
run throttled newest -e cycles:uD --period 500
# The recorder does not run before the benchmark waits, and rings hold a few thousand samples.
AS=fifo
run full newest -e cycles:uD --period 13007
END
build() { # NAME VERSION ARGUMENT...
    local why
    if why=$(arm_test "$2" "$TMP/sampling/bin/$1.test" "$SHARES" "${@:3}" 2>&1); then return; fi
    case $why in
    *'cannot be had'*) skip "$1" "$why" ;;
    *) not_ok "$1" "does not build: $why" ;;
    esac
}
build oldest $OLDEST .
build newest $NEWEST .
CGO=1 build native $NEWEST -ldflags=-s=0 ./native
arm_program "$TMP/sampling/bin/fifo" "$LAB/helpers/fifo.c"
thrice sampling sampling || finish

field() { # RUN BENCHMARK FILTER
    jq -r --arg name "Benchmark$2" "select(.name == \$name) | $3" "$TMP/sampling.out/out/$1"/history/*/benchmarks.jsonl
}
profile() { echo "$TMP/sampling.out/out/$1"/history/*/profiles/perfgo.test/shares*/"Benchmark$2-1.pb.gz" \
    "$TMP/sampling.out/out/$1"/history/*/profiles/perfgo.test/shares/*/"Benchmark$2-1.pb.gz" |
    tr ' ' '\n' | grep -v '\*' | head -n 1; }
# top RUN BENCHMARK COLUMN FUNCTION: percent, flat (2) or with what it called (5).
top() {
    go tool pprof -top -nodefraction=0 -edgefraction=0 -nodecount=10000 "$(profile "$1" "$2")" 2>/dev/null |
        awk -v name="$4" -v column="$3" '$NF == "(inline)" { NF-- }
            on && $NF ~ name "$" { sub(/%/, "", $column); n += $column } /flat%/ { on = 1 } END { printf "%.2f\n", n }'
}
# near TEST HAVE WANT MOST: MOST in the unit of both.
near() {
    check "$1" "$2 is not within $4 of $3" awk -v have="$2" -v want="$3" -v most="$4" \
        'BEGIN { d = have - want; exit !(have != "" && d <= most && -d <= most) }'
}
percent() { awk -v n="$1" 'BEGIN { print n / 100 }'; }
# shares RUN BENCHMARK ONE TWO FIVE: 1 : 2 : 5, within one point of a hundred.
shares() {
    local have=()
    for function in "$3" "$4" "$5"; do have+=("$(top "$1" "$2" 2 "$function")"); done
    near "$1-$2-one" "${have[0]}" 12.5 1
    near "$1-$2-two" "${have[1]}" 25 1
    near "$1-$2-five" "${have[2]}" 62.5 1
    echo "# $1 $2: $(field "$1" "$2" '.samples | "\(.taken) taken, \(.lost) lost, \(.throttled) throttled"'), shares ${have[*]}"
}
says() { # RUN BENCHMARK: the comments of a profile
    go tool pprof -comments "$(profile "$1" "$2")" 2>/dev/null
}
# whole RUN BENCHMARK PERIOD CYCLES: every period of them is a sample.
whole() {
    local want=$(($4 / $3))
    near "$1-$2-samples" "$(field "$1" "$2" .samples.taken)" $want "$(percent $want)"
    equal "$1-$2-none-lost" "$(field "$1" "$2" '"\(.samples.lost) \(.samples.throttled)"')" "0 0"
    equal "$1-$2-profile" "$(says "$1" "$2" | sed -n 's/^samples: //p')" \
        "$(field "$1" "$2" '.samples | "\(.taken) taken, \(.lost) lost, \(.throttled) throttled"')"
    # Arm's kernel driver opens every level, and does as at 0.
    equal "$1-$2-precise" "$(says "$1" "$2" | grep -o 'precise level [0-9]')" "precise level 0"
}

equal status "$(awk '{ print $2 }' "$TMP/sampling.out/output" | sort -u)" 0
for run in oldest newest kernel freq; do
    [ -e "$TMP/sampling.out/out/$run.txt" ] || continue
    for name in Shares Whole; do
        cycles=$CYCLES
        [ $run != kernel ] || cycles=$(field $run $name .metrics.cycles.value)
        [ $run = freq ] || whole $run $name 10007 "$cycles"
        shares $run $name spin.One spin.Two spin.Five
        # A leaf without a frame has its caller, and nothing comes from around the timed region.
        near "$run-$name-callers" "$(top $run $name 5 callTwo)" 25 1
        near "$run-$name-root" "$(top $run $name 5 "Benchmark$name")" 100 1
        equal "$run-$name-outside" "$(top $run $name 5 '(around|spin.Outside)')" 0.00
    done
done
# Periods that the kernel chose add up to the cycles.
for name in Shares Whole; do
    sum=$(go tool pprof -top "$(profile freq $name)" 2>/dev/null | sed -n 's/.*Total samples = \([0-9]*\).*/\1/p')
    near "freq-$name-weight" "$sum" $CYCLES "$(percent $CYCLES)"
    equal "freq-$name-none-lost" "$(field freq $name '"\(.samples.lost) \(.samples.throttled)"')" "0 0"
done

# Go's other threads have more to do beside C: the shares are those of the three functions.
if [ -e "$TMP/sampling.out/out/native.txt" ]; then
    taken=$(field native Native .samples.taken)
    read -r one two five < <(echo "$(top native Native 2 c_one) $(top native Native 2 c_two) $(top native Native 2 c_five)" |
        awk -v n="$taken" '{ for (i = 1; i <= 3; i++) printf "%d ", $i * n / 100 + 0.5 }')
    all=$((one + two + five)) want=$((CYCLES / 40009))
    echo "# native: $one + $two + $five samples in C, $want expected, of $taken; lost $(field native Native .samples.lost)"
    near native-samples $((all + $(field native Native .samples.lost))) $want "$(percent $want)"
    near native-one $((1000 * one / all)) 125 10
    near native-two $((1000 * two / all)) 250 10
    near native-five $((1000 * five / all)) 625 10
    equal native-outside "$(top native Native 5 spin.Outside)" 0.00
    # Go's callers, across the change of stacks, are read while the call lasts: long calls have them.
    callers=$(top native Long 5 native.BenchmarkLong)
    echo "# native: $callers % with Go's callers where calls are long, $(top native Native 5 native.BenchmarkNative) % where they are short"
    near native-callers "$callers" 100 2
fi

least() { check "$1" "$2 is less than $3" [ "${2:-0}" -ge "$3" ]; }
least throttled-record "$(field throttled Whole .samples.throttled)" 1
least throttled-profile "$(says throttled Whole | sed -n 's/^samples: .* \([0-9]*\) throttled$/\1/p')" 1
least full-lost "$(field full Whole .samples.lost)" 1000
near full-adds-up "$(field full Whole '.samples.taken + .samples.lost')" $((CYCLES / 13007)) 61
equal full-profile "$(says full Whole | sed -n 's/^samples: .*taken, \(.*\) lost.*/\1/p')" "$(field full Whole .samples.lost)"
echo "# full: $(says full Whole | grep ^samples) throttled: $(says throttled Whole | grep ^samples)"
finish
