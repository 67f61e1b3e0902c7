package gohook

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

// CPUInstructions counts instructions that were executed to their end.
func CPUInstructions(f func() error, opts ...Option) (Value, error) {
	return one("instructions", f, opts)
}

// CPUCycles counts the processor's cycles, which last longer when it is clocked down.
func CPUCycles(f func() error, opts ...Option) (Value, error) { return one("cycles", f, opts) }

// CPURefCycles counts cycles of a clock that keeps its pace.
func CPURefCycles(f func() error, opts ...Option) (Value, error) {
	return one("ref-cycles", f, opts)
}

// BusCycles counts cycles of the bus.
func BusCycles(f func() error, opts ...Option) (Value, error) { return one("bus-cycles", f, opts) }

// StalledFrontendCycles counts cycles in which no instruction was there to be issued.
func StalledFrontendCycles(f func() error, opts ...Option) (Value, error) {
	return one("stalled-cycles-frontend", f, opts)
}

// StalledBackendCycles counts cycles in which no unit was free to take an instruction.
func StalledBackendCycles(f func() error, opts ...Option) (Value, error) {
	return one("stalled-cycles-backend", f, opts)
}

// CacheReferences counts accesses to the last level of the cache, on most processors.
func CacheReferences(f func() error, opts ...Option) (Value, error) {
	return one("cache-references", f, opts)
}

// CacheMisses counts accesses that the last level of the cache could not serve, on most processors.
func CacheMisses(f func() error, opts ...Option) (Value, error) {
	return one("cache-misses", f, opts)
}

// Branches counts branch instructions.
func Branches(f func() error, opts ...Option) (Value, error) { return one("branches", f, opts) }

// BranchMisses counts branches that were predicted wrongly.
func BranchMisses(f func() error, opts ...Option) (Value, error) {
	return one("branch-misses", f, opts)
}

// CPUClock counts nanoseconds in which threads had a CPU, by a timer per CPU.
func CPUClock(f func() error, opts ...Option) (Value, error) { return one("cpu-clock", f, opts) }

// CPUTaskClock counts nanoseconds in which threads had a CPU: four threads use four in one.
func CPUTaskClock(f func() error, opts ...Option) (Value, error) { return one("task-clock", f, opts) }

// PageFaults counts page faults, major and minor.
func PageFaults(f func() error, opts ...Option) (Value, error) { return one("page-faults", f, opts) }

// MinorPageFaults counts page faults that needed no input.
func MinorPageFaults(f func() error, opts ...Option) (Value, error) {
	return one("minor-faults", f, opts)
}

// MajorPageFaults counts page faults that waited for input.
func MajorPageFaults(f func() error, opts ...Option) (Value, error) {
	return one("major-faults", f, opts)
}

// ContextSwitches counts how often a thread lost its CPU, of itself or not. A Go process has threads
// that sleep and wake on their own; with [Thread] they are left out.
func ContextSwitches(f func() error, opts ...Option) (Value, error) {
	return one("context-switches", f, opts)
}

// CPUMigrations counts how often a thread went on on another CPU.
func CPUMigrations(f func() error, opts ...Option) (Value, error) {
	return one("cpu-migrations", f, opts)
}

// AlignmentFaults counts accesses to unaligned data that the kernel had to mend; never on amd64.
func AlignmentFaults(f func() error, opts ...Option) (Value, error) {
	return one("alignment-faults", f, opts)
}

// EmulationFaults counts instructions that the kernel had to emulate.
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

// L1Data counts what happens to the first-level data cache.
func L1Data(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("L1-dcache", op, result, f, opts)
}

// L1Instructions counts what happens to the first-level instruction cache.
func L1Instructions(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("L1-icache", op, result, f, opts)
}

// LLCache counts what happens to the last-level cache.
func LLCache(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("LLC", op, result, f, opts)
}

// DataTLB counts translations of data addresses.
func DataTLB(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("dTLB", op, result, f, opts)
}

// InstructionTLB counts translations of instruction addresses.
func InstructionTLB(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("iTLB", op, result, f, opts)
}

// BPU counts what the branch prediction unit is asked.
func BPU(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("branch", op, result, f, opts)
}

// NodeCache counts accesses to the memory of the thread's own node, and, as misses, of others.
func NodeCache(op CacheOp, result CacheResult, f func() error, opts ...Option) (Value, error) {
	return cache("node", op, result, f, opts)
}
