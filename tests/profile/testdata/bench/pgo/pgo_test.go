package pgo

import "testing"

var (
	sink    uint64
	stepper Stepper = &Hot{N: 7}
)

func BenchmarkMix(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += MixAll(1000)
	}
}

func BenchmarkRun(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += Run(stepper, 1000)
	}
}
