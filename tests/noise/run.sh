#!/usr/bin/env bash
# noise/run.sh [PAIRS] - does the gate stay quiet where nothing changed, and speak where something did?
#
#   A/A    PAIRS times: the examples' benchmarks against themselves, ten turns each, wall time gated at 5 %:
#          no pair may FAIL
#   +5 %   PAIRS times: a loop against one that is 5 % longer, ten turns each, gated at 1 %: at least nine
#          of ten pairs must FAIL; and PAIRS times against itself under the same gate: none may
#
# Turns alternate as in perfgo test --against (A B, B A, …); the binaries are built once, so a pair takes
# seconds. Prints the protocol of tests/lib.sh. Not part of make test: it takes minutes (make test-noise).
. "$(dirname "$0")/../lib.sh"
PAIRS=${1:-20} TURNS=10
cd "$TMP" || exit 1

for name in false-sharing branch-prediction data-locality; do
    (cd "$ROOT/examples/$name" && go test -c -o "$TMP/$name.test" .) || not_ok "$name" "does not build"
done
mkdir loop && cat >loop/go.mod <<END
module example.com/loop

go 1.18
END
# loop NAME TURNS: a test binary whose one benchmark takes so many turns, dependent multiplications in a
# register: a sum in memory is five times as fast whenever the CPU forwards its stores.
loop() {
    cat >loop/loop_test.go <<END
package loop

import "testing"

var sink uint64

func BenchmarkLoop(b *testing.B) {
	x := uint64(b.N)
	for i := 0; i < b.N; i++ {
		for j := 0; j < $2; j++ {
			x = x*6364136223846793005 + 1442695040888963407
		}
	}
	sink = x
}
END
    (cd loop && go test -c -o "$TMP/$1.test" .) || not_ok "$1" "does not build"
}
loop old 10000
loop new 10500

# turn OUT BENCHTIME BINARY...
turn() {
    local out=$1 time=$2 binary
    shift 2
    for binary; do "./$binary.test" -test.run='^$' -test.bench=. -test.benchtime="$time" -test.timeout=0; done >>"$out"
}
# pair OLD-BINARIES NEW-BINARIES BENCHTIME GATE: the exit status of compare.
pair() {
    local t old new
    read -ra old <<<"$1"
    read -ra new <<<"$2"
    rm -f a.txt b.txt
    for ((t = 0; t < TURNS; t++)); do
        if ((t % 2 == 0)); then
            turn a.txt "$3" "${old[@]}"
            turn b.txt "$3" "${new[@]}"
        else
            turn b.txt "$3" "${new[@]}"
            turn a.txt "$3" "${old[@]}"
        fi
    done
    "$PERFGO" compare --no-config --paired --gate "$4" a.txt b.txt >compared 2>&1
}

examples="false-sharing branch-prediction data-locality"
fails=0 wrong=0
for ((i = 0; i < PAIRS; i++)); do
    pair "$examples" "$examples" 5ms 'ns/op<=+5%'
    case $? in
    0 | 2) ;;
    1) fails=$((fails + 1)); grep -h FAIL compared ;;
    *) wrong=$((wrong + 1)); cat compared ;;
    esac
done
echo "A/A: $PAIRS pairs, $fails FAIL"
if [ $((fails + wrong)) = 0 ]; then ok "A/A: no FAIL in $PAIRS pairs"; else not_ok "A/A" "$fails FAIL, $wrong errors in $PAIRS pairs"; fi

found=0 false=0
for ((i = 0; i < PAIRS; i++)); do
    pair old new 50ms 'ns/op<=+1%'
    [ $? = 1 ] && found=$((found + 1))
    pair old old 50ms 'ns/op<=+1%'
    [ $? = 1 ] && false=$((false + 1))
done
echo "+5 %: found in $found of $PAIRS pairs; $false false alarms under the same gate"
if [ $((found * 10)) -ge $((PAIRS * 9)) ]; then ok "+5 %: $found of $PAIRS found"; else not_ok "+5 %" "$found of $PAIRS found"; fi
if [ "$false" = 0 ]; then ok "+5 %: no false alarm under its gate"; else not_ok "+5 %: false alarms" "$false of $PAIRS"; fi
finish
