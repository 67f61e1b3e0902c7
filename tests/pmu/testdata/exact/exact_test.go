package exact

import (
	"runtime"
	"testing"
)

// Two lengths: what the loop around Spin costs is in both, their difference is known.
func BenchmarkMillion(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Spin(250000)
	}
}

func BenchmarkTwoMillion(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Spin(500000)
	}
}

// The same loop in one window, and in as many as it has turns. A turn has the same instructions in the
// windows: calls of StopTimer and StartTimer are not the benchmark's.
func BenchmarkOneWindow(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Spin(10)
	}
}

func BenchmarkManyWindows(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Spin(10)
		b.StopTimer()
		// A goroutine that runs for 10 ms is told to make room, and does so when it next calls
		// something, in a window or not. This one has made room by itself.
		if i%64 == 0 {
			runtime.Gosched()
		}
		b.StartTimer()
	}
}
