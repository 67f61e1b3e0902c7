// Package exact has benchmarks whose number of instructions is known.
package exact

// Spin executes 4 instructions per turn, and a handful around them.
func Spin(turns int)
