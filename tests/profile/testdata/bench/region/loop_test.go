//go:build go1.24

package region

import "testing"

func BenchmarkLoop(b *testing.B) {
	for i := 0; i < 1000; i++ {
		outsideSetup()
	}
	for b.Loop() {
		insideWork()
	}
	for i := 0; i < 1000; i++ {
		outsideAfter()
	}
}
