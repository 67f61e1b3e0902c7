// Package pgo has a call that the compiler inlines, and one that it makes direct, only when a profile
// says that they are hot.
package pgo

// Mix is dearer than what the compiler inlines on its own account.
func Mix(x, y uint64) uint64 {
	x ^= y >> 3
	x *= 0x9e3779b97f4a7c15
	x ^= x>>29 + y
	x *= 0xbf58476d1ce4e5b9
	x ^= x>>32 + y*3
	x += y<<7 ^ x>>11
	x ^= x>>29 + y
	x *= 0xbf58476d1ce4e5b9
	x ^= x>>32 + y*3
	x += y<<7 ^ x>>11
	x ^= x>>27 ^ y
	x += y<<9 ^ x>>13
	return x
}

// MixAll calls Mix in a loop.
func MixAll(n int) (x uint64) {
	for i := 0; i < n; i++ {
		x = Mix(x, uint64(i))
	}
	return x
}

// Stepper is called through an interface.
type Stepper interface{ Step(x uint64) uint64 }

// Hot is the Stepper that is used.
type Hot struct{ N uint64 }

// Cold is another one.
type Cold struct{ N uint64 }

// Step of Hot is too dear to vanish.
func (h *Hot) Step(x uint64) uint64 {
	for i := uint64(0); i < 20; i++ {
		x = x*31 + h.N ^ i
	}
	return x
}

// Step of Cold.
func (c *Cold) Step(x uint64) uint64 { return x + c.N }

// Run calls whatever it is given.
func Run(s Stepper, n int) (x uint64) {
	for i := 0; i < n; i++ {
		x = s.Step(x)
	}
	return x
}
