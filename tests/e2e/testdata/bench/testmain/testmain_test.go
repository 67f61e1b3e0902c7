// Package testmain has a TestMain that works before and after, and tests that use benchmarks.
package testmain

import (
	"os"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

func TestMain(m *testing.M) {
	work.Spin(time.Millisecond)
	code := m.Run()
	work.Spin(time.Millisecond)
	os.Exit(code)
}

// testing.Benchmark prints no line, so it leaves no record, and must not disturb those that do.
func TestBenchmarkInTest(t *testing.T) {
	r := testing.Benchmark(func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			work.Sink += work.Turn(100000)
		}
	})
	if r.N == 0 || r.NsPerOp() == 0 {
		t.Errorf("testing.Benchmark measured %v", r)
	}
	t.Logf("measured inside of a test: %v", r)
}

func BenchmarkAfterTests(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work.Sink += work.Turn(2000)
	}
}
