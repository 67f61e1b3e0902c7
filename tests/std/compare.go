package main

import (
	"regexp"
	"sort"
	"strings"
)

// differing returns the names of the tests whose outcomes are not the same, sorted. A test that is
// missing on one side differs.
func differing(a, b outcome) []string {
	var names []string
	for name, status := range a {
		if b[name] != status {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// volatile parts of a subtest's name (a temporary directory, a port, an address, a process) differ
// from run to run of the same binary; differences in them alone are none.
var volatile = regexp.MustCompile(`/tmp/[^ ,)]*|0x[0-9a-f]{6,}|127\.0\.0\.1:\d+|\[::1\]:\d+`)

func (o outcome) stable() outcome {
	s := outcome{}
	for name, status := range o {
		s[volatile.ReplaceAllString(name, "*")] = status
	}
	return s
}

// selectTests makes a -run pattern for the top-level tests that the names belong to; "" stands for
// all: when the package as a whole differs and no test explains it, when it died in the middle, or
// when there are too many.
func selectTests(names []string, a, b outcome) string {
	top := map[string]bool{}
	for _, name := range names {
		if a[name] == unfinished || b[name] == unfinished {
			return ""
		}
		if name != "" {
			top[strings.SplitN(name, "/", 2)[0]] = true
		}
	}
	if len(top) == 0 || len(top) > 20 {
		return ""
	}
	var quoted []string
	for name := range top {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	sort.Strings(quoted)
	return "^(" + strings.Join(quoted, "|") + ")$"
}

// verdict on one test that differed in the first pair of runs, after more pairs.
type verdict struct {
	name          string
	without, with []string // what became of it, run by run
	different     bool
}

// judge says whether perfgo makes a difference to a test: it does when any run after the first with
// perfgo ended in a way that no run without perfgo did. A test that is unsteady without perfgo, or
// whose one odd result never comes back, is flaky.
func judge(name string, without, with []outcome) verdict {
	v := verdict{name: name}
	seen := map[string]bool{}
	for _, o := range without {
		status := statusOf(o, name)
		seen[status] = true
		v.without = append(v.without, status)
	}
	for i, o := range with {
		status := statusOf(o, name)
		v.with = append(v.with, status)
		if i > 0 && !seen[status] {
			v.different = true
		}
	}
	if len(with) < 2 { // nothing was run again: no ground to call it flaky
		v.different = true
	}
	return v
}

func statusOf(o outcome, name string) string {
	if status, ok := o[name]; ok {
		return status
	}
	return "absent"
}

// unsteadyWithout: the same test ended differently without perfgo too.
func (v verdict) unsteadyWithout() bool {
	for _, s := range v.without {
		if s != v.without[0] {
			return true
		}
	}
	return false
}

func (v verdict) String() string {
	name := v.name
	if name == "" {
		name = "the package as a whole"
	}
	return name + ": without perfgo " + strings.Join(v.without, " ") + ", with " +
		strings.Join(v.with, " ")
}
