// Package gohook has tests of gohook's hardware events on a PMU where an instruction is a cycle, and a
// loop whose length is known. They fail where there is no such PMU; they skip nothing.
package gohook

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.com/perfgo/gohook"
	"perfgo.test/exact"
)

// turns of exact.Spin have 4 instructions each.
const (
	turns  = 1000000
	length = 4 * turns
)

func spin(n int) func() error {
	// A goroutine that has run for 10 ms is told to make room; this one has just done so.
	runtime.Gosched()
	return func() error {
		exact.Spin(n)
		return nil
	}
}

type counted func(f func() error, opts ...gohook.Option) (gohook.Value, error)

// open counts with a Counter, on the calling thread.
func open(event string) counted {
	return func(f func() error, opts ...gohook.Option) (gohook.Value, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		c, err := gohook.Open(event, opts...)
		if err != nil {
			return gohook.Value{}, err
		}
		defer c.Close()
		var r gohook.Result
		c.Start()
		f()
		c.Stop()
		c.Read(&r)
		return r.Values[0], nil
	}
}

func count(event string) counted {
	return func(f func() error, opts ...gohook.Option) (gohook.Value, error) {
		r, err := gohook.Count(event, f, opts...)
		if err != nil {
			return gohook.Value{}, err
		}
		return r.Values[0], nil
	}
}

// between fails unless low <= got <= high.
func between(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	t.Logf("%s: %.0f of %.0f to %.0f", what, got, low, high)
	if !(got >= low && got <= high) {
		t.Errorf("%s: %.0f is not from %.0f to %.0f", what, got, low, high)
	}
}

// User mode is exact: what surrounds the loop is a handful of instructions, the same each time. The
// kernel adds its clock's interrupts, and the process Go's other threads.
const interrupt = length / 50 // in the kernel, and on other threads, during the loop

// around is the most that is between the window's ends and the loop in user mode.
var around = map[bool]float64{true: 150, false: 400}[setting("perf_user_access") == "1"]

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name  string
		count counted
		user  bool
	}{
		{"CPUInstructions", gohook.CPUInstructions, false},
		{"CPUCycles", gohook.CPUCycles, false},
		{"Open/instructions", open("instructions"), false},
		{"Open/cycles", open("cycles"), false},
		{"Open/instructions:u", open("instructions:u"), true},
		{"Open/cycles:u", open("cycles:u"), true},
		{"Open/r8:u", open("r8:u"), true},
		{"Open/r11:u", open("r11:u"), true},
		{"Open/armv8_pmuv3|inst_retired", open("armv8_pmuv3/inst_retired/u"), true},
		{"Count/instructions:u", count("instructions:u"), true},
		{"Count/cycles:u", count("cycles:u"), true},
	} {
		for _, scope := range []string{"thread", "process"} {
			t.Run(c.name+"/"+scope, func(t *testing.T) {
				var opts []gohook.Option
				if scope == "thread" {
					opts = append(opts, gohook.Thread())
				}
				c.count(spin(turns), opts...) // Go makes its threads
				one, err := c.count(spin(turns), opts...)
				if err != nil {
					t.Fatal(err)
				}
				two, err := c.count(spin(2*turns), opts...)
				if err != nil {
					t.Fatal(err)
				}
				over := float64(interrupt)
				if c.user && scope == "thread" {
					over = around
					if two.Raw-one.Raw != length {
						t.Errorf("%d turns more have %d instructions", turns, two.Raw-one.Raw)
					}
				}
				between(t, "one", one.Count, length, length+over)
				between(t, "two", two.Count, 2*length, 2*(length+over))
				if one.Coverage != 1 || one.Running != one.Enabled || one.Enabled <= 0 || one.Backend != "pmu" ||
					float64(one.Raw) < one.Count || one.UserOnly != c.user {
					t.Errorf("%+v", one)
				}
			})
		}
	}
}

// A Counter for the calling thread, and what it counted; the test fails where there is none.
func opened(t *testing.T, list string) *gohook.Counter {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	c, err := gohook.Open(list, gohook.Thread())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func window(c *gohook.Counter, turns int) (r gohook.Result) {
	f := spin(turns)
	c.Reset()
	c.Start()
	f()
	c.Stop()
	c.Read(&r)
	return r
}

// A window may be shorter than what the kernel takes to read a counter, and there may be many.
func TestShortWindows(t *testing.T) {
	const short, windows = 10, 1000
	for _, event := range []string{"instructions:u", "cycles:u", "instructions", "r8:u"} {
		c := opened(t, event)
		r := window(c, short)
		most := 4*short + around
		if !r.Values[0].UserOnly {
			most += 10000 // the kernel's clock may tick
		}
		for i := 0; i < 3; i++ {
			between(t, event, r.Values[0].Count, 4*short, most)
			r = window(c, short)
		}
		c.Reset()
		for i := 0; i < windows; i++ {
			c.Start()
			exact.Spin(short)
			c.Stop()
		}
		c.Read(&r)
		if r.Windows != windows {
			t.Errorf("%d windows", r.Windows)
		}
		between(t, event+", per window", r.Values[0].Count/windows, 4*short, most)
		c.Close()
	}
}

// An open window can be read, by its thread and by another one, and goes on.
func TestOpenWindow(t *testing.T) {
	var open, again, other, closed gohook.Result
	c := opened(t, "instructions:u")
	window(c, 1)
	c.Reset()
	c.Start()
	exact.Spin(turns)
	c.Read(&open)
	exact.Spin(turns)
	c.Read(&again)
	done := make(chan bool)
	go func() {
		c.Read(&other)
		close(done)
	}()
	<-done
	exact.Spin(turns)
	c.Stop()
	c.Read(&closed)
	between(t, "open", open.Values[0].Count, length, length+5000)
	between(t, "again", again.Values[0].Count, 2*length, 2*length+20000)
	between(t, "by another thread", other.Values[0].Count, 2*length, 2*length+50000)
	between(t, "closed", closed.Values[0].Count, 3*length, 3*length+60000)
}

func TestGroups(t *testing.T) {
	c := opened(t, "{instructions:u,cycles:u,r8:u,r11:u,instructions:k,r1b:u}")
	window(c, 1)
	r := window(c, turns)
	for i, v := range r.Values {
		if v.Enabled != r.Values[0].Enabled || v.Running != v.Enabled || v.Coverage != 1 {
			t.Errorf("%+v beside %+v", v, r.Values[0])
		}
		switch {
		case i < 4:
			between(t, v.Event, v.Count, length, length+around)
		case v.Event == "instructions:k":
			between(t, v.Event, v.Count, 1, 10*interrupt)
		default:
			between(t, v.Event+", which this PMU knows but never counts", float64(v.Raw), 0, 0)
		}
	}
	c.Close()
	// Seven would open, and never be on the hardware.
	for _, list := range []string{"{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u,r13:u}",
		"{instructions:u,r1b:u,r3:u,r4:u,r10:u,r12:u,r13:u,r14:u}"} {
		if _, err := gohook.Open(list); !errors.Is(err, gohook.ErrUnsupported) && !errors.Is(err, gohook.ErrNoPMU) ||
			!strings.Contains(err.Error(), "at the same time") {
			t.Errorf("%s: %v", list, err)
		}
	}
}

// Twelve groups on six counters: Count is what a counter of its own would have seen, Raw is not.
func TestMultiplexing(t *testing.T) {
	const many = 20 * turns
	c := opened(t, "instructions:u,r8:u,r11:u,cycles:u,instructions,r8,r11,cycles,instructions:k,r8:k,r11:k,cycles:k")
	r := window(c, many)
	partly := 0
	for _, v := range r.Values {
		t.Logf("%+v", v)
		if v.Coverage < 0.95 {
			partly++
			if v.Running >= v.Enabled || float64(v.Raw) > 0.97*v.Count && v.Count > 4*many {
				t.Errorf("%+v", v)
			}
		}
		if !strings.HasSuffix(v.Event, ":k") {
			between(t, v.Event, v.Count/(4*many)*100, 97, 104)
		}
	}
	if partly < 6 {
		t.Errorf("%d of %d events in turns", partly, len(r.Values))
	}
}

func TestAbsent(t *testing.T) {
	_, err := gohook.CacheMisses(spin(1))
	if !errors.Is(err, gohook.ErrNoPMU) || !errors.Is(err, syscall.ENOENT) || errors.Is(err, gohook.ErrPermission) {
		t.Errorf("%v", err)
	}
	r, err := gohook.Count("instructions:u,cache-misses", spin(turns), gohook.Thread(), gohook.Partial())
	if err != nil || len(r.Values) != 1 || !strings.Contains(r.Note, "cache-misses") {
		t.Fatalf("%+v %v", r, err)
	}
	between(t, "the other", r.Values[0].Count, length, length+5000)
}

func setting(name string) string {
	text, err := os.ReadFile("/proc/sys/kernel/" + name)
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(text))
}

// What a window's ends do in the kernel tells whether counters are read there.
func TestUserRead(t *testing.T) {
	c := opened(t, "instructions:k")
	for i := 0; i < 3; i++ {
		window(c, 1)
	}
	own := float64(window(c, 1).Values[0].Raw)
	if setting("perf_user_access") == "1" {
		between(t, "in the kernel", own, 1, 800)
	} else {
		between(t, "in the kernel", own, 1200, 20000)
	}
}

// As another user than root.
func TestPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Fatal("this is root")
	}
	level := setting("perf_event_paranoid")
	_, kernel := gohook.Count("instructions:k", spin(1))
	_, all := gohook.CPUInstructions(spin(1))
	denied := []error{kernel}
	switch level {
	case "2":
		c := opened(t, "instructions")
		window(c, 1)
		v := window(c, turns).Values[0]
		if !v.UserOnly || all != nil {
			t.Errorf("%+v %v", v, all)
		}
		between(t, "user mode", v.Count, length, length+around)
	case "3":
		denied = append(denied, all)
	default:
		t.Fatal("perf_event_paranoid is ", level)
	}
	for _, err := range denied {
		t.Log(err)
		if !errors.Is(err, gohook.ErrPermission) || errors.Is(err, gohook.ErrNoPMU) || !errors.Is(err, syscall.EACCES) {
			t.Errorf("%v", err)
		}
	}
}

// Instructions per operation, with one window, and with one per operation: between the moments of its
// timer testing executes some too.
func TestReport(t *testing.T) {
	const n = 25000
	if err := flag.Set("test.benchtime", "20x"); err != nil {
		t.Fatal(err)
	}
	for _, stops := range []bool{false, true} {
		r := testing.Benchmark(func(b *testing.B) {
			exact.Spin(turns)
			if err := gohook.Report(b, gohook.Events("instructions:u,cycles:u")); err != nil {
				t.Error(err)
			}
			exact.Spin(turns)
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				exact.Spin(n)
				if stops {
					b.StopTimer()
					exact.Spin(n)
					b.StartTimer()
				}
			}
		})
		for _, unit := range []string{"instructions:u/op", "cycles:u/op"} {
			between(t, unit, r.Extra[unit], 4*n, 4*n+2000)
		}
	}
}

//go:noinline
func hot(n int) { exact.Spin(3 * n) }

//go:noinline
func cold(n int) { exact.Spin(n) }

// The script looks into the profile: three parts of four are in hot.
func TestProfile(t *testing.T) {
	for name, events := range map[string]string{"cycles": "cycles:u", "time": ""} {
		f, err := os.Create(filepath.Join("out", name+".pprof"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := gohook.Profile(f, gohook.Events(events), gohook.Rate(2000))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 20; i++ {
			hot(turns)
			cold(turns)
		}
		sums, err := p.Stop()
		if err != nil || sums.Lost != 0 || sums.Missed != 0 {
			t.Errorf("%+v %v", sums, err)
		}
		f.Close()
		between(t, name+" samples", float64(sums.Samples), 500, 1000)
	}
}

// BenchmarkRegions: the script looks for 100 000 instructions in "one", and as many again in "inner",
// which is a half of "two".
func BenchmarkRegions(b *testing.B) {
	const n = 25000
	for i := 0; i < b.N; i++ {
		exact.Spin(n)
		r := gohook.Region("one")
		exact.Spin(n)
		r.End()
		r = gohook.Region("two")
		exact.Spin(n)
		inner := gohook.Region("inner")
		exact.Spin(n)
		inner.End()
		r.End()
	}
}
