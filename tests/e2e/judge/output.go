package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// value is one "number unit" pair of a benchmark line.
type value struct {
	number string
	x      float64
	unit   string
}

// line is a benchmark line.
type line struct {
	pkg     string // "" when the output does not tell
	printed string // the name with its procs suffix
	n       uint64
	values  []value
	test    string // with -json: the test that go test attributed the line to
}

var benchmarkLine = regexp.MustCompile(`^(Benchmark\S*)\s+(\d+)(?:\t\s*(.*))?$`)

func parseLine(text string) (line, bool, error) {
	m := benchmarkLine.FindStringSubmatch(text)
	if m == nil {
		return line{}, false, nil
	}
	l := line{printed: m[1]}
	var err error
	if l.n, err = strconv.ParseUint(m[2], 10, 64); err != nil {
		return l, false, err
	}
	for _, pair := range strings.Split(m[3], "\t") {
		words := strings.Fields(pair)
		if len(words) == 0 && m[3] == "" {
			break
		}
		if len(words) != 2 {
			return l, false, fmt.Errorf("%s: %q is not a number and a unit", l.printed, pair)
		}
		x, err := strconv.ParseFloat(words[0], 64)
		if err != nil {
			return l, false, fmt.Errorf("%s: %v", l.printed, err)
		}
		l.values = append(l.values, value{words[0], x, words[1]})
	}
	return l, true, nil
}

var trailer = regexp.MustCompile(`^(?:ok|FAIL|---)\s+\t?(\S+)\s+(?:\d|\(cached\)|\[)`)

// parseText takes the output of one go test. The "pkg:" line comes before the lines of a package,
// but not when a test has used testing.Benchmark before; then the "ok" line behind them tells.
func parseText(texts []string) ([]line, error) {
	var out []line
	pkg, first := "", 0
	for _, text := range texts {
		if strings.HasPrefix(text, "pkg: ") {
			pkg = strings.TrimPrefix(text, "pkg: ")
			continue
		}
		if m := trailer.FindStringSubmatch(text); m != nil && !strings.HasPrefix(text, "---") {
			for i := first; i < len(out); i++ {
				if out[i].pkg == "" {
					out[i].pkg = m[1]
				}
			}
			pkg, first = "", len(out)
			continue
		}
		l, is, err := parseLine(text)
		if err != nil {
			return nil, err
		}
		if is {
			l.pkg = pkg
			out = append(out, l)
		}
	}
	return out, nil
}

type event struct{ Action, Package, Test, Output string }

// parseEvents takes the output of go test -json. A line may come in several events, but then they
// must say the same of it.
func parseEvents(texts []string) ([]line, error) {
	var out []line
	pending := map[string]string{} // by package
	for _, text := range texts {
		if text == "" {
			continue
		}
		var e event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("not JSON: %.80s: %v", text, err)
		}
		if e.Action != "output" {
			continue
		}
		whole := pending[e.Package] + e.Output
		if !strings.HasSuffix(whole, "\n") {
			pending[e.Package] = whole
			continue
		}
		delete(pending, e.Package)
		l, is, err := parseLine(strings.TrimSuffix(whole, "\n"))
		if err != nil {
			return nil, err
		}
		if is {
			l.pkg, l.test = e.Package, e.Test
			out = append(out, l)
		}
	}
	return out, nil
}

func readOutput(path string, asJSON bool) ([]line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var texts []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		texts = append(texts, s.Text())
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if asJSON {
		return parseEvents(texts)
	}
	return parseText(texts)
}
