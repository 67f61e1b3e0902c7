package falsesharing

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

func TestLayout(t *testing.T) {
	var a Adjacent
	var p Padded
	if d := uintptr(unsafe.Pointer(&a.n[1])) - uintptr(unsafe.Pointer(&a.n[0])); d != 8 {
		t.Errorf("adjacent counters are %d bytes apart", d)
	}
	if d := uintptr(unsafe.Pointer(&p.n[1])) - uintptr(unsafe.Pointer(&p.n[0])); d != line {
		t.Errorf("padded counters are %d bytes apart", d)
	}
}

func TestVariantsAgree(t *testing.T) {
	for name, c := range map[string]Counters{"adjacent": new(Adjacent), "padded": new(Padded)} {
		var wg sync.WaitGroup
		for w := 0; w < MaxWorkers; w++ {
			wg.Add(1)
			go func(w int) {
				defer wg.Done()
				for i := 0; i < 1000*(w+1); i++ {
					c.Add(w)
				}
			}(w)
		}
		wg.Wait()
		for w := 0; w < MaxWorkers; w++ {
			if n := c.Of(w); n != uint64(1000*(w+1)) {
				t.Errorf("%s: worker %d counted %d", name, w, n)
			}
		}
		if c.Total() != 36000 {
			t.Errorf("%s: total %d, want 36000", name, c.Total())
		}
	}
}

// The two loops differ in the type of c alone; calls through an interface would hide the difference
// behind their own cost.
func BenchmarkCounters(b *testing.B) {
	b.Run("adjacent", func(b *testing.B) {
		c := new(Adjacent)
		var workers int32
		b.RunParallel(func(pb *testing.PB) {
			w := worker(&workers)
			for pb.Next() {
				c.Add(w)
			}
		})
		checkTotal(b, c)
	})
	b.Run("padded", func(b *testing.B) {
		c := new(Padded)
		var workers int32
		b.RunParallel(func(pb *testing.PB) {
			w := worker(&workers)
			for pb.Next() {
				c.Add(w)
			}
		})
		checkTotal(b, c)
	})
}

// worker numbers the goroutines of RunParallel. With more of them than counters some share one, which
// is true sharing and equal in both variants.
func worker(workers *int32) int {
	return int(atomic.AddInt32(workers, 1)-1) % MaxWorkers
}

func checkTotal(b *testing.B, c Counters) {
	if c.Total() != uint64(b.N) {
		b.Fatalf("counted %d events of %d", c.Total(), b.N)
	}
}
