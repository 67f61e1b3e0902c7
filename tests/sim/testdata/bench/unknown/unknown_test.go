package unknown

import "testing"

var sink int

func work(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += i
	}
}

func BenchmarkBefore(b *testing.B) { work(b) }

func BenchmarkGroup(b *testing.B) {
	b.Run("first", work)
	b.Run("odd one+", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			odd()
		}
	})
	b.Run("last", work)
}

func BenchmarkOdd(b *testing.B) {
	for i := 0; i < b.N; i++ {
		odd()
	}
}

func BenchmarkAfter(b *testing.B) { work(b) }
