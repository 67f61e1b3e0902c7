#!/usr/bin/env bash
# ns/op with perfgo over without, for benchmarks of the standard library. Test binaries are built
# once; both sides run the same number of iterations, so that Go's own search for one is no noise.
. "$(dirname "$0")/lib.sh"

GOAL=1.01
BENCHTIME=${BENCHTIME:-60ms}
# package, benchmark
LIST='
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
src=$(go env GOROOT)/src

# Name in the pattern language of -test.bench: each element anchored.
anchored() { sed 's|^|^|; s|/|$/^|g; s|$|$|' <<<"$1"; }

ratios=0
while read -r pkg name; do
    [ -n "$pkg" ] || continue
    what="$pkg ${name#Benchmark}"
    binary=$TMP/${pkg//\//_}.test
    [ -f "$binary" ] || go test -vet=off -c -o "$binary" "$pkg" || { unmeasured "$what" "does not build"; continue; }
    cd "$src/$pkg" || { unmeasured "$what" "no source"; continue; }
    pattern=$(anchored "$name")
    n=$("$binary" $GO_TEST -test.bench="$pattern" -test.benchtime="$BENCHTIME" 2>/dev/null |
        awk '/^Benchmark/ && NF > 3 { print $2 }')
    [[ $n =~ ^[0-9]+$ ]] || { unmeasured "$what" "not exactly one benchmark of this name"; continue; }
    rm -f "$TMP/a".* "$TMP/b".*
    both "$TMP/a" "$TMP/b" ns/op -- "$binary" $GO_TEST -test.bench="$pattern" -test.benchtime="${n}x" ||
        { unmeasured "$what" "a run printed no ns/op"; continue; }
    a=$(median <"$TMP/a.ns-per-op") b=$(median <"$TMP/b.ns-per-op")
    ratio=$(calc %.4f "$b / $a")
    fastest=$(calc %.4f "$(fastest <"$TMP/b.ns-per-op") / $(fastest <"$TMP/a.ns-per-op")")
    detail "$ratio (fastest runs $fastest)  $what: $a ns/op without, $b with"
    echo "$ratio" >>"$TMP/ratios"
    echo "$fastest" >>"$TMP/fastest"
    ratios=$((ratios + 1))
done <<<"$LIST"

if [ "$ratios" -ge 12 ]; then
    figure "ns/op with over without" "$(median <"$TMP/ratios")" "$GOAL" x \
        "median over $ratios benchmarks; of their fastest runs $(median <"$TMP/fastest")"
else
    unmeasured "ns/op with over without" "$ratios benchmarks only"
fi
done_measuring
