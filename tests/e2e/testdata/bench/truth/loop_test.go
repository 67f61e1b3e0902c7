//go:build go1.24

package truth

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

// b.Loop decides on the number of operations later than this set-up; 100 of them is what the tests
// ask for.
func BenchmarkSetupLoop(b *testing.B) {
	setUp(timedOp * 100)
	for b.Loop() {
		work.Spin(timedOp)
	}
}

func BenchmarkLoopAfterwards(b *testing.B) {
	for b.Loop() {
		work.Spin(timedOp)
	}
	setUp(timedOp * 100)
}

func BenchmarkEmptyLoop(b *testing.B) {
	for b.Loop() {
	}
}

func BenchmarkLoopWindows10us(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		work.Spin(10 * time.Microsecond * untimedFactor / 2)
		cost := work.ClockCost()
		work.Spin(10 * time.Microsecond * untimedFactor / 2)
		b.StartTimer()
		before := work.ThreadCPU()
		work.Spin(10 * time.Microsecond)
		cpu += work.ThreadCPU() - before + cost
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(syscall.Gettid()), "tid")
}
