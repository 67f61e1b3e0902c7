package main

import (
	"encoding/json"
	"testing"
)

func TestReadLines(t *testing.T) {
	text := "goos: linux\nBenchmarkA-2   \t  10\t 12.5 ns/op\t 3 task-ns/op\nBenchmarkB\nBenchmarkC 1 2 ns/op\nPASS\n"
	got := readLines([]byte(text))
	if len(got) != 2 || got[0].name != "BenchmarkA-2" || got[0].n != 10 ||
		got[0].value["ns/op"] != 12.5 || got[0].value["task-ns/op"] != 3 || got[1].name != "BenchmarkC" {
		t.Errorf("readLines = %+v", got)
	}
}

func TestCheckLines(t *testing.T) {
	without := readLines([]byte("BenchmarkA-2 1 12.5 ns/op 7 B/op\nBenchmarkB 1 3 ns/op\n"))
	good := "BenchmarkA-2 1 12 ns/op 7 B/op 4 task-ns/op\nBenchmarkB 1 3.5 ns/op 4 task-ns/op\n"
	recordA := `{"pkg":"p","name":"BenchmarkA","procs":2,"n":1,"ns_per_op":12,"metrics":{"task-clock":{"unit":"task-ns/op"}}}`
	recordB := `{"pkg":"p","name":"BenchmarkB","procs":1,"n":1,"ns_per_op":3.5,"metrics":{"task-clock":{"unit":"task-ns/op"}}}`
	check := func(with string, records ...string) []string {
		var list []benchRecord
		for _, text := range records {
			var r benchRecord
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			list = append(list, r)
		}
		return checkLines("p", without, readLines([]byte(with)), list)
	}
	if wrong := check(good, recordA, recordB); len(wrong) != 0 {
		t.Errorf("nothing is wrong, but: %q", wrong)
	}
	for what, wrong := range map[string][]string{
		"a line is missing":      check("BenchmarkA-2 1 12 ns/op 7 B/op 4 task-ns/op\n", recordA),
		"a record is missing":    check(good, recordA),
		"a record too many":      check(good, recordA, recordB, recordB),
		"records are exchanged":  check(good, recordB, recordA),
		"B/op is lost":           check("BenchmarkA-2 1 12 ns/op 4 task-ns/op\nBenchmarkB 1 3.5 ns/op 4 task-ns/op\n", recordA, recordB),
		"a metric is not shown":  check("BenchmarkA-2 1 12 ns/op 7 B/op\nBenchmarkB 1 3.5 ns/op 4 task-ns/op\n", recordA, recordB),
		"ns/op is not Go's":      check("BenchmarkA-2 1 13 ns/op 7 B/op 4 task-ns/op\nBenchmarkB 1 3.5 ns/op 4 task-ns/op\n", recordA, recordB),
		"the count is different": check("BenchmarkA-2 2 12 ns/op 7 B/op 4 task-ns/op\nBenchmarkB 1 3.5 ns/op 4 task-ns/op\n", recordA, recordB),
	} {
		if len(wrong) == 0 {
			t.Errorf("%s, and nobody complained", what)
		}
	}
}
