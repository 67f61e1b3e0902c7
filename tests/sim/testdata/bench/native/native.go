// Package native is linked with C: its test binary is dynamic.
package native

/*
static long add(long n) { volatile long sum = 0; for (long i = 0; i < n; i++) sum += i; return sum; }
*/
import "C"

func add(n int) int { return int(C.add(C.long(n))) }
