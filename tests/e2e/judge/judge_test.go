package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A judge that finds nothing wrong proves something only when it finds what is wrong: one planted
// fault per case, each of which must be noticed.

const goodOutput = "goos: linux\npkg: p/q\n" +
	"BenchmarkA-2   \t     100\t        50.00 ns/op\t        55.50 task-ns/op\t         0.02000 page-faults/op\n" +
	"BenchmarkA-2   \t     100\t        51.00 ns/op\t        55.50 task-ns/op\t         0.02000 page-faults/op\n" +
	"PASS\nok  \tp/q\t0.01s\n"

const goodRecord = `{"schema":1,"pkg":"p/q","name":"BenchmarkA","procs":2,"n":100,"ns_per_op":50,"iterations_run":101,` +
	`"windows":2,"go":{"ns/op":50},"metrics":{` +
	`"task-clock":{"value":5550,"per_op":55.5,"unit":"task-ns/op","coverage":1,"enabled_ns":9,"running_ns":9,"backend":"software","own_cost":25},` +
	`"page-faults":{"value":2,"per_op":0.02,"unit":"page-faults/op","coverage":1,"enabled_ns":9,"running_ns":9,"backend":"software"}},` +
	`"threads":{"7":{"task-clock":5000,"page-faults":2},"8":{"task-clock":600,"page-faults":0}},"samples":{"taken":0,"lost":0,"throttled":0},"tags":{}}`

func judgeText(t *testing.T, output, records string) []string {
	t.Helper()
	dir := t.TempDir()
	outFile, recordFile := filepath.Join(dir, "out"), filepath.Join(dir, "records")
	for path, text := range map[string]string{outFile: output, recordFile: records} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := readOutput(outFile, false)
	if err != nil {
		return []string{err.Error()}
	}
	j := linesJudge{out: out, require: []string{"task-clock"}, procs: []int{2}, minimum: 2}
	r, bad := readRecords(recordFile)
	j.records = r
	j.list = bad
	j.judge()
	return j.list
}

func twoRecords(first string) string {
	second := strings.NewReplacer(`"ns_per_op":50`, `"ns_per_op":51`, `"ns/op":50`, `"ns/op":51`).Replace(goodRecord)
	return first + "\n" + second + "\n"
}

func TestNothingWrong(t *testing.T) {
	if !json.Valid([]byte(goodRecord)) {
		t.Fatal("the record of this test is not JSON")
	}
	if found := judgeText(t, goodOutput, twoRecords(goodRecord)); len(found) > 0 {
		t.Error(found)
	}
}

func TestPlantedInRecord(t *testing.T) {
	for _, c := range [][2]string{
		{`"n":100`, `"n":101`},
		{`"ns_per_op":50`, `"ns_per_op":50.01`},
		{`"ns_per_op":50,`, ``},
		{`"pkg":"p/q"`, `"pkg":"p/r"`},
		{`"name":"BenchmarkA"`, `"name":"BenchmarkA-2"`},
		{`"procs":2`, `"procs":1`},
		{`"procs":2,`, ``},
		{`"iterations_run":101`, `"iterations_run":99`},
		{`"windows":2`, `"windows":3`},
		{`"samples":{"taken":0,"lost":0,"throttled":0},`, ``},
		{`"value":5550`, `"value":5600`},
		{`"per_op":55.5`, `"per_op":55.6`},
		{`"coverage":1,`, ``},
		{`"coverage":1`, `"coverage":0`},
		{`"enabled_ns":9,"running_ns":9`, `"enabled_ns":8,"running_ns":9`},
		{`"task-clock":600`, `"task-clock":700`},
		{`{"7":{"task-clock":5000,"page-faults":2},"8":{"task-clock":600,"page-faults":0}}`, `{}`},
		{`"unit":"page-faults/op"`, `"unit":"faults/op"`},
		{`"value":2,`, `"value":18446744073709551614,`},
		{`"go":{"ns/op":50}`, `"go":{"ns/op":49}`},
		{`{"schema"`, `{"schem`},
		{`"schema":1,`, ``},
	} {
		bad := strings.Replace(goodRecord, c[0], c[1], 1)
		if bad == goodRecord {
			t.Fatalf("%s is not in the record", c[0])
		}
		if len(judgeText(t, goodOutput, twoRecords(bad))) == 0 {
			t.Errorf("%s instead of %s was not noticed", c[1], c[0])
		}
	}
}

func TestPlantedInOutput(t *testing.T) {
	for _, c := range [][2]string{
		{"\t        55.50 task-ns/op", ""},
		{"\t        55.50 task-ns/op\t         0.02000 page-faults/op", ""},
		{"55.50 task-ns/op", "55.51 task-ns/op"},
		{"0.02000 page-faults/op", "0.02000 page-faults/op\t 1 page-faults/op"},
		{"0.02000 page-faults/op", "0.02000 page-faults/op\t 1 mystery/op"},
		{"0.02000 page-faults/op", "0.02000 page-faults/op 3"},
		{"BenchmarkA-2", "BenchmarkB-2"},
		{"50.00 ns/op", "50.01 ns/op"},
		{"pkg: p/q", "pkg: p/other"},
		{"     100\t", "     10\t"},
	} {
		bad := strings.Replace(goodOutput, c[0], c[1], 1)
		if bad == goodOutput {
			t.Fatalf("%q is not in the output", c[0])
		}
		if len(judgeText(t, bad, twoRecords(goodRecord))) == 0 {
			t.Errorf("%q instead of %q was not noticed", c[1], c[0])
		}
	}
}

func TestNumberOfRecords(t *testing.T) {
	for _, records := range []string{"", goodRecord + "\n", twoRecords(goodRecord) + goodRecord + "\n", strings.TrimSuffix(twoRecords(goodRecord), "\n")} {
		if len(judgeText(t, goodOutput, records)) == 0 {
			t.Errorf("%d bytes of records were not noticed to be wrong", len(records))
		}
	}
}

func TestTruthNeedsEverything(t *testing.T) {
	c := within("BenchmarkA", "x", perOp(task), 55, 56)
	r := &record{}
	if err := json.Unmarshal([]byte(goodRecord), r); err != nil {
		t.Fatal(err)
	}
	if !c.judge(map[string]group{"BenchmarkA-2": {r, r, r}}, 3) {
		t.Error("a true statement was denied")
	}
	if c.judge(map[string]group{"BenchmarkA-2": {r, r}}, 3) {
		t.Error("too few records were enough")
	}
	if c.judge(nil, 3) {
		t.Error("no record was enough")
	}
	if c.judge(map[string]group{"BenchmarkA-2": {r, r, {}}}, 3) {
		t.Error("a record without the metric was enough")
	}
	c.low = 55.6
	if c.judge(map[string]group{"BenchmarkA-2": {r, r, r}}, 3) {
		t.Error("a wrong statement was accepted")
	}
}
