package gohook

import (
	"sync"
	"sync/atomic"
)

// An OpenRegion is a part of a benchmark that is under way.
type OpenRegion struct{ number int }

// Region names a part of the benchmark under way:
//
//	for i := 0; i < b.N; i++ {
//		r := gohook.Region("parse")
//		doc := parse(input)
//		r.End()
//		render(doc)
//	}
//
// What is counted while anybody is in the region, within the benchmark's timed region and on all
// threads, goes into the benchmark's record by this name. Regions may be nested, and several
// goroutines may be in one: it begins with the first to enter and ends with the last to leave.
//
// In profiles of the benchmark (perfgo test profile) samples of all threads have the label "region"
// with the name of each region that was open, so go tool pprof -tagfocus=region=parse shows one of them.
// Waits (perfgo test off-cpu) have none.
//
// Entering and leaving cost some hundred nanoseconds and allocate nothing after the first time. In a
// process that is not measured they do nothing, so a Region may stay in the code. They cannot fail: there
// are 64 names of at most 120 bytes, and more are ignored.
func Region(name string) OpenRegion {
	r := OpenRegion{regionNumber(name)}
	if r.number >= 0 {
		libRegionBegin(r.number)
	}
	return r
}

// End leaves the region; call it once, on whichever goroutine.
func (r OpenRegion) End() {
	if r.number >= 0 {
		libRegionEnd(r.number)
	}
}

// regions maps names to numbers. The map is replaced, never changed, so that looking up takes no lock.
var regions struct {
	mu    sync.Mutex
	known atomic.Value // map[string]int
}

func regionNumber(name string) int {
	known, _ := regions.known.Load().(map[string]int)
	if n, ok := known[name]; ok {
		return n
	}
	regions.mu.Lock()
	defer regions.mu.Unlock()
	known, _ = regions.known.Load().(map[string]int)
	if n, ok := known[name]; ok {
		return n
	}
	more := map[string]int{name: libRegion(name)}
	for k, v := range known {
		more[k] = v
	}
	regions.known.Store(more)
	return more[name]
}
