//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"
)

// benchmark is testing.Benchmark with a fixed number of operations.
func benchmark(t *testing.T, f func(b *testing.B)) testing.BenchmarkResult {
	t.Helper()
	benchtime := flag.Lookup("test.benchtime")
	before := benchtime.Value.String()
	defer benchtime.Value.Set(before)
	if err := benchtime.Value.Set("20x"); err != nil {
		t.Fatal(err)
	}
	return testing.Benchmark(f)
}

func metricNear(r testing.BenchmarkResult, unit string, want, share float64) string {
	got, ok := r.Extra[unit]
	if !ok || !near(got, want, share) {
		return fmt.Sprintf("%v %s, not %v; N=%d", got, unit, want, r.N)
	}
	return ""
}

// The counters follow the timer in a process that was not asked to run benchmarks.
func TestReportFollowsTimer(t *testing.T) {
	const op = time.Millisecond
	for what, f := range map[string]func(b *testing.B){
		"plain": func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				burn(op)
			}
		},
		"reset": func(b *testing.B) {
			burn(10 * time.Millisecond)
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				burn(op)
			}
		},
		"stop and start": func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				b.StopTimer()
				burn(op)
				b.StartTimer()
				burn(op)
			}
		},
		"goroutine": func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				inGoroutine(func() { burn(op) })()
			}
		},
		"loop": benchLoop(op),
	} {
		if f == nil {
			t.Logf("%s: not with this Go version", what)
			continue
		}
		inSomeRound(t, func() string {
			r := benchmark(t, func(b *testing.B) {
				if err := Report(b, Events("task-clock,page-faults")); err != nil {
					t.Error(err)
				}
				f(b)
			})
			if why := metricNear(r, "task-ns/op", float64(op), 0.05); why != "" {
				return what + ": " + why
			}
			if _, ok := r.Extra["page-faults/op"]; !ok {
				t.Error("no page-faults/op")
			}
			return ""
		})
	}
}

func TestReportDefaultEvents(t *testing.T) {
	r := benchmark(t, func(b *testing.B) {
		if err := Report(b); err != nil {
			t.Error(err)
		}
		for i := 0; i < b.N; i++ {
			burn(100 * time.Microsecond)
		}
	})
	if r.Extra["task-ns/op"] < 90e3 || len(r.Extra) < 2 {
		t.Error(r.Extra)
	}
}

func TestReportWhatCannotBeCounted(t *testing.T) {
	ran := false
	benchmark(t, func(b *testing.B) {
		ran = true
		if err := Report(b, Events("no-such-event")); !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	})
	if !ran {
		t.Error("the benchmark did not run")
	}
}

// A Go version whose timer cannot be followed: right or nothing.
func TestReportWithoutFollowing(t *testing.T) {
	followTimer = func(libCounter) error { return errors.New("unknown version") }
	defer func() { followTimer = libFollow }()
	const op = 200 * time.Microsecond
	inSomeRound(t, func() string {
		return metricNear(benchmark(t, func(b *testing.B) {
			Report(b, Events("task-clock"))
			for i := 0; i < b.N; i++ {
				burn(op)
			}
		}), "task-ns/op", float64(op), 0.1)
	})
	r := benchmark(t, func(b *testing.B) {
		Report(b, Events("task-clock"))
		burn(50 * time.Millisecond)
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			burn(op)
		}
	})
	if _, ok := r.Extra["task-ns/op"]; ok {
		t.Error("metrics though the timer was reset:", r.Extra)
	}
}
