package chain

import (
	"context"
	"io"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"testing"
	"unsafe"
)

// frame is the frame pointer of its caller.
func frame() uintptr

// last is what the frame says that a goroutine began with.
//
//go:noinline
func last() uintptr {
	at := frame()
	for {
		next := *(*uintptr)(unsafe.Add(nil, at))
		if next == 0 || next == ^uintptr(0) {
			return next
		}
		at = next
	}
}

var sink int

//go:noinline
func deep(n int) int {
	var pad [64]int
	if n == 0 {
		return len(pad)
	}
	pad[n%64] = deep(n - 1)
	return pad[n%64] + n
}

func work() {
	for i := 0; i < 100; i++ {
		sink += i * i
	}
}

func report(b *testing.B, ended bool) {
	if ended {
		b.ReportMetric(1, "ended")
	} else {
		b.ReportMetric(0, "ended")
	}
}

// BenchmarkEnd says how its goroutine's chain ends.
func BenchmarkEnd(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work()
	}
	report(b, last() == ^uintptr(0))
}

// BenchmarkMoved has its stack moved to a larger one, with collections that make it smaller again.
func BenchmarkMoved(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += deep(5000)
		if i%64 == 0 {
			runtime.GC()
		}
	}
	report(b, last() == ^uintptr(0))
}

// BenchmarkBlocked waits while all that follows frame pointers in Go is on.
func BenchmarkBlocked(b *testing.B) {
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	defer runtime.SetBlockProfileRate(0)
	defer runtime.SetMutexProfileFraction(0)
	if b.N > 1 && trace.Start(io.Discard) == nil {
		defer trace.Stop()
	}
	var mu sync.Mutex
	there, back := make(chan int), make(chan int)
	go func() {
		for i := range there {
			mu.Lock()
			mu.Unlock()
			back <- i
		}
	}()
	for i := 0; i < b.N; i++ {
		there <- i
		mu.Lock()
		runtime.Gosched()
		mu.Unlock()
		<-back
		trace.Log(context.Background(), "turn", "over")
	}
	close(there)
}

// BenchmarkSystem makes system calls, which note where the frame is.
func BenchmarkSystem(b *testing.B) {
	f, err := os.Open("/dev/zero")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var one [1]byte
	for i := 0; i < b.N; i++ {
		f.Read(one[:])
	}
}

func panics() {
	defer func() { recover() }()
	panic("caught")
}

// BenchmarkPanics recovers, and BenchmarkGivesUp leaves without returning.
func BenchmarkPanics(b *testing.B) {
	for i := 0; i < b.N; i++ {
		panics()
	}
}

func BenchmarkGivesUp(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work()
	}
	if b.N > 1 {
		b.SkipNow()
	}
}

func BenchmarkSub(b *testing.B) {
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				deep(100)
			}
		})
	})
	b.Run("timer", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			b.StopTimer()
			work()
			b.StartTimer()
			work()
		}
	})
}
