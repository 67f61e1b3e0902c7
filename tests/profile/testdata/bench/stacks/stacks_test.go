// Package stacks makes the runtime change stacks: systemstack, mcall, morestack.
package stacks

import (
	"runtime"
	"sync"
	"testing"
)

var (
	kept [8][]byte
	sink int
)

//go:noinline
func allocate(i int) { kept[i%len(kept)] = make([]byte, 256<<10) }

// BenchmarkSystemstack takes spans from the heap, which is done on the system stack.
func BenchmarkSystemstack(b *testing.B) {
	for i := 0; i < b.N; i++ {
		allocate(i)
	}
}

//go:noinline
func yield() { runtime.Gosched() }

// BenchmarkMcall enters the scheduler all the time.
func BenchmarkMcall(b *testing.B) {
	for i := 0; i < b.N; i++ {
		yield()
	}
}

//go:noinline
func deep(n int) int {
	var room [512]byte
	room[n%len(room)] = byte(n)
	if n == 0 {
		return int(room[0])
	}
	return deep(n-1) + int(room[n%len(room)])
}

// BenchmarkMorestack grows the stacks of new goroutines.
func BenchmarkMorestack(b *testing.B) {
	var done sync.WaitGroup
	for i := 0; i < b.N; i++ {
		done.Add(1)
		go func() {
			sink += deep(1500)
			done.Done()
		}()
		done.Wait()
	}
}
