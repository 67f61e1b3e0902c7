// Package slower holds benchmarks that a build with the tag "slower" makes a thousandth dearer.
package slower

// spin costs a few instructions a turn, and some at its ends.
//
//go:noinline
func spin(turns int) int {
	x := turns
	for i := 0; i < turns; i++ {
		x += i
	}
	return x
}
