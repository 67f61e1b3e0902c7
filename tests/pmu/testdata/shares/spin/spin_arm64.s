#include "textflag.h"

// No frame: what the stack's top and the link register are for.
#define SPIN(NAME) \
TEXT NAME(SB), NOSPLIT|NOFRAME, $0-8 \
	MOVD turns+0(FP), R0 \
loop: \
	ADD  $1, R1 \
	ADD  $1, R2 \
	SUBS $1, R0 \
	BNE  loop \
	RET

SPIN(·One)
SPIN(·Two)
SPIN(·Five)
SPIN(·Outside)
