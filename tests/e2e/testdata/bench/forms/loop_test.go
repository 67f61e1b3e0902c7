//go:build go1.24

package forms

import (
	"testing"
	"time"

	"perfgo.test/bench/work"
)

func reportLoop(b *testing.B, windows int) {
	b.ReportMetric(float64(b.N), "want-iterations")
	b.ReportMetric(float64(windows), "want-windows")
}

func BenchmarkLoop(b *testing.B) {
	for b.Loop() {
		op()
	}
	reportLoop(b, 1)
}

func BenchmarkLoopEmpty(b *testing.B) {
	for b.Loop() {
	}
}

func BenchmarkLoopSetup(b *testing.B) {
	work.Spin(time.Millisecond)
	for b.Loop() {
		op()
	}
	work.Spin(time.Millisecond)
	reportLoop(b, 1)
}

func BenchmarkLoopStopStart(b *testing.B) {
	n := 0
	for b.Loop() {
		b.StopTimer()
		op()
		b.StartTimer()
		op()
		n++
	}
	reportLoop(b, n+1)
}

func BenchmarkLoopSub(b *testing.B) {
	for _, name := range []string{"a", "b"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				kept = append(kept[:0], make([]byte, 100))
			}
		})
	}
}

func BenchmarkLoopLeft(b *testing.B) {
	b.Run("skip", func(b *testing.B) {
		for b.Loop() {
			b.Skip("from inside")
		}
	})
}
