package truth

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

// whole runs body as the whole timed region and reports what the kernel says the process used.
func whole(b *testing.B, body func()) {
	runtime.GC()
	b.ResetTimer()
	before := work.ProcessUsage()
	body()
	used := work.ProcessUsage().Minus(before)
	b.ReportMetric(float64(used.CPU.Nanoseconds())/float64(b.N), "process-ns/op")
}

const share = 2 * time.Millisecond

func BenchmarkRunParallel(b *testing.B) {
	whole(b, func() {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				work.Spin(4 * share)
			}
		})
	})
}

func BenchmarkRunParallelMany(b *testing.B) {
	b.SetParallelism(4)
	whole(b, func() {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				work.Spin(4 * share)
			}
		})
	})
}

func children(n int, body func()) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body()
		}()
	}
	wg.Wait()
}

func BenchmarkChildren(b *testing.B) {
	whole(b, func() {
		for i := 0; i < b.N; i++ {
			children(4, func() { work.Spin(share) })
		}
	})
}

// Threads that begin and end inside of the window.
func BenchmarkThreadsThatEnd(b *testing.B) {
	whole(b, func() {
		for i := 0; i < b.N; i++ {
			children(3, func() {
				runtime.LockOSThread()
				work.Spin(20 * share)
			})
		}
	})
}

// Threads that were there before, sleep at the start of the window, and wake up in it.
func BenchmarkSleepers(b *testing.B) {
	wake, done := make(chan bool), make(chan bool)
	for i := 0; i < 6; i++ {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range wake {
				work.Spin(share)
				done <- true
			}
		}()
	}
	time.Sleep(5 * time.Millisecond)
	whole(b, func() {
		for i := 0; i < b.N; i++ {
			for k := 0; k < 6; k++ {
				wake <- true
			}
			for k := 0; k < 6; k++ {
				<-done
			}
		}
	})
	close(wake)
}

var live [][]byte

// The collector's workers are threads of the process like others.
func BenchmarkGarbage(b *testing.B) {
	whole(b, func() {
		for i := 0; i < b.N; i++ {
			for k := 0; k < 2000; k++ {
				live = append(live, make([]byte, 4000))
			}
			live = live[:0]
		}
	})
}

func BenchmarkContextSwitches(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ResetTimer()
	process, thread := work.ProcessUsage(), work.ThreadUsage()
	for i := 0; i < b.N; i++ {
		for k := 0; k < 10; k++ {
			work.Sleep(20 * time.Microsecond)
		}
	}
	thread = work.ThreadUsage().Minus(thread)
	process = work.ProcessUsage().Minus(process)
	b.StopTimer()
	b.ReportMetric(float64(thread.ContextSwitches), "thread-cs")
	b.ReportMetric(float64(process.ContextSwitches)/float64(b.N), "process-cs/op")
	b.ReportMetric(float64(syscall.Gettid()), "tid")
}

const pages = 64

func BenchmarkPageFaults(b *testing.B) {
	b.StopTimer()
	for i := 0; i < b.N; i++ {
		m := work.FreshPages(pages)
		b.StartTimer()
		work.Touch(m)
		b.StopTimer()
		work.Unmap(m)
	}
	b.ReportMetric(pages, "pages/op")
}

func BenchmarkPageFaultsOneWindow(b *testing.B) {
	m := work.FreshPages(pages * b.N)
	b.ResetTimer()
	work.Touch(m)
	b.StopTimer()
	work.Unmap(m)
	b.ReportMetric(pages, "pages/op")
}

// The same on threads of their own.
func BenchmarkPageFaultsElsewhere(b *testing.B) {
	b.StopTimer()
	for i := 0; i < b.N; i++ {
		m := work.FreshPages(pages)
		ready, begin, done := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready <- true
			<-begin
			work.Touch(m)
			done <- true
		}()
		<-ready
		b.StartTimer()
		begin <- true
		<-done
		b.StopTimer()
		work.Unmap(m)
	}
	b.ReportMetric(pages, "pages/op")
}
