#!/usr/bin/env bash
# timeout: 240
# The judge is Go's own profiler: on benchmarks of the standard library that do little but use the CPU,
# the ten functions that cost most are the same, and their shares are within 10 points.
. "$(dirname "$0")/lib.sh"

# ten FILE: "share function", of user code, dearest first. What a function of the kernel's costs Go's
# profiler gives to who entered it, and half a percent is chance.
ten() {
    pprof -top -nodefraction=0 -nodecount=100000 "$1" | awk '
        $NF == "(inline)" { NF-- }
        on && $NF != "[kernel]" { sub(/%/, "", $2); print $2, $NF } /flat%/ { on = 1 }' | head -n 40
}
# missing A B: of the ten dearest of A with 2 % at least, what B lacks or gives another share.
missing() {
    awk 'NR == FNR { share[$2] = $1; next }
        FNR <= 10 && $1 >= 2 {
            d = share[$2] - $1
            if (d < 0) d = -d
            if (!($2 in share) || d > 10) printf "%s %s%%, not %s; ", $2, $1, $2 in share ? share[$2] "%" : "there"
        }' "$2" "$1"
}

# Go's preemption signal often comes at the same tick as its profiler's, which then sees nothing but
# asyncPreempt: a third of a profile on a busy machine.
export GODEBUG=asyncpreemptoff=1 GOMAXPROCS=1
while read -r pkg bench; do
    name=${pkg//\//-}
    if ! go test -c -o "$TMP/$name.test" "$pkg" 2>"$TMP/build.err"; then
        not_ok "$pkg" "does not build: $(head -n 1 "$TMP/build.err")"
        continue
    fi
    dir=$(go list -f '{{.Dir}}' "$pkg")
    pattern="^Benchmark${bench//\//\$\/^}\$"
    # Both at once: what a busy machine does to a benchmark it does to both.
    (cd "$dir" && profile "$name" "$TMP/$name.test" -test.run='^$' -test.bench="$pattern" -test.benchtime=1s \
        -test.count=3 -test.cpuprofile="$TMP/$name.cpu")
    mine=$(find "$TMP/$name.d" -name '*.pb.gz' | head -n 1)
    if [ ! -f "$mine" ]; then
        not_ok "$pkg $bench" "no profile: $(tail -n 2 "$TMP/$name.err")"
        continue
    fi
    seen=$(sum "$TMP/$name.cpu" samples/count)
    if [ "$seen" -lt 120 ]; then
        skip "$pkg $bench" "this machine is too busy: Go's profiler took $seen samples only"
        continue
    fi
    ten "$TMP/$name.cpu" >"$TMP/theirs"
    ten "$mine" >"$TMP/mine"
    different=$(missing "$TMP/theirs" "$TMP/mine")$(missing "$TMP/mine" "$TMP/theirs")
    [ -z "$different" ] || paste <(head -n 12 "$TMP/theirs") <(head -n 12 "$TMP/mine")
    equal "$pkg $bench: the ten dearest functions" "$different" ""
    least "$pkg $bench: functions compared" "$(awk '$1 >= 2' "$TMP/theirs" | wc -l)" 1
done <<'LIST'
container/heap Dup
regexp Match/Hard/32K
compress/flate Decode/Digits/Huffman/1e6
go/scanner Scan
LIST
finish
