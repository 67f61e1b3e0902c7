package gohook

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Count runs f on the calling goroutine and counts the events meanwhile, on all threads of the process
// unless [Thread] or [Threads] says otherwise; [Value] says in which units. The Result is the caller's. The
// error is f's own, with what was counted until then, or that of [Open], and then f was not run. An event
// that never got on the hardware is no error: its Count is NaN.
func Count(events string, f func() error, opts ...Option) (Result, error) {
	var r Result
	cfg := configOf(opts)
	if cfg.self {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	c, err := borrow(events, &cfg)
	if err != nil {
		return r, err
	}
	defer giveBack(c, events, &cfg)
	err = during(c, &r, f)
	return r, err
}

// during runs f in one window of c, also when f panics or ends its goroutine.
func during(c *Counter, r *Result, f func() error) error {
	defer func() {
		c.Stop()
		c.Read(r)
	}()
	c.Start()
	return f()
}

// CountContext is [Count] for a function that takes a context, and counts the same threads. When the
// context ends, counting ends there and then, however long f takes to return, and the error is the
// context's; f is not run when it has ended already. Other errors are those of Count.
func CountContext(ctx context.Context, events string, f func(context.Context) error, opts ...Option) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	var r Result
	cfg := configOf(opts)
	if cfg.self {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	c, err := open(events, &cfg)
	if err != nil {
		return r, err
	}
	defer c.Close()
	returned, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ctx.Done():
			c.Stop()
		case <-returned:
		}
	}()
	err = during(c, &r, func() error {
		defer func() {
			close(returned)
			<-watched
		}()
		return f(ctx)
	})
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return r, err
}

// Counters of the process and of the calling thread that Count used stay open for a moment: a function
// that is counted in a loop pays for opening once.
const keepFor = time.Second

const maxKept = 8

type keptKey struct {
	plan   planKey
	thread uint64 // libThreadKey; 0: the process
}

type keptCounter struct {
	c     *Counter
	since time.Time
}

var kept = struct {
	mu      sync.Mutex
	idle    map[keptKey]keptCounter
	sweeper bool // a timer is set
}{idle: make(map[keptKey]keptCounter)}

func (c *config) process() bool { return !c.self && c.threads == nil }

// keptKey is where a counter waits for its next use; false for a set of threads, which may be others
// by then.
func (c *config) keptKey(events string) (keptKey, bool) {
	key := keptKey{plan: planKey{events, c.partial, c.process()}}
	if c.self {
		key.thread = libThreadKey()
	}
	return key, c.self || c.threads == nil
}

func borrow(events string, cfg *config) (*Counter, error) {
	if key, keeps := cfg.keptKey(events); keeps {
		kept.mu.Lock()
		k, ok := kept.idle[key]
		delete(kept.idle, key)
		if ok {
			k.c.plan.makeRoom()
		}
		kept.mu.Unlock()
		if ok {
			k.c.Reset()
			return k.c, nil
		}
	}
	return open(events, cfg)
}

func giveBack(c *Counter, events string, cfg *config) {
	if key, keeps := cfg.keptKey(events); keeps {
		kept.mu.Lock()
		_, taken := kept.idle[key]
		if !taken && len(kept.idle) < maxKept {
			kept.idle[key] = keptCounter{c, time.Now()}
			if !kept.sweeper {
				kept.sweeper = true
				time.AfterFunc(keepFor, sweep)
			}
			c = nil
		}
		kept.mu.Unlock()
	}
	if c != nil {
		c.Close()
	}
}

// makeRoom closes the counters of hardware events that nobody uses just now: those of p would have to
// take turns with them. With kept.mu held.
func (p *plan) makeRoom() {
	if !p.onHardware() {
		return
	}
	for key, k := range kept.idle {
		if k.c.plan.onHardware() {
			delete(kept.idle, key)
			k.c.Close()
		}
	}
}

// sweep closes what nobody came back for.
func sweep() {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	for key, k := range kept.idle {
		if time.Since(k.since) >= keepFor {
			delete(kept.idle, key)
			k.c.Close()
		}
	}
	kept.sweeper = len(kept.idle) > 0
	if kept.sweeper {
		time.AfterFunc(keepFor, sweep)
	}
}
