package forms

import (
	"strings"
	"testing"
)

// These come last (files run in the order of their names): a long name widens the name column of
// all lines behind it.

func BenchmarkNames(b *testing.B) {
	names := []string{
		"ünï/cödé", "日本語", "two words", "tab\there", "bad\xffbyte", "n-8", "n-2", "a=1,b=[2]",
		"quote\"back\\slash", "%d%s%n", "", "#01", "x/y/z", "ends-", "-1", strings.Repeat("long", 100),
	}
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				op()
			}
		})
	}
}

// Longer than what anybody reads, and than any fixed buffer that one would think of.
func BenchmarkLongName(b *testing.B) {
	for _, n := range []int{4000, 4200} {
		b.Run(strings.Repeat("x", n), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				op()
			}
		})
	}
}
