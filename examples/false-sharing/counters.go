// Package falsesharing counts events in a server whose workers each have a counter of their own. No
// worker ever touches another one's counter, and yet they can be in each other's way: processors pass
// memory around in whole cache lines, and a line can be written by one of them at a time.
package falsesharing

import "sync/atomic"

// MaxWorkers is the number of counters in a set.
const MaxWorkers = 8

// line is a distance at which two counters never meet in a cache line: lines are 64 bytes on most
// processors, some have 128 or fetch two at a time.
const line = 128

// Counters is a set of counters, one per worker.
type Counters interface {
	Add(worker int)       // counts one event; only worker may call it
	Total() uint64        // events of all workers
	Of(worker int) uint64 // events of one worker
}

// Adjacent is what one writes first: all counters in one cache line.
type Adjacent struct {
	n [MaxWorkers]uint64
}

// Add counts one event.
func (a *Adjacent) Add(worker int) { atomic.AddUint64(&a.n[worker], 1) }

// Of returns the events of one worker.
func (a *Adjacent) Of(worker int) uint64 { return atomic.LoadUint64(&a.n[worker]) }

// Total returns the events of all workers.
func (a *Adjacent) Total() uint64 { return total(a) }

// Padded gives each counter a cache line of its own.
type Padded struct {
	n [MaxWorkers]struct {
		value uint64
		_     [line - 8]byte
	}
}

// Add counts one event.
func (p *Padded) Add(worker int) { atomic.AddUint64(&p.n[worker].value, 1) }

// Of returns the events of one worker.
func (p *Padded) Of(worker int) uint64 { return atomic.LoadUint64(&p.n[worker].value) }

// Total returns the events of all workers.
func (p *Padded) Total() uint64 { return total(p) }

func total(c Counters) uint64 {
	var sum uint64
	for w := 0; w < MaxWorkers; w++ {
		sum += c.Of(w)
	}
	return sum
}
