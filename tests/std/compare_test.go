package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestDiffering(t *testing.T) {
	a := outcome{"": "pass", "TestA": "pass", "TestB": "skip", "TestC": "pass"}
	b := outcome{"": "fail", "TestA": "pass", "TestB": "pass", "TestD": "pass"}
	if got, want := differing(a, b), []string{"", "TestB", "TestC", "TestD"}; !reflect.DeepEqual(got, want) {
		t.Errorf("differing = %q, want %q", got, want)
	}
	if got := differing(a, a); len(got) != 0 {
		t.Errorf("an outcome differs from itself: %q", got)
	}
}

func TestStableNames(t *testing.T) {
	a := outcome{"TestX//tmp/go-1/x": "pass", "TestY": "pass"}
	b := outcome{"TestX//tmp/go-2/x": "pass", "TestY": "fail"}
	if got := differing(a.stable(), b.stable()); !reflect.DeepEqual(got, []string{"TestY"}) {
		t.Errorf("differing = %q, want TestY", got)
	}
}

func TestJudge(t *testing.T) {
	one := func(status ...string) (list []outcome) {
		for _, s := range status {
			list = append(list, outcome{"TestX": s})
		}
		return
	}
	for _, c := range []struct {
		what          string
		without, with []outcome
		different     bool
	}{
		{"always fails with perfgo", one("pass", "pass", "pass"), one("fail", "fail", "fail"), true},
		{"sometimes fails with perfgo", one("pass", "pass", "pass"), one("fail", "pass", "fail"), true},
		{"never came back", one("pass", "pass", "pass"), one("fail", "pass", "pass"), false},
		{"flaky both ways", one("pass", "fail", "pass"), one("fail", "fail", "pass"), false},
		{"not repeated", one("pass"), one("fail"), true},
		{"passes only with perfgo", one("fail", "fail"), one("pass", "pass"), true},
	} {
		if got := judge("TestX", c.without, c.with).different; got != c.different {
			t.Errorf("%s: different = %v", c.what, got)
		}
	}
}

func TestSelectTests(t *testing.T) {
	a := outcome{"TestA/x": "pass", "TestB": "pass", "TestC": unfinished}
	if got, want := selectTests([]string{"", "TestA/x", "TestB"}, a, outcome{}), "^(TestA|TestB)$"; got != want {
		t.Errorf("pattern %q, want %q", got, want)
	}
	for _, names := range [][]string{{""}, {"TestA/x", "TestC"}} {
		if got := selectTests(names, a, outcome{}); got != "" {
			t.Errorf("%q: pattern %q, want the whole package", names, got)
		}
	}
}

func TestReadOutcome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	text := `{"Action":"run","Test":"TestA"}
{"Action":"pass","Test":"TestA"}
noise from a child
{"Action":"run","Test":"TestB"}
{"Action":"fail","Package":"x"}
`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readOutcome(path)
	want := outcome{"TestA": "pass", "TestB": unfinished, "": "fail"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("readOutcome = %v, %v; want %v", got, err, want)
	}
}

func TestReadAgentLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	text := "perfgo[7]: the start of the timer: 1 call\nperfgo[7]: armed: go1.26, back end 2\n" +
		"perfgo[8]: armed: go1.26, back end 2\nperfgo[9]: error: not measuring: why\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got := readAgentLog(path)
	if got.armed != 2 || !reflect.DeepEqual(got.reasons, []string{"not measuring: why"}) {
		t.Errorf("readAgentLog = %+v", got)
	}
	if got := readAgentLog(path + "-"); got.armed != 0 || got.reasons != nil {
		t.Errorf("no log: %+v", got)
	}
}

func TestParseList(t *testing.T) {
	text := "# note\nos\n* sync\nbench fmt\n* bench sort\n"
	if got, want := parseList(text, false), (list{[]string{"os", "sync"}, []string{"fmt", "sort"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("the whole list is %v, want %v", got, want)
	}
	if got, want := parseList(text, true), (list{[]string{"sync"}, []string{"sort"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("the short list is %v, want %v", got, want)
	}
}
