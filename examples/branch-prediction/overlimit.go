// Package branchprediction evaluates a service-level objective: how many requests took longer than a
// limit, and by how much in total. The work per request is the same in every variant; what differs is
// whether the processor can guess the way that the comparison goes.
package branchprediction

// Verdict sums up the requests that took longer than the limit.
type Verdict struct {
	Slow   uint64 // number of requests over the limit
	Excess uint64 // microseconds over the limit, all of them together
}

// Branch decides request by request. The stores through v keep it a branch: the compiler turns a
// conditional assignment to a local variable into a conditional move, but never a conditional store.
func Branch(v *Verdict, micros []uint32, limit uint32) {
	for _, m := range micros {
		if m > limit {
			v.Slow++
			v.Excess += uint64(m - limit)
		}
	}
}

// Branchless does the same arithmetic for every request and lets the sign of a subtraction decide
// whether it counts: there is nothing to guess.
func Branchless(v *Verdict, micros []uint32, limit uint32) {
	var slow, excess uint64
	for _, m := range micros {
		over := uint64(m) - uint64(limit)        // wraps around when m < limit
		yes := (uint64(limit) - uint64(m)) >> 63 // 1 when m > limit, else 0
		slow += yes
		excess += over & -yes
	}
	v.Slow += slow
	v.Excess += excess
}
