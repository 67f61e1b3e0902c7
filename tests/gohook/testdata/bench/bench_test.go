// Package gohook_test has benchmarks that use gohook: each knows what must be counted.
package gohook_test

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"example.com/perfgo/gohook"
)

func threadTime() time.Duration {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

// burn uses d of CPU time on the calling thread.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadTime() + d; threadTime() < end; {
	}
}

const unit = 500 * time.Microsecond

// BenchmarkReport asks for one event that is on the line anyway, and one that is not.
func BenchmarkReport(b *testing.B) {
	if err := gohook.Report(b, gohook.Events("cpu-clock,task-clock,minor-faults")); err != nil {
		b.Error(err)
	}
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		burn(unit)
		b.StartTimer()
		burn(unit)
	}
}

// BenchmarkReportDefault must not put anything on the line twice.
func BenchmarkReportDefault(b *testing.B) {
	if err := gohook.Report(b); err != nil {
		b.Error(err)
	}
	for i := 0; i < b.N; i++ {
		burn(unit)
	}
}

// TestReport runs a benchmark of its own, in a process that is measured.
func TestReport(t *testing.T) {
	r := testing.Benchmark(func(b *testing.B) {
		if err := gohook.Report(b); err != nil {
			b.Error(err)
		}
		for i := 0; i < b.N; i++ {
			burn(unit)
		}
	})
	t.Logf("inner %d task-ns/op=%.0f", r.N, r.Extra["task-ns/op"])
}

// BenchmarkRegions: "one" has 1 unit per operation, "two" 2 of which 1 is in "inner"; "untimed" none;
// "goroutine" 1 on another thread.
func BenchmarkRegions(b *testing.B) {
	r := gohook.Region("setup")
	burn(unit)
	r.End()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		burn(unit)
		r := gohook.Region("one")
		burn(unit)
		r.End()
		r = gohook.Region("two")
		burn(unit)
		inner := gohook.Region("inner")
		burn(unit)
		inner.End()
		r.End()
		b.StopTimer()
		r = gohook.Region("untimed")
		burn(unit)
		r.End()
		b.StartTimer()
		r = gohook.Region("goroutine")
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			burn(unit)
		}()
		wg.Wait()
		r.End()
	}
}

// BenchmarkNoRegions has none, though the one before had.
func BenchmarkNoRegions(b *testing.B) {
	for i := 0; i < b.N; i++ {
		burn(unit)
	}
}

// BenchmarkParallelRegion: several goroutines are in it at once; it covers all that they do.
func BenchmarkParallelRegion(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		r := gohook.Region("body")
		defer r.End()
		for pb.Next() {
			burn(unit)
		}
	})
}

// BenchmarkEmptyRegion shows what is left of the region's own cost.
func BenchmarkEmptyRegion(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		gohook.Region("empty").End()
	}
}
