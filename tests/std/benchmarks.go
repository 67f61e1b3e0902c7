package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// benchLine is one result line as Go prints it.
type benchLine struct {
	name  string
	n     uint64
	value map[string]float64 // by unit
}

// readLines takes the result lines out of the output of `go test -bench`: a name, a count, pairs
// of value and unit. (https://go.dev/design/14313-benchmark-format)
func readLines(text []byte) []benchLine {
	var lines []benchLine
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		n, err := strconv.ParseUint(f[1], 10, 64)
		l := benchLine{f[0], n, map[string]float64{}}
		for i := 2; i < len(f) && err == nil; i += 2 {
			l.value[f[i+1]], err = strconv.ParseFloat(f[i], 64)
		}
		if err == nil {
			lines = append(lines, l)
		}
	}
	return lines
}

// benchRecord is what this check needs of a line of benchmarks.jsonl.
type benchRecord struct {
	Pkg     string  `json:"pkg"`
	Name    string  `json:"name"`
	Procs   int     `json:"procs"`
	N       uint64  `json:"n"`
	NsPerOp float64 `json:"ns_per_op"`
	Metrics map[string]struct {
		Unit string `json:"unit"`
	} `json:"metrics"`
}

func (r benchRecord) printedName() string {
	if r.Procs == 1 {
		return r.Name
	}
	return fmt.Sprintf("%s-%d", r.Name, r.Procs)
}

func readRecords(output string) ([]benchRecord, error) {
	files, err := filepath.Glob(filepath.Join(output, "history", "*", "benchmarks.jsonl"))
	if err != nil {
		return nil, err
	}
	var records []benchRecord
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			var r benchRecord
			if err := json.Unmarshal(line, &r); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			records = append(records, r)
		}
	}
	return records, nil
}

// checkLines holds the lines with perfgo against those without and against the records: the same
// benchmarks in the same order with the same count, metrics on each, one record for each that says
// what is printed. Returns what is wrong, as much as is worth reading.
func checkLines(pkg string, without, with []benchLine, records []benchRecord) (wrong []string) {
	complain := func(format string, args ...any) {
		if len(wrong) < 5 {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	if len(with) != len(without) {
		complain("%d lines, without perfgo %d", len(with), len(without))
	}
	if len(records) != len(with) {
		complain("%d records for %d lines", len(records), len(with))
	}
	for i, line := range with {
		if i < len(without) && (line.name != without[i].name || line.n != without[i].n) {
			complain("line %d is %s %d, without perfgo %s %d", i+1, line.name, line.n,
				without[i].name, without[i].n)
		}
		if i < len(without) {
			for unit := range without[i].value {
				if _, ok := line.value[unit]; !ok {
					complain("%s lost its %s", line.name, unit)
				}
			}
		}
		if i >= len(records) {
			continue
		}
		r := records[i]
		if r.Pkg != pkg || r.printedName() != line.name || r.N != line.n ||
			r.NsPerOp != line.value["ns/op"] {
			complain("%s %d %v ns/op has the record %s %s %d %v", line.name, line.n,
				line.value["ns/op"], r.Pkg, r.printedName(), r.N, r.NsPerOp)
		}
		if len(r.Metrics) == 0 {
			complain("%s has no metrics in its record", line.name)
		}
		for name, m := range r.Metrics {
			if _, ok := line.value[m.Unit]; !ok {
				complain("%s lacks %s (%s) on its line", line.name, m.Unit, name)
			}
		}
	}
	return wrong
}

// runBenchmarks runs each benchmark of a package once, both ways.
func (h *harness) runBenchmarks(pkg string) (report string, wrong []string, err error) {
	base := filepath.Join(h.logs, strings.ReplaceAll(pkg, "/", "_"))
	output := filepath.Join(h.scratch, strings.ReplaceAll(pkg, "/", "_")+".bench")
	args := []string{"-run=^$", "-bench=.", "-benchtime=1x", pkg}
	var lines [2][]benchLine
	for i, file := range []string{base + ".bench.without", base + ".bench.with"} {
		env, all := []string(nil), args
		if i == 1 {
			env = []string{"PERFGO_OUTPUT=" + output}
			all = append([]string{"-exec=" + h.perfgo + " exec --"}, args...)
		}
		if _, err := h.goTest(file, env, all...); err != nil {
			return "", nil, err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return "", nil, err
		}
		if lines[i] = readLines(text); len(lines[i]) == 0 {
			return "", []string{"no result line in " + file}, nil
		}
	}
	records, err := readRecords(output)
	if err != nil {
		return "", nil, err
	}
	report = fmt.Sprintf("%d lines, %d records", len(lines[1]), len(records))
	return report, checkLines(pkg, lines[0], lines[1], records), nil
}
