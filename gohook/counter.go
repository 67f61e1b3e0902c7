package gohook

import (
	"math"
	"runtime"
	"sync"
	"time"
)

// A Value is what was counted of one event.
type Value struct {
	// Event is the name, as in the list: "instructions:u".
	Event string
	// Count is the best estimate: Raw less what the windows themselves cost, in the event's unit
	// (nanoseconds for clocks, else occurrences), extrapolated by Coverage. NaN when the event
	// was never on the hardware.
	Count float64
	// Raw is what the counters counted: nothing taken off, nothing extrapolated.
	Raw uint64
	// Coverage is the share of the time, 0 to 1, in which the event was on the hardware.
	Coverage float64
	// Enabled and Running are the times behind Coverage, summed over all threads; 0 for events
	// that need no counter.
	Enabled, Running time.Duration
	// Backend is where the count comes from: "pmu", "software" (the kernel) or "timer" (clocks and
	// getrusage, where perf events are forbidden).
	Backend string
	// UserOnly: what happened in the kernel's mode is not in Count.
	UserOnly bool
}

// A Result is what a [Counter] counted.
type Result struct {
	Values  []Value // in the order of the list
	Windows uint64  // that were closed
	Threads int     // that are being counted
	Missed  int     // threads of the process that could not be: Values lack them
	Note    string  // what is not counted, and why; "" when all is
}

// Value returns the value of an event; false when it was not counted.
func (r *Result) Value(event string) (Value, bool) {
	for _, v := range r.Values {
		if v.Event == event && !math.IsNaN(v.Count) {
			return v, true
		}
	}
	return Value{}, false
}

// A Counter counts events in windows: between Start and Stop, as often as you like. It holds file
// descriptors, one per event and thread, until Close. Methods may be called from several goroutines.
type Counter struct {
	mu     sync.Mutex
	lib    libCounter
	plan   *plan
	closed bool
}

// Open opens a counter, stopped and at zero, which the caller has to Close. It counts all threads of the
// process, or with [Thread] the one that calls Open, or those of [Threads]. The error is ErrNoPMU,
// ErrPermission, ErrUnsupported, ErrInvalid or ErrLimit by errors.Is, or wraps syscall.ESRCH when a thread
// of Threads is no more; then nothing is left open.
func Open(events string, opts ...Option) (*Counter, error) {
	c := configOf(opts)
	return open(events, &c)
}

func open(events string, c *config) (*Counter, error) {
	p, err := planFor(events, c)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	p.makeRoom()
	kept.mu.Unlock()
	l, err := libOpen(p, c.tids())
	if err != nil {
		p.release()
		return nil, err
	}
	p.measureOwn(l)
	return &Counter{lib: l, plan: p}, nil
}

func (c *Counter) lock() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	return nil
}

// Start opens a window; without effect when one is open. The error is ErrClosed or nil.
func (c *Counter) Start() error {
	if err := c.lock(); err != nil {
		return err
	}
	c.lib.start()
	c.mu.Unlock()
	return nil
}

// Stop closes the window; without effect when none is open. The error is ErrClosed or nil.
func (c *Counter) Stop() error {
	if err := c.lock(); err != nil {
		return err
	}
	c.lib.stop()
	c.mu.Unlock()
	return nil
}

// Reset forgets what was counted; a window that is open goes on from zero. The error is ErrClosed or
// nil.
func (c *Counter) Reset() error {
	if err := c.lock(); err != nil {
		return err
	}
	c.lib.reset()
	c.mu.Unlock()
	return nil
}

// Read fills *r with what was counted so far: in all windows since the last Reset, and in the open
// one up to now. *r stays the caller's, and r.Values is reused when it has room. The error is ErrClosed
// or nil.
func (c *Counter) Read(r *Result) error {
	if err := c.lock(); err != nil {
		return err
	}
	if c.lib.running() {
		c.lib.read()
	}
	c.fill(r)
	c.mu.Unlock()
	return nil
}

func (c *Counter) fill(r *Result) {
	n := len(c.plan.events)
	if cap(r.Values) < n {
		r.Values = make([]Value, n)
	}
	r.Values = r.Values[:n]
	r.Windows = c.lib.windows()
	r.Threads, r.Missed, r.Note = c.lib.threads(), c.lib.missed(), c.plan.note
	windows := r.Windows
	if c.lib.running() {
		windows++
	}
	for i := range r.Values {
		e := &c.plan.events[i]
		enabled, running := c.lib.times(e.group)
		e.fill(&r.Values[i], c.lib.value(i), c.plan.own[i]*windows, enabled, running)
	}
}

// fill writes to every field of *v, which may hold anything.
func (e *event) fill(v *Value, raw, own uint64, enabled, running time.Duration) {
	v.Event, v.Backend, v.UserOnly = e.name, e.backend, e.userOnly
	v.Raw, v.Count, v.Coverage = raw, 0, 1
	v.Enabled, v.Running = 0, 0
	if e.hasTimes {
		v.Enabled, v.Running = enabled, running
		if running < enabled {
			v.Coverage = float64(running) / float64(enabled)
		}
	}
	if v.Coverage == 0 {
		v.Count = math.NaN()
	} else if raw > own {
		v.Count = float64(raw-own) * e.scale / v.Coverage
	}
}

// Join adds the calling goroutine to a counter that was opened with [Threads]: the goroutine is
// locked to its thread, which counts from now on. The function that it returns undoes both, is called
// by the same goroutine, and may be called twice. What was counted stays. The error is ErrClosed,
// ErrPermission, ErrUnsupported or ErrLimit by errors.Is, and then the goroutine is not locked.
func (c *Counter) Join() (leave func(), err error) {
	runtime.LockOSThread()
	if err = c.lock(); err == nil {
		err = c.lib.join()
		c.mu.Unlock()
	}
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	left := false
	return func() {
		if left {
			return
		}
		left = true
		if c.lock() == nil {
			c.lib.leave()
			c.mu.Unlock()
		}
		runtime.UnlockOSThread()
	}, nil
}

// AttachBPF runs a loaded BPF program, given by its descriptor, at an event of the counter on every
// thread it counts, now and later, until Close. The event is a tracepoint, or one that overflows. A
// program at a tracepoint decides for all counters of it, other programs' too: what it returns 0 for
// is not counted. The descriptor stays the caller's, who may close it at once. The error is ErrClosed;
// ErrInvalid when the counter has no such event; ErrUnsupported or ErrPermission when the kernel does not
// take the program there; or wraps what else the kernel said.
func (c *Counter) AttachBPF(event string, prog int) error {
	if err := c.lock(); err != nil {
		return err
	}
	defer c.mu.Unlock()
	for i := range c.plan.events {
		if c.plan.events[i].name == event {
			return c.lib.attachBPF(i, prog)
		}
	}
	return &Error{Op: "attach BPF", Events: event, Kind: ErrInvalid,
		Text: "the counter has no event " + event}
}

// Close releases the descriptors, on any goroutine. The error is nil, or ErrClosed when it was closed
// before.
func (c *Counter) Close() error {
	if err := c.lock(); err != nil {
		return err
	}
	defer c.mu.Unlock()
	c.closed = true
	c.lib.close()
	c.plan.release()
	return nil
}
