// Package work holds what the benchmarks do (a known amount of work) and the second opinion on what
// it cost (the kernel's own accounts, read from inside the benchmark).
package work

import (
	"syscall"
	"time"
	"unsafe"
)

// Sink keeps results alive.
var Sink uint64

var turnsPerMicrosecond = calibrate()

// Turn is a chain of dependent multiplications: its time does not depend on caches or on what the
// neighbours of this virtual machine do to them.
//
//go:noinline
func Turn(n int) uint64 {
	x := uint64(n)
	for i := 0; i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func calibrate() float64 {
	const turns = 20000
	best := time.Hour
	for i := 0; i < 30; i++ {
		start := time.Now()
		Turn(turns)
		if d := time.Since(start); d < best {
			best = d
		}
	}
	return turns / (float64(best.Nanoseconds()) / 1000)
}

// Spin uses the processor for about d, always the same number of turns in one process.
func Spin(d time.Duration) uint64 {
	return Turn(int(float64(d.Nanoseconds()) / 1000 * turnsPerMicrosecond))
}

// ThreadCPU is the processor time of the calling thread (clock_gettime, CLOCK_THREAD_CPUTIME_ID).
func ThreadCPU() time.Duration {
	const threadCPUTime = 3
	var t syscall.Timespec
	if _, _, e := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadCPUTime, uintptr(unsafe.Pointer(&t)), 0); e != 0 {
		panic(e)
	}
	return time.Duration(t.Nano())
}

// ClockCost is what one ThreadCPU takes now, when its code and the kernel's have left the caches.
func ClockCost() time.Duration {
	start := time.Now()
	ThreadCPU()
	return time.Since(start)
}

// Usage is what getrusage says.
type Usage struct {
	CPU              time.Duration
	ContextSwitches  int64
	MinorMajorFaults int64
}

func rusage(who int) Usage {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return Usage{
		CPU:              time.Duration(u.Utime.Nano() + u.Stime.Nano()),
		ContextSwitches:  int64(u.Nvcsw) + int64(u.Nivcsw),
		MinorMajorFaults: int64(u.Minflt) + int64(u.Majflt),
	}
}

// ProcessUsage covers all threads, those that have ended too.
func ProcessUsage() Usage { return rusage(0) }

// ThreadUsage covers the calling thread.
func ThreadUsage() Usage { return rusage(1) }

// Minus is the difference of two readings.
func (u Usage) Minus(before Usage) Usage {
	return Usage{u.CPU - before.CPU, u.ContextSwitches - before.ContextSwitches, u.MinorMajorFaults - before.MinorMajorFaults}
}

// Sleep gives the processor away exactly once, without telling Go's scheduler.
func Sleep(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}

const pageSize = 4096

// FreshPages maps n pages that nobody has touched, too small to become a huge page.
func FreshPages(n int) []byte {
	const noHugePage = 15
	m, err := syscall.Mmap(-1, 0, n*pageSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	// A kernel without huge pages refuses, and then there is nothing to switch off.
	_ = syscall.Madvise(m, noHugePage)
	return m
}

// Touch writes one byte of every page.
func Touch(m []byte) {
	for i := 0; i < len(m); i += pageSize {
		m[i] = 1
	}
}

// Unmap gives the pages back.
func Unmap(m []byte) {
	if err := syscall.Munmap(m); err != nil {
		panic(err)
	}
}
