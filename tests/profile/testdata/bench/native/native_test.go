package native

import "testing"

var sink uint64

// BenchmarkThreeDeep is almost wholly in C.
func BenchmarkThreeDeep(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += Work(200, uint64(i))
	}
}

// BenchmarkShort has calls so short that the stack has gone on before anybody looks at it.
func BenchmarkShort(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += Work(4, uint64(i))
	}
}

// BenchmarkTwoCallers calls from two functions with frames of the same size.
func BenchmarkTwoCallers(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += left(50, uint64(i))
		sink += right(50, uint64(i))
	}
}
