// Package gohook counts what code costs, by the counters of the processor and of the Linux kernel:
// instructions, cycles, cache misses, CPU time, page faults, context switches, and whatever else perf
// knows by name.
//
// # Benchmarks
//
// A blank import in a _test.go file is all that a benchmark needs:
//
//	import _ "example.com/perfgo/gohook"
//
// With it, go test -bench prints the counters behind every benchmark's own numbers, as the command
// perfgo test would, and keeps a record of each: nothing else is to be written. The counters cover
// exactly what b's timer covers, on all threads. [Report] adds events of your choice to a line, and
// puts counters on benchmarks that testing.Benchmark runs; [Region] names a part of a benchmark.
//
// # Any code
//
// [Count] counts what a function costs, and a family of functions ([CPUInstructions], [CacheMisses],
// [PageFaults], …) gives one number in one line. A [Counter] is opened once and started and stopped
// at will; starting, stopping and reading allocate nothing.
//
// [Profile] takes a pprof of whatever runs between two moments.
//
// By default all threads of the process are counted, those there are and those to come: a function's
// goroutines count wherever they run, and so do the garbage collector and everything else that
// happens meanwhile. [Thread] and [Threads] narrow that down.
//
// # Events
//
// Lists of events are written as for perf: names with commas between, ":u" and ":k" for user and
// kernel mode, "rNNN", "cpu/event=0x3c/", tracepoints as "sched:sched_switch", braces for groups that
// must be counted at the same time. An empty list is the machine's default set. The kernel's mode is
// counted too where it allows that; [Value.UserOnly] tells.
//
// # Results
//
// A value that could not be measured is absent or an error, never zero. When there are more events
// than the hardware has counters, the kernel counts them by turns: [Value.Coverage] is then less than
// 1 and [Value.Count] an estimate; [Value.Raw] is what was really counted. What a window of gohook's
// own costs is measured when events are first opened and taken off.
//
// # Builds
//
// The package needs cgo, and Linux on amd64 or arm64. Elsewhere it compiles, every function fails
// with [ErrUnsupported], and a test binary that runs benchmarks says once that it runs without
// counters.
package gohook
