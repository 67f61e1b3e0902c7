#!/usr/bin/env bash
# timeout: 300
# Loops of known length give their known counts: the instructions of one turn are counted in the
# machine code, and 10 000 turns more must cost exactly 10 000 times as many; one multiplication more
# per turn is seen as exactly that.
. "$(dirname "$0")/lib.sh"
need_valgrind truth || finish
binary=$(sim_binary truth) || { not_ok build "the benchmarks do not build"; finish; }

body() { go tool objdump -s "truth.$1\$" "$binary" | python3 "$SIM_DIR/loopbody.py"; }
turn=$(body turns | grep -c .)
more=$(body product | grep -c .)
check "the machine code has a loop" "$turn and $more instructions" test "$turn" -gt 2 -a "$more" -gt "$turn"

sim truth "$binary" -test.bench=. -test.benchtime=100x || not_ok run "exit status $?"
# 100 iterations of each. The reading of the clock at either end of a window takes some instructions
# more or less; per operation that is a fraction of one.
per_iteration() { echo $((($1 + 50) / 100)); }
total() {
    jq -r --arg name "Benchmark$1" 'select(.name == $name) | .metrics.instructions.value' "$(records truth)"
}
for loop in Turns:$turn Product:$more; do
    a=$(total "${loop%:*}/10000") b=$(total "${loop%:*}/20000")
    equal "${loop%:*}: 10 000 turns more cost ${loop#*:} instructions each, to the instruction" \
        "$(per_iteration $((b - a)))" "$((${loop#*:} * 10000))"
done
equal "one multiplication more per turn is one instruction more" "$((more - turn))" 1
equal "and is seen in every turn" "$(per_iteration $(($(total Product/20000) - $(total Turns/20000))))" 20000
finish
