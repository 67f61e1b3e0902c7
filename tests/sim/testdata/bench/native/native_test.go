package native

import "testing"

func BenchmarkNative(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if add(1000) != 499500 {
			b.Fatal("wrong sum")
		}
	}
}
