// Package gohookbench measures what counting costs with gohook, and with other packages for it. They
// count the calling thread; gohook counts the process, or with Thread what they do.
package gohookbench

import (
	"runtime"
	"syscall"
	"testing"

	"example.com/perfgo/gohook"
	"github.com/aclements/go-perfevent/events"
	"github.com/aclements/go-perfevent/perf"
	perfutils "github.com/hodgesds/perf-utils"
	"golang.org/x/sys/unix"
)

const list = "task-clock,page-faults,context-switches,cpu-migrations"

func attrs() []unix.PerfEventAttr {
	return []unix.PerfEventAttr{perfutils.CPUTaskClockEventAttr(), perfutils.PageFaultsEventAttr(),
		perfutils.ContextSwitchesEventAttr(), perfutils.CPUMigrationsEventAttr()}
}

// software is an event of the kernel's, of which go-perfevent's version here lists none.
type software uint64

func (software) String() string { return "software" }
func (s software) SetAttrs(a *unix.PerfEventAttr) error {
	a.Type, a.Config = unix.PERF_TYPE_SOFTWARE, uint64(s)
	return nil
}

const taskClock = software(unix.PERF_COUNT_SW_TASK_CLOCK)

var group = []events.Event{taskClock, software(unix.PERF_COUNT_SW_PAGE_FAULTS),
	software(unix.PERF_COUNT_SW_CONTEXT_SWITCHES), software(unix.PERF_COUNT_SW_CPU_MIGRATIONS)}

func nothing() error { return nil }

func benchGohook(b *testing.B, opts ...gohook.Option) {
	c, err := gohook.Open(list, opts...)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var r gohook.Result
	c.Read(&r)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		c.Start()
		c.Stop()
		c.Read(&r)
	}
}

// A group of four software events: start, stop, read.
func BenchmarkGroup(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.Run("gohook-process", func(b *testing.B) { benchGohook(b) })
	b.Run("gohook-thread", func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		benchGohook(b, gohook.Thread())
	})
	b.Run("perf-utils", func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p, err := perfutils.NewGroupProfiler(0, -1, 0, attrs()...)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		var v perfutils.GroupProfileValue
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			p.Start()
			p.Stop()
			if err := p.Profile(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-perfevent", func(b *testing.B) {
		c, err := perf.OpenCounter(perf.TargetThisGoroutine, group...)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		v := make([]perf.Count, len(group))
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			c.Start()
			c.Stop()
			if err := c.ReadGroup(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Reading a counter that runs.
func BenchmarkRead(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.Run("gohook-process", func(b *testing.B) { benchRead(b) })
	b.Run("gohook-thread", func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		benchRead(b, gohook.Thread())
	})
	b.Run("perf-utils", func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p, err := perfutils.NewTaskClockProfiler(0, -1)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		p.Start()
		var v perfutils.ProfileValue
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			p.Profile(&v)
		}
	})
	b.Run("go-perfevent", func(b *testing.B) {
		c, err := perf.OpenCounter(perf.TargetThisGoroutine, taskClock)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		c.Start()
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			c.ReadOne()
		}
	})
}

func benchRead(b *testing.B, opts ...gohook.Option) {
	c, err := gohook.Open("task-clock", opts...)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var r gohook.Result
	c.Start()
	c.Read(&r)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		c.Read(&r)
	}
}

// One event around a function that does nothing.
func BenchmarkOneShot(b *testing.B) {
	b.Run("gohook-process", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			if _, err := gohook.CPUTaskClock(nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gohook-thread", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			if _, err := gohook.CPUTaskClock(nothing, gohook.Thread()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("perf-utils", func(b *testing.B) {
		// It leaves the thread's affinity changed.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var before unix.CPUSet
		unix.SchedGetaffinity(0, &before)
		defer unix.SchedSetaffinity(0, &before)
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if _, err := perfutils.CPUTaskClock(nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-perfevent", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			c, err := perf.OpenCounter(perf.TargetThisGoroutine, taskClock)
			if err != nil {
				b.Fatal(err)
			}
			c.Start()
			nothing()
			c.Stop()
			c.ReadOne()
			c.Close()
		}
	})
}

// What a window costs in a process with a hundred idle threads; the others do not count those.
func BenchmarkIdleThreads(b *testing.B) {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		b.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	for i := 0; i < 100; i++ {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var buf [1]byte
			syscall.Read(pipe[0], buf[:])
		}()
	}
	runtime.Gosched()
	b.Run("gohook-process", func(b *testing.B) { benchGohook(b) })
	syscall.Close(pipe[1])
}
