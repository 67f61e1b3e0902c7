package gohook

import (
	"io"
	"sync"
	"time"
)

// A Profiler is a profile that is being taken.
type Profiler struct {
	w    io.Writer
	name string
	lib  libProfile
	quit chan struct{} // closed to end the goroutine that reads samples
	done chan error    // what it met

	once sync.Once
	sums ProfileSums
	err  error
}

// ProfileSums tells what is in a profile.
type ProfileSums struct {
	Samples uint64 // taken
	Lost    uint64 // for which there was no room: the profile lacks them
	Missed  uint64 // threads that could not be sampled
}

const (
	defaultRate = 1000
	drainEvery  = 20 * time.Millisecond
)

// Profile samples all threads of the process, those there are and those to come, until
// [Profiler.Stop] writes a gzipped pprof to w, for go tool pprof and go build -pgo:
//
//	p, err := gohook.Profile(f)
//	if err != nil {
//		return err
//	}
//	work()
//	_, err = p.Stop()
//
// Without [Events] it samples CPU time; [Rate] and [Name] are its other options. It neither uses
// SIGPROF nor minds runtime/pprof, and several profiles may be taken at once. Stacks are those of Go's
// frame pointers: callers of C code that keeps none are missing. What libperfgo itself does is left
// out. The error is ErrUnsupported, ErrPermission, ErrNoPMU, ErrInvalid or ErrLimit by errors.Is, and
// then nothing is left open.
func Profile(w io.Writer, opts ...Option) (*Profiler, error) {
	c := configOf(opts)
	if c.rate == 0 {
		c.rate = defaultRate
	}
	if c.rate < 0 {
		return nil, &Error{Op: "profile", Kind: ErrInvalid, Text: "a rate of samples cannot be negative"}
	}
	if c.name == "" {
		c.name = "profile"
	}
	lib, err := libProfileStart(c.events, c.rate)
	if err != nil {
		return nil, err
	}
	p := &Profiler{w: w, name: c.name, lib: lib, quit: make(chan struct{}), done: make(chan error, 1)}
	go p.drain()
	return p, nil
}

// drain reads the threads' rings before they are full.
func (p *Profiler) drain() {
	var first error
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := p.lib.drain(); first == nil {
				first = err
			}
		case <-p.quit:
			p.done <- first
			return
		}
	}
}

// Stop ends the profile and writes it, on any goroutine; w stays the caller's to close. A profile without
// a single sample is not written: then Samples is 0. The error is the writer's, ErrLimit when there was no
// memory for the profile, or why threads could not be sampled to the end. Further calls return the same and
// do nothing.
func (p *Profiler) Stop() (ProfileSums, error) {
	p.once.Do(func() {
		close(p.quit)
		first := <-p.done
		bytes, sums, err := p.lib.finish(p.name)
		p.sums = sums
		if err == nil {
			err = first
		}
		if err == nil && len(bytes) > 0 {
			_, err = p.w.Write(bytes)
		}
		p.err = err
	})
	return p.sums, p.err
}
