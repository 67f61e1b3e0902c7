package main

import (
	"flag"
	"fmt"
	"math"
	"sort"
	"strings"
)

// Truth: what perfgo recorded against what the benchmarks of package truth measured themselves.
//
// The machine may be a noisy virtual one, so every statement is about the median over the records
// of one benchmark (-count), and the caller may ask for another round of those that fail: a tool
// that is wrong is wrong in every round. The limits are those of the acceptance list of the project.

// sample is one quantity of all records of a benchmark.
type sample []float64

func (s sample) max() float64 {
	out := math.NaN()
	for _, x := range s {
		if !(x <= out) {
			out = x
		}
	}
	return out
}

func (s sample) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	t := append(sample(nil), s...)
	sort.Float64s(t)
	return (t[(len(t)-1)/2] + t[len(t)/2]) / 2
}

func (s sample) nearest() float64 {
	out := math.NaN()
	for _, x := range s {
		if !(math.Abs(x) >= math.Abs(out)) {
			out = x
		}
	}
	return out
}

type group []*record

// of collects a quantity from every record; a record that lacks it makes the sample empty, and no
// statement holds for the median of nothing.
func (g group) of(f func(*record) (float64, bool)) sample {
	var out sample
	for _, r := range g {
		x, ok := f(r)
		if !ok {
			return nil
		}
		out = append(out, x)
	}
	return out
}

func perOp(name string) func(*record) (float64, bool) {
	return func(r *record) (float64, bool) { return r.perOp(name) }
}

func value0(name string) func(*record) (float64, bool) {
	return func(r *record) (float64, bool) {
		m, ok := r.Metrics[name]
		if !ok {
			return 0, false
		}
		return *m.Value, true
	}
}

// overGo is a metric per operation divided by something on Go's own line.
func overGo(metric, unit string) func(*record) (float64, bool) {
	return func(r *record) (float64, bool) {
		x, ok := r.perOp(metric)
		y, ok2 := r.Go[unit]
		return x / y, ok && ok2 && y > 0
	}
}

func minusGo(metric, unit string) func(*record) (float64, bool) {
	return func(r *record) (float64, bool) {
		x, ok := r.perOp(metric)
		y, ok2 := r.Go[unit]
		return x - y, ok && ok2
	}
}

// check is one statement about a benchmark. The median of what must lie in [low, high].
type check struct {
	bench, what string
	of          func(*record) (float64, bool)
	low, high   float64
	// With more procs other threads of Go's scheduler, woken by the timer's ReadMemStats, spin in the
	// window too and are rightly counted; then only the benchmark's own thread can be compared.
	singleProc bool
	// Wall time grows when a neighbour takes the processor, and the ratio falls: the lower limit is
	// then a matter of the record that was disturbed least.
	bestLow bool
	// The value nearest to zero is judged instead of the median.
	nearest bool
	// Instead of high, with the race detector; 0: the same. It is called at every load and store of
	// testing's own too, so between the window's ends and the timer's clocks lie a dozen calls of it:
	// some hundred nanoseconds in every window, and microseconds in a single one, which has them cold.
	// That is as long as a thread of Go's takes to fall asleep after the collection before the window.
	raced float64
}

const task = "task-clock"

// againstWall is a statement about processor time over wall time.
func againstWall(bench, what string, of func(*record) (float64, bool)) check {
	c := within(bench, what, of, 0.9, 1.1)
	c.bestLow = true
	return c
}

func within(bench, what string, of func(*record) (float64, bool), low, high float64) check {
	return check{bench: bench, what: what, of: of, low: low, high: high}
}

// ownThread is the share of the benchmark's thread per operation, without perfgo's own, divided by
// something on Go's line.
func ownThread(unit string) func(*record) (float64, bool) {
	return func(r *record) (float64, bool) {
		t, ok := r.Threads[fmt.Sprint(r.Go["tid"])]
		x, ok2 := t[task]
		own := r.Metrics[task].OwnCost * float64(*r.Windows)
		return (x - own) / float64(*r.N) / r.Go[unit], ok && ok2 && r.Go[unit] > 0
	}
}

// ownThreadNs is that share in nanoseconds.
func ownThreadNs(r *record) (float64, bool) {
	x, ok := ownThread("ns/op")(r)
	return x * r.Go["ns/op"], ok
}

// busiestMinusNs is per operation the share of the thread that did most, which is where the benchmark ran
// if it did not change threads, beyond Go's ns/op.
func busiestMinusNs(r *record) (float64, bool) {
	most := math.Inf(-1)
	for _, t := range r.Threads {
		if x, ok := t[task]; ok && x > most {
			most = x
		}
	}
	own := r.Metrics[task].OwnCost * float64(*r.Windows)
	ns, ok := r.Go["ns/op"]
	return (most-own)/float64(*r.N) - ns, ok && !math.IsInf(most, -1)
}

// residualChecks: what perfgo leaves in a window that has next to nothing in it. Where other processors
// have taken the cache lines of its lock and clocks, the thread fetches them again inside the window:
// some 200 ns that an empty window at start does not have. A neighbour who takes cache or clock rate for
// a part of a second does the same to a single record, so the one disturbed least is held to 200 ns and
// the median to 500.
func residualChecks(bench string) []check {
	best := within(bench, "residual-below-200-ns", minusGo(task, "ns/op"), -200, 200)
	best.singleProc = true
	best.nearest = true
	best.raced = 600
	all := within(bench, "residual-below-500-ns", minusGo(task, "ns/op"), -500, 500)
	all.singleProc = true
	all.raced = 1500
	own := within(bench, "residual-of-the-thread-below-500-ns", func(r *record) (float64, bool) {
		x, ok := ownThreadNs(r)
		return x - r.Go["ns/op"], ok
	}, -500, 500)
	own.raced = 1500
	return []check{best, all, own}
}

// The window's processor time by its own thread's clock, and the wall time, which on a quiet machine
// is the same: windows of 10 µs and more agree within 10 %.
func windowChecks(bench string) []check {
	checks := []check{
		againstWall(bench, "task-ns-is-ns", overGo(task, "ns/op")),
		within(bench, "thread-is-cpu-ns", ownThread("cpu-ns/op"), 0.9, 1.1),
		againstWall(bench, "thread-is-ns", ownThread("ns/op")),
	}
	checks[0].singleProc = true
	for i := range checks {
		checks[i].raced = 1.2
	}
	return checks
}

// Set-up of a hundred times the work, with 200 page faults and 5 context switches at least.
func setupChecks(bench string) []check {
	return []check{
		againstWall(bench, "task-ns-is-ns", overGo(task, "ns/op")),
		within(bench, "no-faults-of-set-up", value0("page-faults"), 0, 3),
		within(bench, "no-switches-of-set-up", value0("context-switches"), 0, 4),
	}
}

func nothingPerOp(bench string) (out []check) {
	for _, m := range []string{"page-faults", "context-switches", "cpu-migrations"} {
		out = append(out, within(bench, "no-"+m, perOp(m), 0, 0.00499))
	}
	return out
}

// onceChecks: one window of nothing. What is left is the spread of perfgo's own share, and of caches that
// are cold or taken by a neighbour. A thread of Go's scheduler that the timer has woken is divided by one
// operation here, so with more procs switches and migrations say nothing.
func onceChecks(bench string) []check {
	checks := nothingPerOp(bench)
	checks[1].singleProc, checks[2].singleProc = true, true
	checks[1].raced = 2 // context switches
	best := within(bench, "task-ns-near-nothing", perOp(task), 0, 1000)
	best.singleProc, best.nearest, best.raced = true, true, 20000
	all := within(bench, "task-ns-median-near-nothing", perOp(task), 0, 3000)
	all.singleProc, all.raced = true, 20000
	return append(checks, best, all)
}

// What getrusage saw in the window, of all threads. The kernel takes time that the hypervisor has
// stolen out of its accounts and leaves it in task-clock, so a little more is not wrong; twice is.
func cpuCheck(bench string, least float64) check {
	return within(bench, "cpu-of-all-threads", overGo(task, "process-ns/op"), least, 1.1)
}

// faultsBeyond is what was counted beyond N pages per operation, in all.
func faultsBeyond(r *record) (float64, bool) {
	m, ok := r.Metrics["page-faults"]
	if !ok || *m.Coverage != 1 {
		return 0, false
	}
	return *m.Value - r.Go["pages/op"]*float64(*r.N), r.Go["pages/op"] > 0
}

// The benchmark's own thread has exactly the context switches that getrusage(RUSAGE_THREAD) saw.
func threadSwitches(r *record) (float64, bool) {
	t, ok := r.Threads[fmt.Sprint(r.Go["tid"])]
	x, ok2 := t["context-switches"]
	return x - r.Go["thread-cs"], ok && ok2 && r.Go["thread-cs"] > 0
}

var groups = map[string][][]check{
	"windows": {
		windowChecks("BenchmarkWindows100us"),
		windowChecks("BenchmarkWindows10us"),
		residualChecks("BenchmarkWindows1us"),
		residualChecks("BenchmarkWindowsEmpty"),
	},
	"loop-windows": {windowChecks("BenchmarkLoopWindows10us")},
	"setup": {
		setupChecks("BenchmarkSetupResetTimer"),
		setupChecks("BenchmarkSetupResetWhileStopped"),
		setupChecks("BenchmarkSetupStopped"),
		setupChecks("BenchmarkSetupAfterwards"),
	},
	"loop-setup": {
		setupChecks("BenchmarkSetupLoop"),
		setupChecks("BenchmarkLoopAfterwards"),
	},
	"empty": {
		nothingPerOp("BenchmarkEmptyLoop"),
		{
			{bench: "BenchmarkEmptyLoop", what: "task-ns-is-ns", of: minusGo(task, "ns/op"), low: -0.1, high: 0.1, bestLow: true, singleProc: true},
			{bench: "BenchmarkEmptyLoop", what: "thread-ns-is-ns", of: busiestMinusNs, low: -0.1, high: 0.1, bestLow: true},
		},
	},
	"once": {onceChecks("BenchmarkEmptyOnce")},
	"threads": {
		{
			cpuCheck("BenchmarkRunParallel", 0.99),
			cpuCheck("BenchmarkRunParallelMany", 0.99),
			cpuCheck("BenchmarkChildren", 0.99),
			cpuCheck("BenchmarkSleepers", 0.99),
			// Not goroutines of the benchmark: a floor that only a lost thread falls through.
			cpuCheck("BenchmarkGarbage", 0.95),
		},
	},
	"ending-threads": {{cpuCheck("BenchmarkThreadsThatEnd", 0.99)}},
	"counters": {
		{
			within("BenchmarkPageFaults", "exactly-the-pages", faultsBeyond, 0, 0),
			within("BenchmarkPageFaultsOneWindow", "exactly-the-pages", faultsBeyond, 0, 0),
			within("BenchmarkPageFaultsElsewhere", "exactly-the-pages", faultsBeyond, 0, 0),
			within("BenchmarkContextSwitches", "of-the-thread", threadSwitches, 0, 0),
			within("BenchmarkContextSwitches", "of-the-process", overGo("context-switches", "process-cs/op"), 0.98, 1.02),
		},
	},
	"callbacks": {{cpuCheck("BenchmarkCallbackCPU", 0.97)}},
}

// truth judges the groups that are asked for; each must be there.
func truth(args []string) int {
	flags := flag.NewFlagSet("truth", flag.ExitOnError)
	wanted := flags.String("groups", "", "comma-separated; the statements to judge")
	only := flags.String("only", "", "|-separated benchmarks (without \"Benchmark\") to judge; empty: all")
	least := flags.Int("count", 3, "records that a benchmark must have")
	race := flags.Bool("race", false, "the benchmarks were built with the race detector")
	flags.Parse(args)
	byName := map[string]map[string]group{} // name, then name with procs
	status := 0
	for _, path := range flags.Args() {
		records, bad := readRecords(path)
		for _, b := range bad {
			fmt.Printf("not ok records: %s\n", b)
			status = 1
		}
		for _, r := range records {
			if byName[*r.Name] == nil {
				byName[*r.Name] = map[string]group{}
			}
			byName[*r.Name][r.printed()] = append(byName[*r.Name][r.printed()], r)
		}
	}
	for _, name := range strings.Split(*wanted, ",") {
		if groups[name] == nil {
			fmt.Printf("not ok %s: judge has no such group\n", name)
			status = 1
		}
		for _, list := range groups[name] {
			for _, c := range list {
				if *only != "" && !contains(strings.Split(*only, "|"), strings.TrimPrefix(c.bench, "Benchmark")) {
					continue
				}
				if *race && c.raced > 0 {
					c.high = c.raced
				}
				if !c.judge(byName[c.bench], *least) {
					status = 1
				}
			}
		}
	}
	return status
}

func (c check) judged() string {
	if c.nearest {
		return "nearest to zero"
	}
	return "median"
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (c check) judge(found map[string]group, least int) bool {
	good := true
	if len(found) == 0 {
		fmt.Printf("not ok %s/%s: no record\n", c.bench, c.what)
		return false
	}
	var printed []string
	for p := range found {
		printed = append(printed, p)
	}
	sort.Strings(printed)
	for _, p := range printed {
		g := found[p]
		if c.singleProc && *g[0].Procs != 1 {
			continue
		}
		s := g.of(c.of)
		m := s.median()
		if c.nearest {
			m = s.nearest()
		}
		low := m
		if c.bestLow {
			low = s.max()
		}
		switch {
		case len(g) < least:
			fmt.Printf("not ok %s/%s: %d records, %d are needed\n", p, c.what, len(g), least)
		case !(low >= c.low && m <= c.high):
			fmt.Printf("not ok %s/%s: %s %.5g of %.5g, must be within [%g, %g]\n", p, c.what, c.judged(), m, s, c.low, c.high)
		default:
			fmt.Printf("ok %s/%s\n", p, c.what)
			fmt.Printf("# %s/%s: %s %.5g of %.5g, within [%g, %g]\n", p, c.what, c.judged(), m, s, c.low, c.high)
			continue
		}
		good = false
	}
	return good
}
