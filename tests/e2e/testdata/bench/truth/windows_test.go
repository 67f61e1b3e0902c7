// Package truth has benchmarks that measure themselves: what they report (by clocks and accounts of
// the kernel, read inside the window) is what perfgo's record must say.
//
//	cpu-ns/op        processor time of the benchmark's thread inside the windows
//	process-ns/op    processor time of all threads inside the window
//	process-cs/op, thread-cs   context switches, of all threads per operation, of this thread in all
//	tid              the benchmark's thread
//	pages/op         fresh pages touched
package truth

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

const untimedFactor = 100

// setUp is far more than what is timed, in every respect: time, page faults, context switches, on
// this thread and on others.
func setUp(timed time.Duration) {
	m := work.FreshPages(200)
	work.Touch(m)
	work.Unmap(m)
	for i := 0; i < 5; i++ {
		work.Sleep(10 * time.Microsecond)
	}
	done := make(chan uint64)
	go func() { done <- work.Spin(timed * untimedFactor / 2) }()
	work.Spin(timed * untimedFactor / 2)
	<-done
}

// windows times one piece of work in each of b.N windows, with a hundred times as much between
// them. The thread's clock is read twice inside the window; the difference contains one reading, so
// the cost of another is added, as it is after as much other work.
func windows(b *testing.B, timed time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var cpu time.Duration
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		work.Spin(timed * untimedFactor / 2)
		cost := work.ClockCost()
		work.Spin(timed * untimedFactor / 2)
		b.StartTimer()
		before := work.ThreadCPU()
		work.Spin(timed)
		cpu += work.ThreadCPU() - before + cost
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(syscall.Gettid()), "tid")
}

func BenchmarkWindows100us(b *testing.B) { windows(b, 100*time.Microsecond) }
func BenchmarkWindows10us(b *testing.B)  { windows(b, 10*time.Microsecond) }

// One microsecond: nothing but the work is in the window, any clock would be a quarter of it.
func BenchmarkWindows1us(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		work.Spin(time.Microsecond * untimedFactor)
		b.StartTimer()
		work.Spin(time.Microsecond)
	}
	b.ReportMetric(float64(syscall.Gettid()), "tid")
}

// Windows with nothing in them.
func BenchmarkWindowsEmpty(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		work.Spin(time.Microsecond)
		b.StartTimer()
	}
	b.ReportMetric(float64(syscall.Gettid()), "tid")
}

const timedOp = 10 * time.Microsecond

func timedLoop(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work.Spin(timedOp)
	}
}

func BenchmarkSetupResetTimer(b *testing.B) {
	setUp(timedOp * time.Duration(b.N))
	b.ResetTimer()
	timedLoop(b)
}

func BenchmarkSetupResetWhileStopped(b *testing.B) {
	b.StopTimer()
	setUp(timedOp * time.Duration(b.N))
	b.ResetTimer()
	b.StartTimer()
	timedLoop(b)
}

func BenchmarkSetupStopped(b *testing.B) {
	b.StopTimer()
	setUp(timedOp * time.Duration(b.N))
	b.StartTimer()
	timedLoop(b)
}

func BenchmarkSetupAfterwards(b *testing.B) {
	timedLoop(b)
	b.StopTimer()
	setUp(timedOp * time.Duration(b.N))
}

func BenchmarkEmptyOnce(b *testing.B) {
	for i := 0; i < b.N; i++ {
	}
}
