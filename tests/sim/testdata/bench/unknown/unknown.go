// Package unknown has benchmarks that Valgrind cannot run among others that it can.
package unknown

func odd()
