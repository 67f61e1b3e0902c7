//go:build !cgo || !linux || !(amd64 || arm64)

package gohook

import (
	"strings"
	"testing"
)

func TestStubNote(t *testing.T) {
	for _, c := range []struct {
		args string
		env  string // name=value
		says bool
	}{
		{"-test.bench=.", "", true},
		{"--test.bench=.", "", true},
		{"-test.v=true -test.bench=X -test.run=.", "", true},
		{"-test.bench .", "", true},
		{"-test.bench=", "", false},
		{"-test.run=.", "", false},
		{"", "", false},
		{"-test.v -- -test.bench=.", "", false},
		{"x -test.bench=.", "", false},
		{"-test.bench=.", "PERFGO_MODE=off", false},
		{"-test.bench=.", "LD_PRELOAD=/x/libperfgo.so", false},
		{"-test.bench=.", "LD_PRELOAD=/x/libother.so", true},
	} {
		env := strings.SplitN(c.env+"=", "=", 3)
		got := stubNote(strings.Fields(c.args), func(name string) string {
			if name == env[0] {
				return env[1]
			}
			return ""
		})
		if (got != "") != c.says {
			t.Errorf("%q %q: %q", c.args, c.env, got)
		}
	}
}
