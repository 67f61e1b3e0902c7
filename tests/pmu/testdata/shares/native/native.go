// Package native calls loops of known length in C.
package native

/*
// Exactly 4 * turns instructions in the loop.
#define SPIN(name)                                                                     \
	__attribute__((noipa)) static void name(unsigned long turns)                   \
	{                                                                              \
		unsigned long a = 0, b = 0;                                            \
		__asm__ volatile("1: add %1, %1, #1\n\tadd %2, %2, #1\n\t"             \
		                 "subs %0, %0, #1\n\tb.ne 1b"                          \
		                 : "+r"(turns), "+r"(a), "+r"(b) : : "cc");            \
	}
SPIN(c_one)
SPIN(c_two)
SPIN(c_five)

// Keeps something for later, so that neither call is a jump.
static unsigned long c_both(unsigned long turns)
{
	c_one(turns);
	c_two(2 * turns);
	return turns;
}
static unsigned long c_rest(unsigned long turns)
{
	c_five(5 * turns);
	return turns;
}
*/
import "C"

func Both(turns int) int { return int(C.c_both(C.ulong(turns))) }
func Rest(turns int) int { return int(C.c_rest(C.ulong(turns))) }
