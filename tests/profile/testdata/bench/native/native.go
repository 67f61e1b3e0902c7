// Package native calls C, three functions deep, from Go.
package native

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
#include <stdint.h>

#define NOINLINE __attribute__((noinline, noclone))

// Needs more registers than it may clobber, the frame pointer's too.
NOINLINE uint64_t c_leaf(uint64_t n, uint64_t seed) {
	uint64_t a = seed, b = a * 3, c = b ^ 7, d = c + 5, e = d * 9, f = e ^ 11, g = f + 13, h = g * 17, k = h ^ 19,
		 l = k + 23, m = l * 29;
	for (uint64_t i = 0; i < n; i++) {
		a += b ^ i; b = b << 7 | b >> 57; c ^= a * 5; d += c >> 3; e ^= d + i; f += e * 3;
		g ^= f >> 5; h += g ^ a; k ^= h * 7; l += k >> 2; m ^= l + b;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ k ^ l ^ m;
}
NOINLINE uint64_t b_middle(uint64_t n, uint64_t seed) {
	uint64_t x = c_leaf(n, seed), y = c_leaf(n / 2, seed ^ x), z = seed * 3;
	return x * z + y;
}
NOINLINE uint64_t a_first(uint64_t n, uint64_t seed) {
	uint64_t x = b_middle(n, seed), y = b_middle(n, x ^ seed);
	return x + y * seed;
}
*/
import "C"

// Work spends about a microsecond per 100 in C.
//
//go:noinline
func Work(n int, seed uint64) uint64 {
	return uint64(C.a_first(C.uint64_t(n), C.uint64_t(seed)))
}

//go:noinline
func left(n int, seed uint64) uint64 { return Work(n, seed) + 1 }

//go:noinline
func right(n int, seed uint64) uint64 { return Work(n, seed) + 2 }
