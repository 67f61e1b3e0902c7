#!/usr/bin/env bash
# timeout: 1500
# The same benchmarks again and again, two at a time so that they disturb each other: their counts.
# RUNS=10 STRICT=1 is what docs/simulate.md shows; with SAME=0 the runs have environments and paths of
# different lengths, which move Go's heap, and that costs more than this test forgives. See spread.py.
. "$(dirname "$0")/lib.sh"
RUNS=${RUNS:-3}

need_valgrind determinism || finish
binary=$(sim_binary set) || { not_ok build "the benchmarks do not build"; finish; }
for i in $(seq "$RUNS"); do
    (
        [ "${SAME:-1}" != 1 ] || { sim "run$i" "$binary" -test.bench=. || echo "# run $i ended with $?"; exit; }
        export FILLER=$(printf "%$((i * 37))s" x) LONGER_$i=1
        mkdir -p "$TMP/$(printf "%0${i}d" 0)" && export TMPDIR=$TMP/$(printf "%0${i}d" 0)
        sim "run$i" "$binary" -test.bench=. || echo "# run $i ended with $?"
    ) &
    [ $((i % 2)) -ne 0 ] || wait
done
wait
files=()
for i in $(seq "$RUNS"); do files+=("$(records "run$i")"); done
python3 "$SIM_DIR/spread.py" "${files[@]}" || failures=1
finish
