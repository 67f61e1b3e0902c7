#!/usr/bin/env bash
# perfgo test simulate: several packages side by side, one run; -json; seeds; progress; go's own flags.
# timeout: 300
. "$(dirname "$0")/lib.sh"
need_valgrind "test simulate" || finish

mkdir "$TMP/many" && cd "$TMP/many" || exit 1
printf 'module example.com/many\n\ngo 1.18\n' >go.mod
for pkg in a b c; do
    mkdir $pkg
    cat >$pkg/m_test.go <<END
package $pkg

import "testing"

var sink int
var m = map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9}

func BenchmarkLoop(b *testing.B) {
	for i := 0; i < b.N; i++ {
		for j := 0; j < 1000; j++ {
			sink += j
		}
	}
}

func BenchmarkMap(b *testing.B) {
	for i := 0; i < b.N; i++ {
		for k, v := range m {
			sink += v + len(k)
		}
	}
}

func TestNot(t *testing.T) { t.Fatal("tests are not run") }
END
done
run() { # NAME FLAG... -- ARGUMENT...
    local name=$1
    shift
    "$PERFGO" test simulate --output "$TMP/$name.d" "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" </dev/null
}
count() { grep -cE "$2" "$TMP/$1"; }

run all -v -- -bench=. ./...
equal "several packages: status" $? 0
equal "instructions on every line" "$(count all.out '^Benchmark(Loop|Map).* instructions/op')" 6
equal "no line has a time" "$(count all.out ' ns/op')" 0
equal "no sign of -v" "$(count all.out '^=== ')" 0
equal "one run" "$(find "$TMP/all.d/history" -mindepth 1 -maxdepth 1 | wc -l)" 1
equal "one record per line" "$(jq -r '.pkg + .name' "$(records all)" | sort -u | wc -l)" 6
equal "all say how they were counted" "$(jq -r '.metrics.instructions.backend' "$(records all)" | sort -u)" simulate
equal "-v: progress, benchmark by benchmark" "$(count all.err '^perfgo: example.com/many/[abc]: Benchmark(Loop|Map) \([12] of 2\)$')" 6
equal "the same code counts the same in each package" \
    "$(jq -r 'select(.name == "BenchmarkLoop") | .metrics.instructions.per_op | round' "$(records all)" | sort -u | wc -l)" 1
equal "one note on tests" "$(count all.err 'tests are left out')" 1
equal "steady benchmarks: no word of their costs" "$(count all.err 'instructions/op in ')" 0
run quiet -- -bench=Loop ./a
equal "no terminal, no -v: no progress" "$(count quiet.err 'Benchmark.* of ')" 0
equal "one package" "$(count quiet.out '^BenchmarkLoop.* instructions/op')" 1
run bad -- -bench=Loop -run=TestNot ./a ./b
equal "-run runs tests, whose failure is the status" "$?$(count bad.out '^--- FAIL: TestNot')" 12

run js -- -json -bench=. ./...
equal "-json: every line belongs to its package" "$(jq -rs 'map(select(.Output != null and (.Output | test("instructions/op")))) | map(.Package) | sort | join(" ")' "$TMP/js.out")" \
    "example.com/many/a example.com/many/a example.com/many/b example.com/many/b example.com/many/c example.com/many/c"

run seeds --seeds 3 --seed 5 -- -bench=. ./a
equal "seeds: status" $? 0
equal "seeds: a record for each" "$(jq -r .tags.seed "$(records seeds)" | sort | uniq -c | xargs)" "2 5 2 6 2 7"
check "seeds: the order of a map shows" "$(cat "$TMP/seeds.err")" grep -qE '^Map +instructions/op .*%$' "$TMP/seeds.err"
equal "seeds: a loop is the same" "$(count seeds.err '^Loop +instructions/op')" 0

run late --time-limit 1ms -- -bench=. ./...
equal "time limit: status" $? 1
equal "time limit: packages that were not run are named" "$(count late.err 'example.com/many/[abc]: the time limit.*BenchmarkMap')" 3
PATH=$(dirname "$(command -v go)"):$TMP run none -- -bench=. ./a
equal "no Valgrind: status and one sentence" "$?$(count none.err 'simulating needs Valgrind')" 31

# What grows with the iterations is named, with both figures.
mkdir bent && cat >bent/m_test.go <<'END'
package bent

import "testing"

var sink int

func turns(n int) {
	for j := 0; j < n; j++ {
		sink ^= j
	}
}

func BenchmarkEven(b *testing.B) {
	for i := 0; i < b.N; i++ {
		turns(100)
	}
}

func BenchmarkGrows(b *testing.B) {
	for i := 0; i < b.N; i++ {
		turns(i)
	}
}

func BenchmarkOnce(b *testing.B) {
	turns(1000)
	for i := 0; i < b.N; i++ {
		turns(100)
	}
}
END
run bent --iterations 200 -- -bench=. ./bent
for name in Grows Once; do
    check "a cost that depends on the iterations is named: $name" "$(cat "$TMP/bent.err")" \
        grep -qE "^perfgo: example.com/many/bent: Benchmark$name costs [0-9]+ instructions/op in 200 iterations, but [0-9]+ in each of the last 100: " "$TMP/bent.err"
done
equal "one that does not is not" "$(count bent.err 'BenchmarkEven')" 0
rm -r bent

# Without perfgo test.
PERFGO_BACKEND=simulate PERFGO_OUTPUT=$TMP/exec.d go test -exec "$PERFGO exec --" -bench=Loop ./a ./b >"$TMP/exec.out" 2>"$TMP/exec.err"
equal "go test -exec with PERFGO_BACKEND" "$(count exec.out '^BenchmarkLoop.* instructions/op')" 2
finish
