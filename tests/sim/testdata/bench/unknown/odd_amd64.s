#include "textflag.h"

// func odd(): vpaddd zmm0, zmm0, zmm0, which needs AVX-512.
TEXT ·odd(SB), NOSPLIT, $0-0
	BYTE $0x62; BYTE $0xf1; BYTE $0x7d; BYTE $0x48; BYTE $0xfe; BYTE $0xc0
	RET
