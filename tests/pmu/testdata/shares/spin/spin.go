// Package spin has loops of known length, each in a function of its own, so that samples can tell them apart.
package spin

// Each executes 4 instructions per turn, and a handful around them.
func One(turns int)
func Two(turns int)
func Five(turns int)
func Outside(turns int)
