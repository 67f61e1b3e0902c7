//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"testing"
	"time"
)

// benchLoop uses b.Loop where Go has it (1.24 and newer).
func benchLoop(op time.Duration) func(b *testing.B) {
	type looper interface{ Loop() bool }
	if _, ok := interface{}(new(testing.B)).(looper); !ok {
		return nil
	}
	return func(b *testing.B) {
		l := interface{}(b).(looper)
		burn(10 * time.Millisecond)
		for l.Loop() {
			burn(op)
		}
	}
}
