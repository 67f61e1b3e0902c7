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

sim truth "$binary" -test.bench='Turns|Product' -test.benchtime=100x || not_ok run "exit status $?"
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

# An iteration so dear that it is counted when it sizes the others, in two windows.
sim apart "$binary" -test.bench=Apart || not_ok apart "exit status $?"
value() { jq -r --arg name "BenchmarkApart/$1" "select(.name == \$name) | $2" "$(records apart)"; }
equal "a dear iteration is counted once" "$(value 2000000 .n)" 1
equal "in both of its windows" "$(value 2000000 .windows)" 2
equal "10 000 turns more in one of them" \
    "$(($(value 2010000 .metrics.instructions.value) - $(value 2000000 .metrics.instructions.value)))" "$((turn * 10000))"
profile=$(find "$TMP/apart.d" -name '*2010000*.pb.gz')
go tool pprof -sample_index=instructions -top "$profile" >"$TMP/top" 2>/dev/null
check "the profile has it" "$(cat "$TMP/top")" \
    awk -v want="$((turn * 2010000))" '$6 ~ /truth\.turns$/ { got = $1 } END { exit got < want || got > want + 20 }' "$TMP/top"
check "and not what lies between the windows" "$(cat "$TMP/top")" test "$(grep -c 'truth\.product' "$TMP/top")" = 0
finish
