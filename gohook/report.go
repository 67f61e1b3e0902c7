package gohook

import (
	"reflect"
	"sync"
	"testing"
	"time"
)

// Report puts counters of b's timed region on its line, through b.ReportMetric: one metric per event,
// per operation. Call it first thing in the benchmark, before its loop:
//
//	func BenchmarkParse(b *testing.B) {
//		gohook.Report(b, gohook.Events("L1-dcache-load-misses,branch-misses"))
//		for i := 0; i < b.N; i++ {
//			…
//		}
//	}
//
// The counters follow the timer: what b.StopTimer and b.ResetTimer leave out, and set-up before
// b.Loop, is left out. All threads are counted.
//
// Without [Events] these are the machine's default set. Where the metrics stand on the line anyway,
// because go test -bench was given, they are not put there twice; so Report without events is for
// testing.Benchmark and for Go versions whose timer perfgo cannot follow by itself.
//
// On those Go versions Report counts from its call to the end of the benchmark. When the timer was
// stopped or reset meanwhile that would be wrong: then there are no metrics, and b.Log says why.
//
// Events that cannot be counted are left out; the error, as that of [Open], is for when nothing is
// left. The benchmark runs all the same. Call it on the benchmark's goroutine; what it opens is closed when
// the benchmark ends.
func Report(b *testing.B, opts ...Option) error {
	b.Helper()
	cfg := configOf(opts)
	cfg.partial = true
	if libSimulated() {
		return nil // Valgrind's counts come with the line
	}
	armed := armedPlan()
	if armed != nil && cfg.events == "" {
		if b.Name() == "" { // testing.Benchmark prints no line
			b.Cleanup(func() { reportArmed(b, armed) })
		}
		return nil
	}
	// Opening takes longer than many a benchmark's operation.
	if timerOn(b) {
		b.StopTimer()
		defer b.StartTimer()
	}
	c, err := open(cfg.events, &cfg)
	if err != nil {
		return err
	}
	report := func() {
		c.Stop() // tells what the hooks counted
		reportCounter(b, c, armed)
	}
	if followTimer(c.lib) == nil {
		b.Cleanup(func() {
			libUnfollow()
			report()
			c.Close()
		})
		return nil
	}
	since, elapsed := time.Now(), elapsedOf(b)
	b.Cleanup(func() {
		c.Stop()
		if wall := time.Since(since); sameTime(wall, elapsedOf(b)-elapsed) {
			report()
		} else {
			b.Logf("gohook.Report: no counters: the timer ran for %v of %v, and this Go version does "+
				"not let perfgo follow it", elapsedOf(b)-elapsed, wall)
		}
		c.Close()
	})
	c.Start()
	return nil
}

// followTimer is libFollow; a test puts a Go version in its place that cannot be followed.
var followTimer = libFollow

var armedPlan = func() func() *plan {
	var once sync.Once
	var p *plan
	return func() *plan {
		once.Do(func() { p = libArmed() })
		return p
	}
}()

func reportArmed(b *testing.B, p *plan) {
	counts := libArmedRead()
	for i := range p.events {
		e := &p.events[i]
		enabled, running := counts.times(e.group)
		var v Value
		e.fill(&v, counts.value(i), 0, enabled, running)
		e.report(b, v)
	}
}

// reportCounter leaves out what the armed process puts on the line of a benchmark that has one.
func reportCounter(b *testing.B, c *Counter, armed *plan) {
	var r Result
	if c.Read(&r) != nil {
		return
	}
	for i := range r.Values {
		e := &c.plan.events[i]
		if b.Name() == "" || !armed.has(e.name) {
			e.report(b, r.Values[i])
		}
	}
}

func (p *plan) has(name string) bool {
	if p == nil {
		return false
	}
	for i := range p.events {
		if p.events[i].name == name {
			return true
		}
	}
	return false
}

func (e *event) report(b *testing.B, v Value) {
	if v.Coverage > 0 && b.N > 0 {
		b.ReportMetric(v.Count/float64(b.N), e.unit)
	}
}

// timerOn tells whether b's timer runs; true when this Go version does not let us see it.
func timerOn(b *testing.B) bool {
	f := reflect.ValueOf(b).Elem().FieldByName("timerOn")
	return !f.IsValid() || f.Kind() != reflect.Bool || f.Bool()
}

// elapsedOf is b.Elapsed, which Go has since 1.20.
func elapsedOf(b *testing.B) time.Duration {
	if t, ok := interface{}(b).(interface{ Elapsed() time.Duration }); ok {
		return t.Elapsed()
	}
	f := reflect.ValueOf(b).Elem().FieldByName("duration")
	if f.IsValid() && f.Kind() == reflect.Int64 {
		return time.Duration(f.Int())
	}
	return -1
}

// sameTime allows for what lies between the timer's stops and ours.
func sameTime(wall, timed time.Duration) bool {
	d := wall - timed
	if d < 0 {
		d = -d
	}
	return d <= wall/50+20*time.Microsecond
}
