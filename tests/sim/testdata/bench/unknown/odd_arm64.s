#include "textflag.h"

// func odd(): cntb x0, which needs SVE.
TEXT ·odd(SB), NOSPLIT, $0-0
	WORD $0x0420e3e0
	RET
