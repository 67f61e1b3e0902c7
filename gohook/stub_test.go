//go:build !cgo || !linux || !(amd64 || arm64)

package gohook_test

import (
	"errors"
	"testing"

	"example.com/perfgo/gohook"
)

// Without cgo everything fails in the same way, and nothing is run.
func TestStub(t *testing.T) {
	f := func() error { t.Error("f ran"); return nil }
	_, open := gohook.Open("task-clock")
	_, count := gohook.Count("task-clock", f)
	_, one := gohook.PageFaults(f)
	_, profile := gohook.Profile(nil)
	for what, err := range map[string]error{"open": open, "count": count, "one": one, "profile": profile} {
		if !errors.Is(err, gohook.ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
