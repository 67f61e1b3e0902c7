package gohook

// The functions in this file count one event. f runs on the calling goroutine, which [Thread] locks to
// its thread meanwhile; the Value is the caller's.

// one counts a single event while f runs. The error is f's own, ErrNotCounted, or that of Open.
func one(event string, f func() error, opts []Option) (Value, error) {
	r, err := Count(event, f, opts...)
	if len(r.Values) == 0 {
		return Value{}, err
	}
	v := r.Values[0]
	if err == nil && v.Coverage == 0 {
		err = &Error{Op: "count", Events: event, Kind: ErrNotCounted,
			Text: event + " was never on the hardware: other users hold the counters, or it was too short"}
	}
	return v, err
}

// CPUInstructions returns the number of instructions that were executed to their end while f ran, of all
// threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own or
// ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not
// run.
func CPUInstructions(f func() error, opts ...Option) (Value, error) {
	return one("instructions", f, opts)
}

// CPUCycles returns the number of the processor's cycles while f ran, which last longer when it is clocked
// down, of all threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own or
// ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not
// run.
func CPUCycles(f func() error, opts ...Option) (Value, error) { return one("cycles", f, opts) }

// CPURefCycles returns the number of cycles of a clock that keeps its pace, while f ran, of all threads of
// the process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the
// Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func CPURefCycles(f func() error, opts ...Option) (Value, error) {
	return one("ref-cycles", f, opts)
}

// BusCycles returns the number of cycles of the bus while f ran, of all threads of the process unless
// [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the Value; or
// ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func BusCycles(f func() error, opts ...Option) (Value, error) { return one("bus-cycles", f, opts) }

// StalledFrontendCycles returns the number of cycles, while f ran, in which no instruction was there to be
// issued, of all threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own
// or ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not
// run.
func StalledFrontendCycles(f func() error, opts ...Option) (Value, error) {
	return one("stalled-cycles-frontend", f, opts)
}

// StalledBackendCycles returns the number of cycles, while f ran, in which no unit was free to take an
// instruction, of all threads of the process unless [Thread] or [Threads] says otherwise. The error is f's
// own or ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did
// not run.
func StalledBackendCycles(f func() error, opts ...Option) (Value, error) {
	return one("stalled-cycles-backend", f, opts)
}

// CacheReferences returns the number of accesses to the last level of the cache, on most processors, while
// f ran, of all threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own
// or ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not
// run.
func CacheReferences(f func() error, opts ...Option) (Value, error) {
	return one("cache-references", f, opts)
}

// CacheMisses returns the number of accesses that the last level of the cache could not serve, on most
// processors, while f ran, of all threads of the process unless [Thread] or [Threads] says otherwise. The
// error is f's own or ErrNotCounted, with the Value; or ErrNoPMU, ErrPermission, ErrUnsupported or
// ErrLimit, and f did not run.
func CacheMisses(f func() error, opts ...Option) (Value, error) {
	return one("cache-misses", f, opts)
}

// Branches returns the number of branch instructions while f ran, of all threads of the process unless
// [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the Value; or
// ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func Branches(f func() error, opts ...Option) (Value, error) { return one("branches", f, opts) }

// BranchMisses returns the number of branches that were predicted wrongly while f ran, of all threads of
// the process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the
// Value; or ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func BranchMisses(f func() error, opts ...Option) (Value, error) {
	return one("branch-misses", f, opts)
}

// CPUClock returns the nanoseconds in which threads had a CPU while f ran, by a timer per CPU, of all
// threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own, with the
// Value; or ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func CPUClock(f func() error, opts ...Option) (Value, error) { return one("cpu-clock", f, opts) }

// CPUTaskClock returns the nanoseconds in which threads had a CPU while f ran, where four threads use four
// in one, of all threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own,
// with the Value; or ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func CPUTaskClock(f func() error, opts ...Option) (Value, error) { return one("task-clock", f, opts) }

// PageFaults returns the number of page faults, major and minor, while f ran, of all threads of the
// process unless [Thread] or [Threads] says otherwise. The error is f's own, with the Value; or
// ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func PageFaults(f func() error, opts ...Option) (Value, error) { return one("page-faults", f, opts) }

// MinorPageFaults returns the number of page faults that needed no input, while f ran, of all threads of
// the process unless [Thread] or [Threads] says otherwise. The error is f's own, with the Value; or
// ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func MinorPageFaults(f func() error, opts ...Option) (Value, error) {
	return one("minor-faults", f, opts)
}

// MajorPageFaults returns the number of page faults that waited for input, while f ran, of all threads of
// the process unless [Thread] or [Threads] says otherwise. The error is f's own, with the Value; or
// ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func MajorPageFaults(f func() error, opts ...Option) (Value, error) {
	return one("major-faults", f, opts)
}

// ContextSwitches returns how often a thread lost its CPU while f ran, of itself or not, of all threads of
// the process unless [Thread] or [Threads] says otherwise. A Go process has threads that sleep and wake on
// their own; with [Thread] they are left out. The error is f's own, with the Value; or ErrPermission,
// ErrUnsupported or ErrLimit, and f did not run.
func ContextSwitches(f func() error, opts ...Option) (Value, error) {
	return one("context-switches", f, opts)
}

// CPUMigrations returns how often a thread went on on another CPU while f ran, of all threads of the
// process unless [Thread] or [Threads] says otherwise. The error is f's own, with the Value; or
// ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func CPUMigrations(f func() error, opts ...Option) (Value, error) {
	return one("cpu-migrations", f, opts)
}

// AlignmentFaults returns the number of accesses to unaligned data, while f ran, that the kernel had to
// mend, never any on amd64, of all threads of the process unless [Thread] or [Threads] says otherwise. The
// error is f's own, with the Value; or ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func AlignmentFaults(f func() error, opts ...Option) (Value, error) {
	return one("alignment-faults", f, opts)
}

// EmulationFaults returns the number of instructions that the kernel had to emulate while f ran, of all
// threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own, with the
// Value; or ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func EmulationFaults(f func() error, opts ...Option) (Value, error) {
	return one("emulation-faults", f, opts)
}

// A CacheOp is what is done to a cache. Which combinations a processor counts differs.
type CacheOp int

// What is done to a cache.
const (
	Read CacheOp = iota
	Write
	Prefetch
)

// A CacheResult is what came of it.
type CacheResult int

// What came of it.
const (
	Access CacheResult = iota // all of them, hits and misses
	Miss
)

var (
	cacheAccess = [...]string{Read: "-loads", Write: "-stores", Prefetch: "-prefetches"}
	cacheMiss   = [...]string{Read: "-load-misses", Write: "-store-misses", Prefetch: "-prefetch-misses"}
)

func cache(name string, op CacheOp, result CacheResult, f func() error, opts []Option) (Value, error) {
	if op < Read || op > Prefetch || result < Access || result > Miss {
		return Value{}, &Error{Op: "count", Events: name, Kind: ErrInvalid,
			Text: "no such operation on a cache, or no such result"}
	}
	if result == Miss {
		return one(name+cacheMiss[op], f, opts)
	}
	return one(name+cacheAccess[op], f, opts)
}

// L1Data returns the number of operations on the first-level data cache while f ran, of all threads of the
// process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the
// Value; or ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func L1Data(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("L1-dcache", op, result, f, opts)
}

// L1Instructions returns the number of operations on the first-level instruction cache while f ran, of all
// threads of the process unless [Thread] or [Threads] says otherwise. The error is f's own or
// ErrNotCounted, with the Value; or ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f
// did not run.
func L1Instructions(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("L1-icache", op, result, f, opts)
}

// LLCache returns the number of operations on the last-level cache while f ran, of all threads of the
// process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the
// Value; or ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func LLCache(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("LLC", op, result, f, opts)
}

// DataTLB returns the number of translations of data addresses while f ran, of all threads of the process
// unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the Value; or
// ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func DataTLB(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("dTLB", op, result, f, opts)
}

// InstructionTLB returns the number of translations of instruction addresses while f ran, of all threads
// of the process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with
// the Value; or ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func InstructionTLB(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("iTLB", op, result, f, opts)
}

// BPU returns the number of questions to the branch prediction unit while f ran, of all threads of the
// process unless [Thread] or [Threads] says otherwise. The error is f's own or ErrNotCounted, with the
// Value; or ErrInvalid, ErrNoPMU, ErrPermission, ErrUnsupported or ErrLimit, and f did not run.
func BPU(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("branch", op, result, f, opts)
}

// NodeCache returns the number of accesses to the memory of the thread's own node, or as misses to that of
// others, while f ran, of all threads of the process unless [Thread] or [Threads] says otherwise. The
// error is f's own or ErrNotCounted, with the Value; or ErrInvalid, ErrNoPMU, ErrPermission,
// ErrUnsupported or ErrLimit, and f did not run.
func NodeCache(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("node", op, result, f, opts)
}
