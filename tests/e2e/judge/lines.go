package main

import (
	"math"
	"sort"
	"strings"
)

// linesJudge holds benchmark lines against records.
type linesJudge struct {
	findings
	out, base []line
	hasBase   bool
	records   []*record
	require   []string
	procs     []int
	minimum   int
	noInline  bool
	sameN     bool
}

func (j *linesJudge) judge() {
	if len(j.out) < j.minimum {
		j.add("%d benchmark lines, at least %d were expected", len(j.out), j.minimum)
	}
	if j.hasBase {
		j.compareBaseline()
	}
	for _, p := range j.pairs() {
		j.judgePair(p.l, p.r)
	}
}

func (j *linesJudge) dropEmpty() {
	keep := func(all []line) (out []line) {
		for _, l := range all {
			if l.n > 0 {
				out = append(out, l)
			}
		}
		return out
	}
	j.out, j.base = keep(j.out), keep(j.base)
	var records []*record
	for _, r := range j.records {
		if *r.N > 0 {
			records = append(records, r)
		}
	}
	j.records = records
}

type key struct{ pkg, printed string }

type pair struct {
	l line
	r *record
}

// pairs finds the record of each line. Records of one package are in the order of its lines, so the
// second record of a name belongs to the second line of that name (-count).
func (j *linesJudge) pairs() (out []pair) {
	records := map[key][]*record{}
	anyPkg := map[string][]*record{}
	for _, r := range j.records {
		k := key{*r.Pkg, r.printed()}
		records[k] = append(records[k], r)
		anyPkg[k.printed] = append(anyPkg[k.printed], r)
	}
	lines := map[key]int{}
	for _, l := range j.out {
		k := key{l.pkg, l.printed}
		have := records[k]
		if l.pkg == "" {
			have = anyPkg[l.printed]
		}
		i := lines[k]
		lines[k]++
		if i < len(have) {
			out = append(out, pair{l, have[i]})
		}
	}
	for k, n := range lines {
		have := len(records[k])
		if k.pkg == "" {
			have = len(anyPkg[k.printed])
		}
		if have != n {
			j.add("%s.%.60s: %d lines but %d records", k.pkg, k.printed, n, have)
		}
	}
	for k, list := range records {
		if lines[k]+lines[key{"", k.printed}] == 0 {
			j.add("%s.%.60s: %d records but no line", k.pkg, k.printed, len(list))
		}
	}
	sort.Strings(j.list)
	return out
}

// compareBaseline: perfgo adds metrics and changes nothing else: the same names in the same order,
// and Go's own units first.
func (j *linesJudge) compareBaseline() {
	if len(j.base) != len(j.out) {
		j.add("%d lines, %d without perfgo", len(j.out), len(j.base))
		return
	}
	for i, b := range j.base {
		l := j.out[i]
		if b.pkg != l.pkg || b.printed != l.printed || b.test != l.test || (j.sameN && b.n != l.n) {
			j.add("line %d is %s.%.60s (%d, test %.60q), without perfgo %s.%.60s (%d, test %.60q)",
				i+1, l.pkg, l.printed, l.n, l.test, b.pkg, b.printed, b.n, b.test)
			continue
		}
		for k, v := range b.values {
			if k >= len(l.values) || l.values[k].unit != v.unit {
				j.add("%.60s: Go's own %s is not where it was", l.printed, v.unit)
				break
			}
		}
	}
}

// half a unit in the last place that was printed.
func halfDigit(number string) float64 {
	if dot := strings.IndexByte(number, '.'); dot >= 0 {
		return 0.5 * math.Pow(10, -float64(len(number)-dot-1))
	}
	return 0.5
}

func near(a, b, relative, absolute float64) bool {
	return math.Abs(a-b) <= absolute+relative*math.Max(math.Abs(a), math.Abs(b))
}

func (j *linesJudge) judgePair(l line, r *record) {
	name := r.title()
	if len(name) > 120 {
		name = name[:120] + "…"
	}
	if *r.N != l.n {
		j.add("%s: n is %d, Go printed %d", name, *r.N, l.n)
	}
	if *r.IterationsRun < *r.N {
		j.add("%s: iterations_run is %d, less than n (%d)", name, *r.IterationsRun, *r.N)
	}
	j.judgeProcs(name, r)
	if l.n == 0 {
		// The benchmark left in a way that testing has no words for (Goexit): NaN ns/op, and
		// nothing that could be divided by the number of operations.
		return
	}
	ours := j.judgeGo(name, l, r)
	if j.noInline {
		if len(ours) != 0 {
			j.add("%s: %d metrics on a line that was to be left alone", name, len(ours))
		}
	} else {
		j.judgeOurs(name, ours, r)
	}
	for _, m := range j.require {
		if _, ok := r.Metrics[m]; !ok && m != "" {
			j.add("%s: no %s", name, m)
		}
	}
	for m := range r.Metrics {
		j.judgeMetric(name, m, r)
	}
	j.judgeWanted(name, r)
}

func (j *linesJudge) judgeProcs(name string, r *record) {
	for _, p := range j.procs {
		if p == *r.Procs {
			return
		}
	}
	if len(j.procs) > 0 {
		j.add("%s: procs is %d, not one of %v", name, *r.Procs, j.procs)
	}
}

// judgeGo compares what Go printed itself; returns the values behind it.
func (j *linesJudge) judgeGo(name string, l line, r *record) []value {
	if len(r.Go) > len(l.values) {
		j.add("%s: %d of Go's metrics in the record, %d on the line", name, len(r.Go), len(l.values))
		return nil
	}
	printed := false
	for _, v := range l.values[:len(r.Go)] {
		x, ok := r.Go[v.unit]
		if !ok || x != v.x {
			j.add("%s: Go printed %s %s, the record has %v", name, v.number, v.unit, x)
		}
		if v.unit == "ns/op" {
			printed = true
			if r.NsPerOp == nil || *r.NsPerOp != v.x {
				j.add("%s: ns_per_op is not the %s that Go printed", name, v.number)
			}
		}
	}
	if !printed && r.NsPerOp != nil {
		j.add("%s: ns_per_op is %v though Go printed none", name, *r.NsPerOp)
	}
	return l.values[len(r.Go):]
}

// judgeOurs: each metric of the record is on the line, once, with the record's number.
func (j *linesJudge) judgeOurs(name string, ours []value, r *record) {
	byUnit := map[string]value{}
	for _, v := range ours {
		if _, twice := byUnit[v.unit]; twice {
			j.add("%s: %s is on the line twice", name, v.unit)
		}
		byUnit[v.unit] = v
	}
	if len(ours) == 0 {
		j.add("%s: no metrics on the line", name)
	}
	for key, m := range r.Metrics {
		v, ok := byUnit[*m.Unit]
		if !ok {
			j.add("%s: %s is not on the line", name, *m.Unit)
			continue
		}
		delete(byUnit, *m.Unit)
		delete(byUnit, key+"-coverage-%")
		if !near(v.x, *m.PerOp, 1e-12, halfDigit(v.number)*1.0001) {
			j.add("%s: %s %s on the line, %v in the record", name, v.number, v.unit, *m.PerOp)
		}
	}
	for unit := range byUnit {
		j.add("%s: %s on the line is not in the record", name, unit)
	}
}

func (j *linesJudge) judgeMetric(name, key string, r *record) {
	m := r.Metrics[key]
	if *m.Value < 0 || *m.Value > 1e17 || math.IsNaN(*m.Value) {
		j.add("%s: %s is %v", name, key, *m.Value)
	}
	if !(*m.Coverage > 0 && *m.Coverage <= 1) || *m.RunningNs > *m.EnabledNs {
		j.add("%s: %s has coverage %v (%d of %d ns)", name, key, *m.Coverage, *m.RunningNs, *m.EnabledNs)
	}
	if *m.Backend == "" || *m.Unit == "" {
		j.add("%s: %s has back end %q and unit %q", name, key, *m.Backend, *m.Unit)
	}
	if m.Derived {
		return
	}
	if *m.Coverage == 1 && !near(*m.PerOp*float64(*r.N), *m.Value, 1e-9, 1e-6) {
		j.add("%s: %s is %v for %d operations but %v per operation", name, key, *m.Value, *r.N, *m.PerOp)
	}
	j.judgeThreads(name, key, m, r)
}

// judgeThreads: threads are as counted; the total is their sum without perfgo's own share.
func (j *linesJudge) judgeThreads(name, key string, m metric, r *record) {
	sum, have := 0.0, 0
	for _, t := range r.Threads {
		if x, ok := t[key]; ok {
			sum += x
			have++
		}
	}
	// The timer back end has no page faults per thread (getrusage); the others count by thread.
	if have == 0 && *m.Value > 0 && *m.Backend != "timer" {
		j.add("%s: %s is %v without any thread", name, key, *m.Value)
	}
	want := math.Max(0, sum-m.OwnCost*float64(*r.Windows))
	if have > 0 && !near(*m.Value, want, 1e-6, 1) {
		j.add("%s: %s is %v, the threads have %v, perfgo's own share is %v in each of %d windows",
			name, key, *m.Value, sum, m.OwnCost, *r.Windows)
	}
}

// judgeWanted compares what the benchmark itself knows of its windows and iterations.
func (j *linesJudge) judgeWanted(name string, r *record) {
	if x, ok := r.Go["want-windows"]; ok && x != float64(*r.Windows) {
		j.add("%s: %d windows, the benchmark made %v", name, *r.Windows, x)
	}
	if x, ok := r.Go["want-iterations"]; ok && x != float64(*r.IterationsRun) {
		j.add("%s: iterations_run is %d, the benchmark ran %v", name, *r.IterationsRun, x)
	}
}
