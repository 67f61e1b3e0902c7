package gohook

import (
	"sort"
	"sync"
	"unsafe"
)

// A plan is a list of events that was parsed and tried on this machine. Making one takes a
// millisecond, so plans are kept.
type plan struct {
	list   string
	events []event
	note   string
	c      unsafe.Pointer // libperfgo's own

	measure sync.Once
	own     []uint64 // raw counts of an empty window

	users int // under plans.mu
	kept  bool
}

type event struct {
	name, unit, backend string
	scale               float64
	group               int
	hasTimes            bool
	userOnly, isClock   bool
}

// onHardware tells whether the plan takes counters of the processor, of which there are few.
func (p *plan) onHardware() bool {
	for i := range p.events {
		if p.events[i].backend == "pmu" {
			return true
		}
	}
	return false
}

const maxPlans = 64 // kept; a program that makes up event lists without end frees the rest

// What a window costs by itself depends on whether other threads are read as well.
type planKey struct {
	list             string
	partial, process bool
}

var plans = struct {
	mu   sync.Mutex
	kept map[planKey]*plan
}{kept: make(map[planKey]*plan)}

func planFor(list string, c *config) (*plan, error) {
	key := planKey{list, c.partial, c.process()}
	plans.mu.Lock()
	defer plans.mu.Unlock()
	if p := plans.kept[key]; p != nil {
		p.users++
		return p, nil
	}
	p, err := libPlan(list, c.partial)
	if err != nil {
		return nil, err
	}
	p.users = 1
	if len(plans.kept) < maxPlans {
		p.kept = true
		plans.kept[key] = p
	}
	return p, nil
}

func (p *plan) release() {
	plans.mu.Lock()
	defer plans.mu.Unlock()
	p.users--
	if p.users == 0 && !p.kept {
		libPlanFree(p)
	}
}

// measureOwn finds out what a window costs by itself: the median of empty ones, through the same
// calls as any other window.
func (p *plan) measureOwn(l libCounter) {
	p.measure.Do(func() {
		const warmUp, windows = 8, 31
		seen := make([][]uint64, len(p.events))
		for w := -warmUp; w < windows; w++ {
			l.reset()
			l.start()
			l.stop()
			for i := range p.events {
				if w >= 0 {
					seen[i] = append(seen[i], l.value(i))
				}
			}
		}
		l.reset()
		p.own = make([]uint64, len(p.events))
		for i, s := range seen {
			sort.Slice(s, func(a, b int) bool { return s[a] < s[b] })
			p.own[i] = s[len(s)/2]
		}
	})
}
