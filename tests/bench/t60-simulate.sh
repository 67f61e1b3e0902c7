#!/usr/bin/env bash
# Time to simulate benchmarks with perfgo over the time of the same binary wholly under callgrind, for the
# examples and ten benchmarks of the standard library. Behind each stands how many instructions the
# dearest iteration has: it has to be simulated once, which wholly under callgrind takes as long, so
# where that is most of the second on which testing spends its iterations, no choice of them helps.
#
# "Wholly under callgrind" is what a user would type without perfgo: valgrind --tool=callgrind with the
# same caches and predictors in front of the same command, everything instrumented, and testing looks
# for an iteration count that fills a second. perfgo chooses the count itself, from what one iteration
# costs; that is part of what makes it fast. The second figure takes this part away: callgrind runs as
# many iterations as perfgo counted (the most of any benchmark in the program), which a user cannot know
# beforehand, while perfgo runs these, half as many before, a warm-up and a first one.
. "$(dirname "$0")/lib.sh"

GOAL=0.2
EQUAL_GOAL=1.5
REPEATS=${SIMULATE_REPEATS:-1}
# The benchmarks that stand for the library in the other topics: of each of the first ten packages there,
# the first.
LIST=$(awk 'NF == 2 && !seen[$1]++ { print; if (++n == 10) exit }' <<<"$STD_LIST")
command -v valgrind >/dev/null 2>&1 || { unmeasured "simulate over callgrind" "Valgrind is not installed"; done_measuring; }

now() { date +%s.%N; }
# seconds COMMAND...: how long it took; nothing when it failed.
seconds() {
    local start
    start=$(now)
    "$@" >"$TMP/out" 2>"$TMP/err" || { tail -n 3 "$TMP/err" >&2; return 1; }
    calc %.3f "$(now) - $start"
}
with_perfgo() { "$PERFGO" exec -b simulate --output "$TMP/d" -- "$@"; }
wholly() { # BINARY FLAG...
    GODEBUG=asyncpreemptoff=1 GOMAXPROCS=1 valgrind -q --tool=callgrind --cache-sim=yes --branch-sim=yes \
        --I1=32768,8,64 --D1=32768,8,64 --LL=8388608,16,64 --vgdb=no --callgrind-out-file="$TMP/whole.out" "$@"
}

# Instructions of an iteration, the most of any benchmark in the run before, in millions.
dearest() { jq -rs 'map(.metrics.instructions.per_op) | max / 1e6 * 100 | round / 100' "$TMP"/d/history/*/benchmarks.jsonl; }

# The most iterations that were counted in a benchmark of the run before.
counted() { jq -rs 'map(.n) | max' "$TMP"/d/history/*/benchmarks.jsonl; }

total_a=0 total_b=0 total_c=0 measured=0
compare() { # WHAT BINARY PATTERN
    local a b c i
    for ((i = 0; i < REPEATS; i++)); do
        rm -rf "$TMP/d"
        a=$(seconds with_perfgo "$2" -test.run='^$' -test.bench="$3") && grep -q 'instructions/op' "$TMP/out" &&
            b=$(seconds wholly "$2" -test.run='^$' -test.bench="$3") &&
            c=$(seconds wholly "$2" -test.run='^$' -test.bench="$3" -test.benchtime="$(counted)x") || { unmeasured "$1" "a run failed"; return; }
        total_a=$(calc %.3f "$total_a + $a") total_b=$(calc %.3f "$total_b + $b")
        total_c=$(calc %.3f "$total_c + $c")
        detail "$(calc %.3f "$a / $b")  $1: $a s with perfgo, $b s wholly under callgrind ($c s with $(counted) iterations), $(dearest) million instructions/op"
        measured=$((measured + 1))
    done
}

for example in "$ROOT"/examples/*/; do
    name=$(basename "$example")
    [ -n "$(compgen -G "$example*_test.go")" ] || continue
    (cd "$example" && go test -c -o "$TMP/$name.test" .) || { unmeasured "$name" "does not build"; continue; }
    cd "$example" && compare "$name" "$TMP/$name.test" .
done
src=$(go env GOROOT)/src
while read -r pkg name; do
    [ -n "$pkg" ] || continue
    binary=$TMP/${pkg//\//_}.test
    go test -vet=off -c -o "$binary" "$pkg" || { unmeasured "$pkg" "does not build"; continue; }
    cd "$src/$pkg" && compare "$pkg ${name#Benchmark}" "$binary" "$(anchored "$name")"
done <<<"$LIST"
if [ "$measured" -ge 13 ]; then
    figure "simulate over wholly under callgrind" "$(calc %.4f "$total_a / $total_b")" "$GOAL" x \
        "$total_a s over $total_b s, $measured programs"
    figure "simulate over callgrind, equal iterations" "$(calc %.4f "$total_a / $total_c")" "$EQUAL_GOAL" x \
        "$total_a s over $total_c s"
else
    unmeasured "simulate over wholly under callgrind" "$measured programs only"
fi
done_measuring
