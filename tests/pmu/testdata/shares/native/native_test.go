package native

import (
	"testing"

	"perfgo.test/shares/spin"
)

const part = 25000 // turns: 100 000 instructions

//go:noinline
func callBoth() int { return Both(part) }

//go:noinline
func callRest() int { return Rest(part) }

// As BenchmarkShares, in C.
func BenchmarkNative(b *testing.B) {
	for i := 0; i < b.N; i++ {
		callBoth()
		b.StopTimer()
		spin.Outside(4 * part)
		b.StartTimer()
		callRest()
	}
}

// In C nearly all the time, 2 ms a call.
func BenchmarkLong(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Rest(4 * part)
	}
}
