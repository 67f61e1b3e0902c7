// Package shares has benchmarks whose functions have known shares of the cycles.
package shares

import (
	"testing"

	"perfgo.test/shares/spin"
)

const part = 25000 // turns: 100 000 instructions

//go:noinline
func callOne() { spin.One(part) }

//go:noinline
func callTwo() { spin.Two(2 * part) }

//go:noinline
func callFive() { spin.Five(5 * part) }

//go:noinline
func around() { spin.Outside(4 * part) }

// 1 : 2 : 5, and nothing of what is around.
func BenchmarkShares(b *testing.B) {
	for i := 0; i < b.N; i++ {
		around()
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		callOne()
		callTwo()
		b.StopTimer()
		around()
		b.StartTimer()
		callFive()
	}
	b.StopTimer()
	around()
}

func BenchmarkWhole(b *testing.B) {
	for i := 0; i < b.N; i++ {
		callOne()
		callTwo()
		callFive()
	}
}
