// Package region has benchmarks whose timed region is one half of what they do. What runs in it is
// called inside…, what runs around it outside…; both cost about the same.
package region

import (
	"runtime"
	"sync"
	"testing"
)

const turns = 50000

var sink [8]uint64

//go:noinline
func spin(n int) (x uint64) {
	for i := 0; i < n; i++ {
		x += x ^ uint64(i)
	}
	return x
}

//go:noinline
func insideWork() { sink[0] += spin(turns) + 1 }

//go:noinline
func insideThread() { sink[1] += spin(turns) + 1 }

//go:noinline
func outsideSetup() { sink[2] += spin(turns) + 1 }

//go:noinline
func outsideStopped() { sink[3] += spin(turns) + 1 }

//go:noinline
func outsideReset() { sink[4] += spin(turns) + 1 }

//go:noinline
func outsideAfter() { sink[5] += spin(turns) + 1 }

//go:noinline
func outsideParent() { sink[6] += spin(turns) + 1 }

func BenchmarkSetup(b *testing.B) {
	for i := 0; i < b.N; i++ {
		outsideSetup()
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		insideWork()
	}
}

func BenchmarkStopStart(b *testing.B) {
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		outsideStopped()
		b.StartTimer()
		insideWork()
	}
}

// Everything is forgotten twice, once while the timer stands.
func BenchmarkReset(b *testing.B) {
	for i := 0; i < b.N/2; i++ {
		outsideReset()
	}
	b.StopTimer()
	outsideReset()
	b.ResetTimer()
	b.StartTimer()
	for i := 0; i < b.N/2; i++ {
		outsideReset()
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		insideWork()
	}
}

func BenchmarkAfter(b *testing.B) {
	b.Cleanup(func() { outsideAfter() })
	for i := 0; i < b.N; i++ {
		insideWork()
	}
	b.StopTimer()
	for i := 0; i < b.N; i++ {
		outsideAfter()
	}
}

func BenchmarkSub(b *testing.B) {
	for i := 0; i < 1000; i++ {
		outsideParent()
	}
	b.Run("one", func(b *testing.B) {
		outsideSetup()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			insideWork()
		}
	})
}

func BenchmarkParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			insideWork()
		}
	})
}

// Threads that begin and end within the timed region, some 20 ms each.
func BenchmarkThreads(b *testing.B) {
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		outsideStopped()
		b.StartTimer()
		var wait sync.WaitGroup
		wait.Add(1)
		go func() {
			runtime.LockOSThread() // and never unlocks: the thread ends with the goroutine
			for k := 0; k < 400; k++ {
				insideThread()
			}
			wait.Done()
		}()
		wait.Wait()
	}
}
