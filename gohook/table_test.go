//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// For each function of the packages that README.md compares with: what takes its place counts what is
// known to have happened. README.md's table and this one have the same rows.

// counted is one way to count an event around f.
type counted func(f func() error, opts ...Option) (Value, error)

// byCounter counts with a Counter instead of a one-shot call.
func byCounter(event string) counted {
	return func(f func() error, opts ...Option) (Value, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		c, err := Open(event, opts...)
		if err != nil {
			return Value{}, err
		}
		defer c.Close()
		var r Result
		c.Start()
		err = f()
		c.Stop()
		c.Read(&r)
		return r.Values[0], err
	}
}

// exactly runs f, which makes n events, and expects n of them in one of a few rounds.
func exactly(count counted, n float64, f func() error, opts ...Option) func(t *testing.T) {
	return func(t *testing.T) {
		inSomeRound(t, func() string {
			v, err := count(f, opts...)
			need(t, err)
			if v.Count != n {
				return fmt.Sprintf("%v counted of %v", v.Count, n)
			}
			return ""
		})
	}
}

func clocks(count counted) func(t *testing.T) {
	return func(t *testing.T) {
		inSomeRound(t, func() string {
			v, err := count(inGoroutine(func() { burn(50 * time.Millisecond) }))
			need(t, err)
			if !near(v.Count, 50e6, 0.02) {
				return time.Duration(v.Count).String() + " counted of 50ms"
			}
			return ""
		})
	}
}

const page = 4096

// touch makes n page faults, on another thread than the caller's.
func touch(n int) func() error {
	return func() error {
		mem, err := syscall.Mmap(-1, 0, n*page, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			return err
		}
		syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), 15) // MADV_NOHUGEPAGE
		for i := 0; i < n; i++ {
			mem[i*page] = 1
		}
		return syscall.Munmap(mem)
	}
}

// majorFaults reads a file that is not in memory, page by page.
func majorFaults(count counted) func(t *testing.T) {
	return func(t *testing.T) {
		const n = 10
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, make([]byte, n*page), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var got float64
		for i := 0; i < rounds && got != n; i++ {
			f.Sync()
			syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, 4, 0, 0) // POSIX_FADV_DONTNEED
			mem, err := syscall.Mmap(int(f.Fd()), 0, n*page, syscall.PROT_READ, syscall.MAP_SHARED)
			if err != nil {
				t.Fatal(err)
			}
			syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&mem[0])), n*page, 1) // MADV_RANDOM
			var before, after syscall.Rusage
			v, err := count(func() error {
				syscall.Getrusage(1, &before) // RUSAGE_THREAD
				for i := 0; i < n; i++ {
					sink[0] += int(mem[i*page])
				}
				syscall.Getrusage(1, &after)
				return nil
			}, Thread())
			syscall.Munmap(mem)
			need(t, err)
			got = v.Count
			if after.Majflt-before.Majflt == 0 && got == 0 {
				t.Skip("skipped: files of the temporary directory never leave memory here")
			}
		}
		if got != n {
			t.Errorf("%v counted of %d", got, n)
		}
	}
}

// sleep gives the CPU away n times.
func sleep(n int) func() error {
	return func() error {
		for i := 0; i < n; i++ {
			ts := syscall.Timespec{Nsec: 50000}
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
		}
		return nil
	}
}

// migrate moves the calling thread n times.
func migrate(t *testing.T, n int) func() error {
	var all [16]uint64
	var cpus []int
	get := func(mask *[16]uint64) {
		syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(*mask), uintptr(unsafe.Pointer(mask)))
	}
	set := func(mask *[16]uint64) {
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(*mask), uintptr(unsafe.Pointer(mask)))
	}
	get(&all)
	for i := 0; i < 1024; i++ {
		if all[i/64]>>(i%64)&1 != 0 {
			cpus = append(cpus, i)
		}
	}
	if len(cpus) < 2 {
		t.Skip("skipped: one CPU only")
	}
	to := func(cpu int) {
		var mask [16]uint64
		mask[cpu/64] = 1 << (cpu % 64)
		set(&mask)
	}
	return func() error {
		defer set(&all)
		for i := 0; i < n; i++ {
			to(cpus[i%2])
		}
		return nil
	}
}

func migrations(count counted) func(t *testing.T) {
	return func(t *testing.T) {
		const n = 20
		inSomeRound(t, func() string {
			v, err := count(migrate(t, n), Thread())
			need(t, err)
			// The first move is none where the thread is there already.
			if v.Count != n && v.Count != n-1 {
				return fmt.Sprintf("%v counted of %d", v.Count, n)
			}
			return ""
		})
	}
}

func softwareSet(t *testing.T) {
	inSomeRound(t, func() string {
		var before, after syscall.Rusage
		r, err := Count("task-clock,cpu-clock,page-faults,minor-faults,major-faults,context-switches,cpu-migrations,"+
			"alignment-faults,emulation-faults", func() error {
			syscall.Getrusage(1, &before) // RUSAGE_THREAD
			defer syscall.Getrusage(1, &after)
			burn(20 * time.Millisecond)
			sleep(10)()
			return touch(10)()
		}, Thread())
		need(t, err)
		switches := float64(after.Nvcsw - before.Nvcsw + after.Nivcsw - before.Nivcsw)
		want := []float64{20e6, 20e6, 10, 10, 0, switches, -1, 0, 0}
		for i, v := range r.Values {
			if i < 2 && !near(v.Count, want[i], 0.05) || i >= 2 && want[i] >= 0 && v.Count != want[i] {
				return fmt.Sprintf("%s: %v, not %v", v.Event, v.Count, want[i])
			}
		}
		if len(r.Values) != len(want) {
			return fmt.Sprintf("%d values", len(r.Values))
		}
		return ""
	})
}

func groupCounts(t *testing.T) {
	inSomeRound(t, func() string {
		r, err := Count("{task-clock,page-faults,context-switches}", func() error {
			sleep(10)()
			return touch(10)()
		}, Thread())
		need(t, err)
		if len(r.Values) != 3 || r.Values[0].Enabled != r.Values[2].Enabled {
			t.Fatalf("%+v", r)
		}
		if r.Values[1].Count != 10 || r.Values[2].Count != 10 {
			return fmt.Sprintf("%v faults and %v switches, of 10 each", r.Values[1].Count, r.Values[2].Count)
		}
		return ""
	})
}

const getppid = "syscalls:sys_enter_getppid"

func parents(n int) func() error {
	return func() error {
		for i := 0; i < n; i++ {
			syscall.Getppid()
		}
		return nil
	}
}

func needTracepoint(t *testing.T) {
	if _, err := Open(getppid); errors.Is(err, ErrPermission) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrInvalid) {
		t.Skip("skipped: ", err)
	}
}

func tracepoint(t *testing.T) {
	needTracepoint(t)
	exactly(byCounter(getppid), 25, parents(25))(t)
}

// A tracepoint on threads that begin and end in the window: the kernel does not tell by a mapped page
// that they ran.
func TestTracepointOnNewThreads(t *testing.T) {
	needTracepoint(t)
	for i := 0; i < 60; i++ {
		v, err := byCounter(getppid)(func() error {
			parents(20)()
			return inGoroutine(func() {
				runtime.LockOSThread() // and not unlocked
				parents(10)()
			})()
		})
		need(t, err)
		if v.Count != 30 {
			t.Fatalf("%v counted of 30, in round %d", v.Count, i)
		}
	}
}

// bpfProgram loads "return result" as a program for tracepoints.
func bpfProgram(t *testing.T, result uint32) int {
	code := [2]uint64{uint64(result)<<32 | 0xb7, 0x95} // r0 = result; exit
	license := [4]byte{'G', 'P', 'L'}
	attr := struct {
		progType, insnCnt  uint32
		insns, license     uint64
		logLevel, logSize  uint32
		logBuf             uint64
		kernVersion, flags uint32
	}{progType: 5, insnCnt: 2, insns: uint64(uintptr(unsafe.Pointer(&code))), license: uint64(uintptr(unsafe.Pointer(&license)))}
	number := uintptr(321)
	if runtime.GOARCH == "arm64" {
		number = 280
	}
	fd, _, errno := syscall.Syscall(number, 5, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(&code)
	runtime.KeepAlive(&license)
	if errno != 0 {
		t.Skip("skipped: the kernel takes no BPF program: ", errno)
	}
	return int(fd)
}

// A program that says no keeps the event from being counted, on threads of the process old and new.
func bpf(t *testing.T) {
	needTracepoint(t)
	for result, want := range map[uint32]float64{0: 0, 1: 30} {
		prog := bpfProgram(t, result)
		c, err := Open(getppid)
		need(t, err)
		if err := c.AttachBPF(getppid, prog); err != nil {
			t.Fatal(err)
		}
		syscall.Close(prog)
		c.Start()
		parents(20)()
		inGoroutine(func() {
			runtime.LockOSThread() // and not unlocked
			parents(10)()
		})()
		c.Stop()
		var r Result
		c.Read(&r)
		if got := r.Values[0].Count; got != want {
			t.Errorf("a program that returns %d: %v counted, not %v", result, got, want)
		}
		c.Close()
	}
	c, err := Open("task-clock")
	need(t, err)
	defer c.Close()
	if err := c.AttachBPF("task-clock", -1); err == nil {
		t.Error("a descriptor that is none was attached")
	}
	if err := c.AttachBPF("page-faults", 0); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func reportTracepoint(t *testing.T) {
	needTracepoint(t)
	r := benchmark(t, func(b *testing.B) {
		Report(b, Events(getppid))
		for i := 0; i < b.N; i++ {
			parents(3)()
		}
	})
	if got := r.Extra[getppid+"/op"]; got != 3 {
		t.Errorf("%v per operation, not 3: %v", got, r.Extra)
	}
}

func reportsClock(t *testing.T) {
	inSomeRound(t, func() string {
		return metricNear(benchmark(t, func(b *testing.B) {
			Report(b, Events("task-clock"))
			for i := 0; i < b.N; i++ {
				burn(time.Millisecond)
			}
		}), "task-ns/op", 1e6, 0.05)
	})
}

// A result's total is over all windows, and only of events that were counted.
func total(t *testing.T) {
	c, err := Open("task-clock")
	need(t, err)
	defer c.Close()
	inSomeRound(t, func() string {
		var r Result
		c.Reset()
		for i := 0; i < 2; i++ {
			c.Start()
			burn(25 * time.Millisecond)
			c.Stop()
			burn(time.Millisecond)
		}
		c.Read(&r)
		if _, ok := r.Value("cycles"); ok {
			t.Fatal("an event that was not counted has a value")
		}
		if v, ok := r.Value("task-clock"); !ok || !near(v.Count, 50e6, 0.02) || r.Windows != 2 {
			return fmt.Sprintf("%v of 50ms, %v, in %d windows", time.Duration(v.Count), ok, r.Windows)
		}
		return ""
	})
}

var table = []struct {
	old  string
	test func(t *testing.T)
}{
	{"CPUInstructions", hardware("instructions", CPUInstructions)},
	{"CPUCycles", hardware("cycles", CPUCycles)},
	{"CacheRef", hardware("cache-references", CacheReferences)},
	{"CacheMiss", hardware("cache-misses", CacheMisses)},
	{"BusCycles", hardware("bus-cycles", BusCycles)},
	{"StalledFrontendCycles", hardware("stalled-cycles-frontend", StalledFrontendCycles)},
	{"StalledBackendCycles", hardware("stalled-cycles-backend", StalledBackendCycles)},
	{"CPURefCycles", hardware("ref-cycles", CPURefCycles)},
	{"CPUClock", clocks(CPUClock)},
	{"CPUTaskClock", clocks(CPUTaskClock)},
	{"PageFaults", exactly(PageFaults, 10, inGoroutine(func() { touch(10)() }))},
	{"ContextSwitches", exactly(ContextSwitches, 10, sleep(10), Thread())},
	{"CPUMigrations", migrations(CPUMigrations)},
	{"MinorPageFaults", exactly(MinorPageFaults, 10, touch(10))},
	{"MajorPageFaults", majorFaults(MajorPageFaults)},
	{"AlignmentFaults", exactly(AlignmentFaults, 0, spin(1e6))},
	{"EmulationFaults", exactly(EmulationFaults, 0, spin(1e6))},
	{"L1Data", ofCache("L1-dcache-loads", "L1-dcache-load-misses", L1Data)},
	{"L1Instructions", ofCache("L1-icache-loads", "", L1Instructions)},
	{"LLCache", ofCache("LLC-loads", "", LLCache)},
	{"DataTLB", ofCache("dTLB-loads", "dTLB-load-misses", DataTLB)},
	{"InstructionTLB", ofCache("iTLB-loads", "", InstructionTLB)},
	{"BPU", ofCache("branch-loads", "branch-load-misses", BPU)},
	{"NodeCache", ofCache("node-loads", "", NodeCache)},

	{"NewInstrProfiler", hardware("instructions", byCounter("instructions"))},
	{"NewCPUCycleProfiler", hardware("cycles", byCounter("cycles"))},
	{"NewCacheRefProfiler", hardware("cache-references", byCounter("cache-references"))},
	{"NewCacheMissesProfiler", hardware("cache-misses", byCounter("cache-misses"))},
	{"NewBranchInstrProfiler", hardware("branches", byCounter("branches"))},
	{"NewBranchMissesProfiler", hardware("branch-misses", byCounter("branch-misses"))},
	{"NewBusCyclesProfiler", hardware("bus-cycles", byCounter("bus-cycles"))},
	{"NewStalledCyclesFrontProfiler", hardware("stalled-cycles-frontend", byCounter("stalled-cycles-frontend"))},
	{"NewStalledCyclesBackProfiler", hardware("stalled-cycles-backend", byCounter("stalled-cycles-backend"))},
	{"NewRefCPUCyclesProfiler", hardware("ref-cycles", byCounter("ref-cycles"))},
	{"NewCPUClockProfiler", clocks(byCounter("cpu-clock"))},
	{"NewTaskClockProfiler", clocks(byCounter("task-clock"))},
	{"NewPageFaultProfiler", exactly(byCounter("page-faults"), 10, inGoroutine(func() { touch(10)() }))},
	{"NewCtxSwitchesProfiler", exactly(byCounter("context-switches"), 10, sleep(10), Thread())},
	{"NewCPUMigrationsProfiler", migrations(byCounter("cpu-migrations"))},
	{"NewMinorFaultsProfiler", exactly(byCounter("minor-faults"), 10, touch(10))},
	{"NewMajorFaultsProfiler", majorFaults(byCounter("major-faults"))},
	{"NewAlignFaultsProfiler", exactly(byCounter("alignment-faults"), 0, spin(1e6))},
	{"NewEmulationFaultsProfiler", exactly(byCounter("emulation-faults"), 0, spin(1e6))},
	{"NewL1DataProfiler", hardware("L1-dcache-loads", byCounter("L1-dcache-loads"))},
	{"NewL1InstrProfiler", hardware("L1-icache-loads", byCounter("L1-icache-loads"))},
	{"NewLLCacheProfiler", hardware("LLC-loads", byCounter("LLC-loads"))},
	{"NewDataTLBProfiler", hardware("dTLB-loads", byCounter("dTLB-loads"))},
	{"NewInstrTLBProfiler", hardware("iTLB-loads", byCounter("iTLB-loads"))},
	{"NewBPUProfiler", hardware("branch-loads", byCounter("branch-loads"))},
	{"NewNodeCacheProfiler", hardware("node-loads", byCounter("node-loads"))},

	{"NewSoftwareProfiler", softwareSet},
	{"NewHardwareProfiler", set("cycles,instructions,cache-references,cache-misses,branches,branch-misses")},
	{"NewCacheProfiler", set("L1-dcache-loads,L1-dcache-load-misses,dTLB-loads,dTLB-load-misses")},
	{"NewGroupProfiler", groupCounts},
	{"ProfileTracepoint", tracepoint},
	{"AttachBPF", bpf},
	{"RunBenchmarks", reportsClock},
	{"BenchmarkTracepoints", reportTracepoint},

	{"perfbench.Open", reportsClock},
	{"cpu-cycles/op", reportHardware("cycles")},
	{"instructions/op", reportHardware("instructions")},
	{"cache-misses/op", reportHardware("cache-misses")},
	{"cache-references/op", reportHardware("cache-references")},
	{"branches/op", reportHardware("branches")},
	{"l1d-loads/op", reportHardware("L1-dcache-loads")},
	{"l1d-load-misses/op", reportHardware("L1-dcache-load-misses")},
	{"Counters.Total", total},
}

func TestTable(t *testing.T) {
	for _, row := range table {
		t.Run(strings.ReplaceAll(row.old, "/op", ""), row.test)
	}
}

// The first column of README.md's table, in its order.
func TestTableIsInReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "| `") {
			have = append(have, strings.SplitN(line, "`", 3)[1])
		}
	}
	if len(have) != len(table) {
		t.Fatalf("README.md has %d rows, the tests %d", len(have), len(table))
	}
	for i, row := range table {
		if have[i] != row.old {
			t.Errorf("row %d is %s in README.md and %s in the tests", i, have[i], row.old)
		}
	}
}
