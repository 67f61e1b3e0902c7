// Package forms has a benchmark for every way in which benchmarks are written. Where a benchmark
// knows what its record must say, it reports that as want-windows (Start/Stop pairs of the final
// run) and want-iterations (over all runs of the line); the judge compares.
package forms

import (
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

// iterations adds up N over the runs of one line. A run of 1 begins every line; no later run of the
// same line is that short.
type iterations struct{ sum int }

func (r *iterations) report(b *testing.B, windows int) {
	if b.N == 1 {
		r.sum = 0
	}
	r.sum += b.N
	b.ReportMetric(float64(r.sum), "want-iterations")
	b.ReportMetric(float64(windows), "want-windows")
}

func op() { work.Sink += work.Turn(2000) }

var ranBN, ranStopStart, ranStartStop, ranReset, ranStopped, ranEnd, ranOther iterations

func BenchmarkBN(b *testing.B) {
	for i := 0; i < b.N; i++ {
		op()
	}
	ranBN.report(b, 1)
}

func BenchmarkEmpty(b *testing.B) {
	for i := 0; i < b.N; i++ {
	}
}

func BenchmarkStopStart(b *testing.B) {
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		op()
		b.StartTimer()
		op()
	}
	ranStopStart.report(b, b.N+1)
}

func BenchmarkStartStop(b *testing.B) {
	b.StopTimer()
	for i := 0; i < b.N; i++ {
		op()
		b.StartTimer()
		op()
		b.StopTimer()
	}
	ranStartStop.report(b, b.N+1)
}

func BenchmarkResetTimer(b *testing.B) {
	work.Spin(time.Millisecond)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		op()
	}
	ranReset.report(b, 1)
}

func BenchmarkResetTwice(b *testing.B) {
	b.ResetTimer()
	b.StopTimer()
	b.StartTimer()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		op()
	}
}

func BenchmarkResetWhileStopped(b *testing.B) {
	b.StopTimer()
	work.Spin(time.Millisecond)
	b.ResetTimer()
	b.StartTimer()
	for i := 0; i < b.N; i++ {
		op()
	}
	ranStopped.report(b, 1)
}

func BenchmarkStoppedAtEnd(b *testing.B) {
	for i := 0; i < b.N; i++ {
		op()
	}
	b.StopTimer()
	work.Spin(time.Millisecond)
	ranEnd.report(b, 1)
}

// The timer may be used from another goroutine than the benchmark's.
func BenchmarkTimerElsewhere(b *testing.B) {
	for i := 0; i < b.N; i++ {
		done := make(chan bool)
		go func() {
			runtime.LockOSThread()
			b.StopTimer()
			op()
			b.StartTimer()
			done <- true
		}()
		<-done
		op()
	}
	ranOther.report(b, b.N+1)
}

func BenchmarkRunParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			work.Turn(2000)
		}
	})
}

func BenchmarkRunParallelMany(b *testing.B) {
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			work.Turn(2000)
			runtime.Gosched()
		}
	})
}

func BenchmarkChildGoroutines(b *testing.B) {
	for i := 0; i < b.N; i++ {
		var wg sync.WaitGroup
		for k := 0; k < 4; k++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				work.Turn(2000)
			}()
		}
		wg.Wait()
	}
}

// A goroutine that ends while it is locked takes its thread with it.
func BenchmarkThreadChurn(b *testing.B) {
	for i := 0; i < b.N; i++ {
		var wg sync.WaitGroup
		for k := 0; k < 3; k++ {
			wg.Add(1)
			go func() {
				runtime.LockOSThread()
				defer wg.Done()
				work.Turn(2000)
			}()
		}
		wg.Wait()
	}
}

func BenchmarkSub(b *testing.B) {
	for _, outer := range []string{"a", "b"} {
		b.Run(outer, func(b *testing.B) {
			for _, inner := range []string{"x", "y"} {
				b.Run(inner, func(b *testing.B) {
					for i := 0; i < b.N; i++ {
						op()
					}
				})
			}
			b.Run("parallel", func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						work.Turn(2000)
					}
				})
			})
		})
	}
}

func BenchmarkReportMetric(b *testing.B) {
	cases := []struct {
		name, unit string
		value      float64
	}{
		{"extra", "things/op", 12.5},
		{"ns", "ns/op", 77},
		{"zero", "ns/op", 0},
		{"tiny", "ns/op", 1.25e-7},
		{"huge", "bytes", 1.5e18},
		{"negative", "delta", -3},
		{"ours", "task-ns/op", 1},
	}
	for _, c := range cases {
		c := c
		b.Run(c.name, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				op()
			}
			b.ReportMetric(c.value, c.unit)
		})
	}
	b.Run("many", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			op()
		}
		for i := 0; i < 40; i++ {
			b.ReportMetric(float64(i), "m"+strings.Repeat("m", i))
		}
	})
}

func BenchmarkSetBytes(b *testing.B) {
	b.SetBytes(1 << 20)
	for i := 0; i < b.N; i++ {
		op()
	}
}

var kept [][]byte

func BenchmarkReportAllocs(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		kept = append(kept[:0], make([]byte, 1000))
	}
}

func BenchmarkGarbage(b *testing.B) {
	for i := 0; i < b.N; i++ {
		for k := 0; k < 100; k++ {
			kept = append(kept, make([]byte, 5000))
		}
		kept = kept[:0]
	}
}

func BenchmarkSkip(b *testing.B) {
	b.Skip("not today")
}

func BenchmarkSkipLate(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			op()
		}
	})
	b.Skip("not any more")
}

//go:noinline
func deep(n int) int {
	var frame [256]byte
	frame[n%256] = byte(n)
	if n == 0 {
		return int(frame[0])
	}
	return deep(n-1) + int(frame[n%256])
}

// The stack grows, and is copied, while the benchmark's frames are on it; the timer is used below.
func BenchmarkDeepStack(b *testing.B) {
	for i := 0; i < b.N; i++ {
		done := make(chan int)
		go func() {
			sum := deep(200)
			b.StopTimer()
			b.StartTimer()
			done <- sum + deep(2000)
		}()
		<-done
	}
}

func BenchmarkPanicRecovered(b *testing.B) {
	for i := 0; i < b.N; i++ {
		func() {
			defer func() { recover() }()
			panic("again")
		}()
	}
}

// A goroutine that calls Goexit, and one that still runs when the benchmark ends.
func BenchmarkGoexitInChild(b *testing.B) {
	for i := 0; i < b.N; i++ {
		done := make(chan bool)
		go func() {
			defer close(done)
			runtime.Goexit()
		}()
		<-done
	}
	go work.Spin(time.Millisecond)
}

func BenchmarkChildProcess(b *testing.B) {
	if b.N > 5 {
		b.ReportMetric(0, "children")
		return
	}
	for i := 0; i < b.N; i++ {
		if err := exec.Command("true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLogs(b *testing.B) {
	for i := 0; i < b.N; i++ {
		op()
	}
	b.Log("a line of log")
}

func BenchmarkLast(b *testing.B) {
	for i := 0; i < b.N; i++ {
		op()
	}
}
