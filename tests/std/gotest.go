package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// armingPattern selects no benchmark; its presence makes the agent arm itself, as in any benchmark
// run: calls redirected, recorder running, counters on every thread. Both sides get it, so that
// both run the same command line.
const armingPattern = "^BenchmarkPerfgoArmsHere$"

// outcome of one run of one package: per test name what became of it. The package as a whole has
// the name "".
type outcome map[string]string

const unfinished = "unfinished" // the binary died, or was killed, in this test

// agentLog is what the agent left in PERFGO_LOG.
type agentLog struct {
	armed   int      // processes
	reasons []string // why others were not measured
}

type testRun struct {
	outcome  outcome
	agent    agentLog
	leftover bool // a history although there was no benchmark
	took     time.Duration
	log      string // path of the whole output
}

// harness holds what all runs share.
type harness struct {
	perfgo  string // the command under test
	logs    string // directory for outputs
	scratch string // directory for everything else
	timeout time.Duration
}

// goTest runs `go test` with the arguments, its output to the file out, and returns how long it
// took. Everything it started is killed when the time is over.
func (h *harness) goTest(out string, env []string, args ...string) (time.Duration, error) {
	f, err := os.Create(out)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	// go test's own timeout ends the binary with a stack dump first; this is for what it misses.
	ctx, cancel := context.WithTimeout(context.Background(), h.timeout+2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-vet=off", "-count=1",
		"-timeout=" + h.timeout.String()}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	start := time.Now()
	err = cmd.Run()
	if _, failed := err.(*exec.ExitError); failed {
		err = nil // the outcome says so
	}
	return time.Since(start), err
}

// runTests runs the package's own tests, all or those that run selects, with or without perfgo.
func (h *harness) runTests(pkg string, with bool, run string, attempt int) (*testRun, error) {
	side := map[bool]string{false: "without", true: "with"}[with]
	base := fmt.Sprintf("%s.%s.%d", strings.ReplaceAll(pkg, "/", "_"), side, attempt)
	r := &testRun{log: filepath.Join(h.logs, base+".json")}
	args := []string{"-json", "-short", "-bench=" + armingPattern}
	var env []string
	history := filepath.Join(h.scratch, base+".out")
	agent := filepath.Join(h.logs, base+".agent")
	if run != "" {
		args = append(args, "-run="+run)
	}
	if with {
		os.Remove(agent)
		args = append(args, "-exec="+h.perfgo+" exec --")
		env = []string{"PERFGO_LOG=" + agent, "PERFGO_OUTPUT=" + history}
	}
	var err error
	if r.took, err = h.goTest(r.log, env, append(args, pkg)...); err != nil {
		return nil, err
	}
	if r.outcome, err = readOutcome(r.log); err != nil {
		return nil, err
	}
	if with {
		r.agent = readAgentLog(agent)
		_, err := os.Stat(filepath.Join(history, "history"))
		r.leftover = err == nil
	}
	return r, nil
}

// readOutcome reads the events of `go test -json`. (cmd/test2json)
func readOutcome(path string) (outcome, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := outcome{}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if bytes.HasPrefix(line, []byte("{")) {
			var e struct{ Action, Test string }
			if json.Unmarshal(line, &e) == nil {
				o.add(e.Action, e.Test)
			}
		}
		if err == io.EOF {
			return o, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (o outcome) add(action, test string) {
	switch action {
	case "run":
		o[test] = unfinished
	case "pass", "fail", "skip":
		o[test] = action
	case "build-fail":
		o[""] = "does not build"
	}
}

var armedLine = regexp.MustCompile(`(?m)^perfgo\[(\d+)\]: armed: `)
var errorLine = regexp.MustCompile(`(?m)^perfgo\[\d+\]: error: (.*)$`)

func readAgentLog(path string) agentLog {
	text, _ := os.ReadFile(path) // not there: nothing armed
	pids := map[string]bool{}
	var a agentLog
	for _, m := range armedLine.FindAllSubmatch(text, -1) {
		pids[string(m[1])] = true
	}
	a.armed = len(pids)
	for _, m := range errorLine.FindAllSubmatch(text, -1) {
		a.reasons = appendNew(a.reasons, string(m[1]))
	}
	return a
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
