// Command std runs tests of the standard library with and without perfgo and compares them test by
// test. It prints the protocol of tests/run.sh. See run.sh beside it.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed packages.txt
var packagesText string

// fewestPackages must have been armed in a whole run, or the run proves too little.
const fewestPackages = 60

// repeats is how often both sides run again when they differed.
const repeats = 4

// list is the choice of packages.
type list struct{ tests, bench []string }

func parseList(text string, short bool) (l list) {
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		starred := f[0] == "*"
		if starred {
			f = f[1:]
		}
		to := &l.tests
		if f[0] == "bench" {
			to, f = &l.bench, f[1:]
		}
		if starred || !short {
			*to = append(*to, f[0])
		}
	}
	return l
}

// existing leaves out what this Go version does not have, and says so.
func existing(pkgs []string) (have []string) {
	for _, pkg := range pkgs {
		if out, err := exec.Command("go", "list", "-f", "{{.Standard}}", pkg).Output(); err != nil || !strings.HasPrefix(string(out), "true") {
			fmt.Printf("skip std:%s: this Go has no such package\n", pkg)
			continue
		}
		have = append(have, pkg)
	}
	return have
}

// result is all that is known about one package.
type result struct {
	pkg           string
	without, with []*testRun
	err           error
}

// pair runs a package once each way.
func (h *harness) pair(r *result, run string) {
	for _, with := range []bool{false, true} {
		if r.err != nil {
			return
		}
		t, err := h.runTests(r.pkg, with, run, len(r.with))
		if r.err = err; err != nil {
			return
		}
		if with {
			r.with = append(r.with, t)
		} else {
			r.without = append(r.without, t)
		}
	}
}

func outcomes(runs []*testRun) (o []outcome) {
	for _, r := range runs {
		o = append(o, r.outcome.stable())
	}
	return o
}

// score is the sum over all packages.
type score struct {
	armed, packages, tests, different int
	failed                            bool
	flaky                             []string
}

func (s *score) notOK(name, format string, args ...any) {
	s.failed = true
	fmt.Printf("not ok std:%s: %s\n", name, fmt.Sprintf(format, args...))
}

func count(o outcome) (all, pass, fail, skip int) {
	for name, status := range o {
		if name == "" {
			continue
		}
		all++
		switch status {
		case "pass":
			pass++
		case "skip":
			skip++
		default:
			fail++
		}
	}
	return
}

// settle repeats what differed, one thing at a time so that load is no reason, and prints the
// package's line.
func (h *harness) settle(s *score, r *result) {
	if r.err != nil {
		s.notOK(r.pkg, "%v", r.err)
		return
	}
	s.packages++
	first := r.with[0]
	a, b := r.without[0].outcome.stable(), first.outcome.stable()
	names := differing(a, b)
	if len(names) > 0 {
		// By turns the tests alone, which is quick, and all of them, as it was when they differed.
		run := selectTests(names, a, b)
		for i := 0; i < repeats; i += 2 {
			h.pair(r, run)
			h.pair(r, "")
		}
		if r.err != nil {
			s.notOK(r.pkg, "%v", r.err)
			return
		}
	}
	var different []string
	for _, name := range names {
		v := judge(name, outcomes(r.without), outcomes(r.with))
		switch {
		case v.different:
			different = append(different, v.String())
		case v.unsteadyWithout():
			s.flaky = append(s.flaky, r.pkg+" "+v.String()+" (flaky without perfgo too)")
		default:
			s.flaky = append(s.flaky, r.pkg+" "+v.String()+" (once only)")
		}
	}
	all, pass, fail, skip := count(first.outcome)
	s.tests += all
	switch {
	case len(different) > 0:
		s.different += len(different)
		s.notOK(r.pkg, "%s; %d differences; see %s", different[0], len(different), first.log)
	case first.leftover && first.agent.armed == 1: // more: children that ran benchmarks
		s.notOK(r.pkg, "left a history, although no benchmark ran")
	case first.agent.armed == 0 && len(first.agent.reasons) == 0:
		s.notOK(r.pkg, "perfgo was not in it, and did not say why")
	case first.agent.armed == 0:
		fmt.Printf("skip std:%s: the same without perfgo, which was not armed: %s\n", r.pkg,
			strings.Join(first.agent.reasons, "; "))
	default:
		s.armed++
		fmt.Printf("ok std:%s: %d passed, %d failed, %d skipped as without perfgo; armed in %s; %.1f s, without %.1f s\n",
			r.pkg, pass, fail, skip, plural(first.agent.armed, "process", "processes"), first.took.Seconds(),
			r.without[0].took.Seconds())
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// compareTests runs all packages, several at a time, then settles them in order.
func (h *harness) compareTests(s *score, pkgs []string, parallel int) {
	results := make([]*result, len(pkgs))
	next := make(chan int)
	var wg sync.WaitGroup
	for i := 0; i < parallel; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				results[i] = &result{pkg: pkgs[i]}
				h.pair(results[i], "")
				fmt.Fprintf(os.Stderr, "  %s done\n", pkgs[i])
			}
		}()
	}
	for i := range pkgs {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, r := range results {
		h.settle(s, r)
	}
}

func (h *harness) compareBenchmarks(s *score, pkgs []string) {
	for _, pkg := range pkgs {
		report, wrong, err := h.runBenchmarks(pkg)
		switch {
		case err != nil:
			s.notOK("bench:"+pkg, "%v", err)
		case len(wrong) > 0:
			s.notOK("bench:"+pkg, "%s", strings.Join(wrong, "; "))
		default:
			fmt.Printf("ok std:bench:%s: %s, metrics on each\n", pkg, report)
		}
	}
}

func main() {
	h := &harness{}
	flag.StringVar(&h.perfgo, "perfgo", "", "the command under test")
	flag.StringVar(&h.logs, "logs", "", "directory for outputs")
	flag.DurationVar(&h.timeout, "timeout", 6*time.Minute, "for one package")
	short := flag.Bool("short", false, "the short list")
	parallel := flag.Int("p", 2, "packages at a time")
	flag.Parse()

	choice := parseList(packagesText, *short)
	if flag.NArg() > 0 {
		choice = list{tests: flag.Args(), bench: nil}
	}
	scratch, err := os.MkdirTemp("", "perfgo-std.")
	if err == nil {
		err = os.MkdirAll(h.logs, 0o755)
	}
	if err == nil {
		h.logs, err = filepath.Abs(h.logs)
	}
	if err != nil {
		fmt.Println("not ok std:setup:", err)
		os.Exit(1)
	}
	h.scratch = scratch
	s := &score{}
	h.compareTests(s, existing(choice.tests), *parallel)
	h.compareBenchmarks(s, existing(choice.bench))
	os.RemoveAll(scratch)

	if flag.NArg() == 0 && !*short && s.armed < fewestPackages {
		s.notOK("enough", "perfgo was armed in %d packages only, %d are asked for", s.armed, fewestPackages)
	}
	for _, f := range s.flaky {
		fmt.Println("flaky:", f)
	}
	fmt.Printf("%d packages, perfgo armed in %d, %d tests: %d differences, %d flaky\n", s.packages,
		s.armed, s.tests, s.different, len(s.flaky))
	if s.failed {
		os.Exit(1)
	}
}
