package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
)

type metric struct {
	Value       *float64 `json:"value"`
	PerOp       *float64 `json:"per_op"`
	Unit        *string  `json:"unit"`
	Coverage    *float64 `json:"coverage"`
	EnabledNs   *uint64  `json:"enabled_ns"`
	RunningNs   *uint64  `json:"running_ns"`
	Backend     *string  `json:"backend"`
	Scaled      bool     `json:"scaled"`
	Derived     bool     `json:"derived"`
	OwnCost     float64  `json:"own_cost"`
	OwnResidual float64  `json:"own_residual"`
}

type samples struct {
	Taken     *uint64 `json:"taken"`
	Lost      *uint64 `json:"lost"`
	Throttled *uint64 `json:"throttled"`
}

// record is a line of benchmarks.jsonl. Pointers tell absent from zero.
type record struct {
	Schema        *int                          `json:"schema"`
	Pkg           *string                       `json:"pkg"`
	Name          *string                       `json:"name"`
	Procs         *int                          `json:"procs"`
	N             *uint64                       `json:"n"`
	NsPerOp       *float64                      `json:"ns_per_op"`
	IterationsRun *uint64                       `json:"iterations_run"`
	Metrics       map[string]metric             `json:"metrics"`
	Threads       map[string]map[string]float64 `json:"threads"`
	Windows       *uint64                       `json:"windows"`
	Samples       *samples                      `json:"samples"`
	Tags          map[string]string             `json:"tags"`
	Go            map[string]float64            `json:"go"`
	ThreadsMissed uint64                        `json:"threads_missed"`
}

// printed is the name as Go prints it.
func (r *record) printed() string {
	if r.Procs != nil && *r.Procs != 1 {
		return *r.Name + "-" + strconv.Itoa(*r.Procs)
	}
	return *r.Name
}

func (r *record) title() string { return *r.Pkg + "." + r.printed() }

// perOp is a metric per operation; false when the record has none.
func (r *record) perOp(name string) (float64, bool) {
	m, ok := r.Metrics[name]
	if !ok || m.PerOp == nil {
		return 0, false
	}
	return *m.PerOp, true
}

// missing lists the fields of product.md that are not there.
func (r *record) missing() (out []string) {
	need := func(is bool, name string) {
		if !is {
			out = append(out, name)
		}
	}
	need(r.Schema != nil, "schema")
	need(r.Pkg != nil, "pkg")
	need(r.Name != nil, "name")
	need(r.Procs != nil, "procs")
	need(r.N != nil, "n")
	need(r.IterationsRun != nil, "iterations_run")
	need(r.Metrics != nil, "metrics")
	need(r.Threads != nil, "threads")
	need(r.Windows != nil, "windows")
	need(r.Samples != nil && r.Samples.Taken != nil && r.Samples.Lost != nil && r.Samples.Throttled != nil, "samples")
	need(r.Tags != nil, "tags")
	for name, m := range r.Metrics {
		need(m.Value != nil, name+".value")
		need(m.PerOp != nil, name+".per_op")
		need(m.Unit != nil, name+".unit")
		need(m.Coverage != nil, name+".coverage")
		need(m.EnabledNs != nil, name+".enabled_ns")
		need(m.RunningNs != nil, name+".running_ns")
		need(m.Backend != nil, name+".backend")
	}
	return out
}

// readRecords returns the records that can be judged further, and what is wrong with the others.
func readRecords(path string) (out []*record, bad []string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		bad = append(bad, path+": the last line is not whole")
	}
	for i, text := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		if len(data) == 0 {
			break
		}
		r := &record{}
		d := json.NewDecoder(bytes.NewReader(text))
		err := d.Decode(r)
		if err == nil {
			if _, more := d.Token(); more != io.EOF {
				err = fmt.Errorf("more than one JSON value")
			}
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s:%d: %v", path, i+1, err))
			continue
		}
		if m := r.missing(); m != nil {
			bad = append(bad, fmt.Sprintf("%s:%d: without %v", path, i+1, m))
			continue
		}
		out = append(out, r)
	}
	return out, bad
}
