#include "textflag.h"

// func Spin(turns int)
TEXT ·Spin(SB), NOSPLIT, $0-8
	MOVD turns+0(FP), R0
loop:
	ADD  $1, R1
	ADD  $1, R2
	SUBS $1, R0
	BNE  loop
	RET
