// Package truth holds loops whose instructions are known from their machine code.
package truth

import (
	"strconv"
	"testing"
)

var sink uint64

// turns are dependent additions: nothing that the compiler can fold.
//
//go:noinline
func turns(n uint64) uint64 {
	x := n
	for i := uint64(0); i < n; i++ {
		x += x ^ i
	}
	return x
}

// product is turns with one more multiplication per turn.
//
//go:noinline
func product(n uint64) uint64 {
	x := n
	for i := uint64(0); i < n; i++ {
		x += x ^ i
		x *= n
	}
	return x
}

// Turns of the inner loop differ by 10 000 between the two: the difference of the counts is that of
// the loop alone.
func BenchmarkTurns(b *testing.B) {
	for _, n := range []uint64{10000, 20000} {
		b.Run(strconv.FormatUint(n, 10), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				sink = turns(n)
			}
		})
	}
}

func BenchmarkProduct(b *testing.B) {
	for _, n := range []uint64{10000, 20000} {
		b.Run(strconv.FormatUint(n, 10), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				sink = product(n)
			}
		})
	}
}

// An iteration that is dear, with a window before and one in the loop; what is between them is not
// counted.
func BenchmarkApart(b *testing.B) {
	for _, n := range []uint64{2000000, 2010000} {
		b.Run(strconv.FormatUint(n, 10), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				b.StopTimer()
				sink = product(n / 4)
				b.StartTimer()
				sink = turns(n)
			}
		})
	}
}
