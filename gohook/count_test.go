//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The tests compare counts with what is known to have happened. Other programs disturb them less than
// they disturb clocks on the wall: work is measured by the CPU time that it takes. What the Go runtime
// does beside the test on its own is part of a process's counts, so a statement holds when it holds in
// one of a few rounds.
const rounds = 15

func inSomeRound(t *testing.T, f func() string) {
	t.Helper()
	var why string
	for i := 0; i < rounds; i++ {
		if why = f(); why == "" {
			return
		}
		t.Log(why)
		time.Sleep(100 * time.Millisecond) // what disturbs comes in bursts
	}
	t.Error(why)
}

// need fails the test, or skips it when the machine has no PMU.
func need(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNoPMU) || errors.Is(err, ErrUnsupported) && errors.Is(err, syscall.EOPNOTSUPP) {
		t.Skip("skipped: ", err)
	}
	if err == errCache {
		t.Skip("skipped: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func clock(id uintptr) time.Duration {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

func threadTime() time.Duration { return clock(3) } // CLOCK_THREAD_CPUTIME_ID

// burn uses d of CPU time on the calling thread.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadTime() + d; threadTime() < end; {
	}
}

func inGoroutine(f func()) func() error {
	return func() error {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			f()
		}()
		wg.Wait()
		return nil
	}
}

func near(got, want, share float64) bool { return got >= want*(1-share) && got <= want*(1+share) }

func TestOtherGoroutineCounts(t *testing.T) {
	inSomeRound(t, func() string {
		v, err := CPUTaskClock(inGoroutine(func() { burn(50 * time.Millisecond) }))
		need(t, err)
		if !near(v.Count, 50e6, 0.02) {
			return time.Duration(v.Count).String() + " counted of 50ms"
		}
		return ""
	})
}

// Threads that begin while the window is open, and end in it. Beginning and ending costs something too,
// under the race detector 2 % of all this, and is counted: it is the same when they do nothing else.
// (What opening their counters costs is not counted, so the process's clock would be no judge.)
func TestNewThreadsCount(t *testing.T) {
	const threads = 10
	count := func(d time.Duration) float64 {
		v, err := CPUTaskClock(func() error {
			var wg sync.WaitGroup
			for i := 0; i < threads; i++ {
				wg.Add(1)
				go func() {
					defer wg.Done()
					runtime.LockOSThread() // and not unlocked: the thread ends with the goroutine
					burn(d)
				}()
			}
			wg.Wait()
			return nil
		})
		need(t, err)
		return v.Count
	}
	inSomeRound(t, func() string {
		idle := count(0)
		if busy := count(10 * time.Millisecond); idle > threads*1e6 || !near(busy-idle, threads*10e6, 0.02) {
			return fmt.Sprintf("%v counted of 100ms, and %v of threads that do nothing",
				time.Duration(busy), time.Duration(idle))
		}
		return ""
	})
}

// ownIDs runs the test anew in a process id namespace of its own, where it may choose ids without
// choosing those of everybody else; true there.
func ownIDs(t *testing.T) bool {
	const inside = "GOHOOK_TEST_OWN_IDS"
	if os.Getenv(inside) != "" {
		return true
	}
	cmd := exec.Command("unshare", "--pid", "--fork", "--mount-proc", os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1")
	out, err := cmd.CombinedOutput()
	switch {
	case bytes.Contains(out, []byte("--- PASS: "+t.Name())) && err == nil:
	case bytes.Contains(out, []byte("=== RUN")) && !bytes.Contains(out, []byte("--- SKIP")):
		t.Errorf("%v\n%s", err, out)
	default:
		t.Skipf("skipped: no process ids of its own: %v: %s", err, out)
	}
	return false
}

// A thread may get the id of one that ended a moment ago, and counts all the same.
func TestThreadIDsComeBack(t *testing.T) {
	if !ownIDs(t) {
		return
	}
	const setting = "/proc/sys/kernel/ns_last_pid"
	var first, second, n int
	again := func(id *int) {
		inGoroutine(func() {
			runtime.LockOSThread() // and not unlocked: the thread ends with the goroutine
			*id = syscall.Gettid()
			burn(10 * time.Millisecond)
		})()
	}
	for try := 0; try < 50; try++ {
		v, err := CPUTaskClock(func() error {
			again(&first)
			for i := 0; i < 100 && syscall.Kill(first, 0) == nil; i++ { // until the id is free
				time.Sleep(time.Millisecond)
			}
			if err := os.WriteFile(setting, []byte(strconv.Itoa(first-1)), 0); err != nil {
				t.Skip("skipped: ids cannot be chosen here: ", err)
			}
			// Go may give the id to a thread that waits for work, and is found there later.
			for n, second = 1, 0; n < 20 && second != first; n++ {
				again(&second)
			}
			return nil
		})
		need(t, err)
		if first == second {
			if want := time.Duration(n) * 10 * time.Millisecond; time.Duration(v.Count) < want {
				t.Errorf("%v counted of %v", time.Duration(v.Count), want)
			}
			return
		}
	}
	t.Skip("skipped: the id went to other threads each time")
}

func TestThreadCountsItselfOnly(t *testing.T) {
	inSomeRound(t, func() string {
		v, err := CPUTaskClock(inGoroutine(func() { burn(50 * time.Millisecond) }), Thread())
		need(t, err)
		if v.Count > 5e6 {
			return time.Duration(v.Count).String() + " counted though another thread did the work"
		}
		v, err = CPUTaskClock(func() error { burn(20 * time.Millisecond); return nil }, Thread())
		need(t, err)
		if !near(v.Count, 20e6, 0.02) {
			return time.Duration(v.Count).String() + " counted of 20ms"
		}
		return ""
	})
}

// One-shot calls of a thread keep a counter for its next ones, and for no other thread's.
func TestThreadsKeepTheirOwn(t *testing.T) {
	inSomeRound(t, func() (why string) {
		for _, turn := range []int{0, 1, 2} {
			inGoroutine(func() {
				runtime.LockOSThread() // and not unlocked: each goroutine has a thread of its own
				for i := 0; i < 3; i++ {
					v, err := CPUTaskClock(func() error { burn(10 * time.Millisecond); return nil }, Thread())
					if err != nil || !near(v.Count, 10e6, 0.02) {
						why += fmt.Sprintf("thread %d, call %d: %v of 10ms (%v); ", turn, i, time.Duration(v.Count), err)
					}
				}
			})()
		}
		return why
	})
}

func TestEmptyWindowIsEmpty(t *testing.T) {
	inSomeRound(t, func() string {
		r, err := Count("task-clock,page-faults", func() error { return nil })
		need(t, err)
		if r.Values[0].Count > 2000 || r.Values[1].Count != 0 {
			return time.Duration(r.Values[0].Count).String() + " in an empty window"
		}
		return ""
	})
}

func TestCounterWindows(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := Open("task-clock", Thread())
	need(t, err)
	defer c.Close()
	inSomeRound(t, func() (why string) {
		var r Result
		expect := func(what string, ms float64, windows uint64) {
			if err := c.Read(&r); err != nil {
				t.Fatal(err)
			}
			if got := r.Values[0].Count / 1e6; got < ms*0.98 || got > ms*1.02+0.1 || r.Windows != windows {
				why += fmt.Sprintf("%s: %.3f ms in %d windows, not %v in %d; ", what, got, r.Windows, ms, windows)
			}
		}
		c.Reset()
		burn(5 * time.Millisecond)
		expect("before the first window", 0, 0)
		c.Start()
		burn(10 * time.Millisecond)
		expect("in the open window", 10, 0)
		c.Start() // no effect
		c.Stop()
		burn(5 * time.Millisecond)
		expect("after it", 10, 1)
		c.Stop() // no effect
		c.Start()
		burn(10 * time.Millisecond)
		c.Stop()
		expect("two windows", 20, 2)
		c.Start()
		burn(5 * time.Millisecond)
		c.Reset()
		burn(10 * time.Millisecond)
		c.Stop()
		expect("reset in a window", 10, 1)
		return why
	})
}

func TestJoin(t *testing.T) {
	inSomeRound(t, func() string {
		c, err := Open("task-clock", Threads())
		need(t, err)
		defer c.Close()
		c.Start()
		var wg sync.WaitGroup
		for i := 0; i < 4; i++ {
			wg.Add(1)
			join := i%2 == 0
			go func() {
				defer wg.Done()
				if !join {
					burn(20 * time.Millisecond)
					return
				}
				leave, err := c.Join()
				if err != nil {
					t.Error(err)
					return
				}
				burn(20 * time.Millisecond)
				leave()
				burn(20 * time.Millisecond)
				leave() // no effect
			}()
		}
		wg.Wait()
		c.Stop()
		var r Result
		c.Read(&r)
		if r.Threads != 0 {
			t.Errorf("%d threads are left", r.Threads)
		}
		if !near(r.Values[0].Count, 40e6, 0.02) {
			return time.Duration(r.Values[0].Count).String() + " counted of 40ms"
		}
		return ""
	})
}

func TestThreadsByID(t *testing.T) {
	inSomeRound(t, func() string {
		ids, work, done := make(chan int), make(chan bool), make(chan bool)
		for i := 0; i < 2; i++ {
			go func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				ids <- syscall.Gettid()
				<-work
				burn(20 * time.Millisecond)
				done <- true
			}()
		}
		one, _ := <-ids, <-ids
		c, err := Open("task-clock", Threads(one))
		need(t, err)
		defer c.Close()
		c.Start()
		close(work)
		<-done
		<-done
		c.Stop()
		var r Result
		c.Read(&r)
		if !near(r.Values[0].Count, 20e6, 0.02) {
			return time.Duration(r.Values[0].Count).String() + " counted of 20ms"
		}
		return ""
	})
}

func TestCountReturnsTheFunctionsError(t *testing.T) {
	want := errors.New("mine")
	r, err := Count("task-clock", func() error { burn(5 * time.Millisecond); return want })
	if err != want || len(r.Values) != 1 || r.Values[0].Count < 4e6 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestCountContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := CountContext(ctx, "task-clock", func(ctx context.Context) error {
		burn(10 * time.Millisecond)
		cancel()
		time.Sleep(20 * time.Millisecond) // counting has ended by now
		burn(50 * time.Millisecond)
		return nil
	})
	if err != context.Canceled || len(r.Values) != 1 || r.Values[0].Count < 9.8e6 || r.Values[0].Count > 40e6 {
		t.Errorf("%v, %+v", err, r)
	}
	ran := false
	_, err = CountContext(ctx, "task-clock", func(context.Context) error { ran = true; return nil })
	if err != context.Canceled || ran {
		t.Errorf("%v; ran: %v", err, ran)
	}
}

// A goroutine that ends, or panics, in f leaves the counter closed and usable again.
func TestCountSurvivesPanicAndGoexit(t *testing.T) {
	inGoroutine(func() {
		defer func() { recover() }()
		Count("task-clock", func() error { panic("on purpose") })
	})()
	inGoroutine(func() { Count("task-clock", func() error { runtime.Goexit(); return nil }) })()
	if v, err := CPUTaskClock(func() error { burn(10 * time.Millisecond); return nil }); err != nil || v.Count < 9.8e6 {
		t.Error(v, err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		list string
		kind error
	}{
		{"no-such-event", ErrInvalid},
		{"{task-clock", ErrInvalid},
		{"nopmu/event=1/", ErrUnsupported},
		{"task-clock,no-such-event", ErrInvalid},
	} {
		if _, err := Open(c.list); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v is not %v", c.list, err, c.kind)
		}
	}
	_, err := Open("task-clock", Threads(1<<22+1))
	if !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a thread that is not there: %v", err)
	}
	if _, err = Count("no-such-event", func() error { t.Error("f ran"); return nil }); err == nil {
		t.Error("an event that does not exist was counted")
	}
	if _, err := L1Data(CacheOp(7), Access, work); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

// Where there is no PMU the error says so, and what can be counted still is.
func TestNoPMU(t *testing.T) {
	_, err := CPUCycles(work)
	if err == nil {
		t.Skip("skipped: this machine has a PMU")
	}
	if !errors.Is(err, ErrNoPMU) || !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("%v (%#v)", err, err)
	}
	r, err := Count("cycles,task-clock", work, Partial())
	if err != nil || len(r.Values) != 1 || r.Note == "" {
		t.Fatal(r, err)
	}
	if _, ok := r.Value("cycles"); ok {
		t.Error("cycles were counted")
	}
	if v, ok := r.Value("task-clock"); !ok || v.Count <= 0 {
		t.Error(v, ok)
	}
	if _, err = Count("cycles,instructions", work, Partial()); !errors.Is(err, ErrNoPMU) {
		t.Error("nothing is left:", err)
	}
}

func work() error { burn(time.Millisecond); return nil }

func TestClosed(t *testing.T) {
	c, err := Open("task-clock")
	need(t, err)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, join := c.Join()
	for what, err := range map[string]error{"start": c.Start(), "stop": c.Stop(), "reset": c.Reset(),
		"read": c.Read(new(Result)), "close": c.Close(), "join": join, "bpf": c.AttachBPF("task-clock", 0)} {
		if err != ErrClosed {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	c, err := Open("task-clock,page-faults,context-switches,cpu-migrations", Partial())
	need(t, err)
	defer c.Close()
	var r Result
	c.Read(&r)
	if n := testing.AllocsPerRun(100, func() {
		c.Start()
		c.Stop()
		c.Read(&r)
		c.Reset()
	}); n != 0 {
		t.Errorf("%v allocations in a window", n)
	}
}

// Windows, threads that come and go, and closing, all at once.
func TestConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; k < 20; k++ {
				c, err := Open("task-clock,page-faults", Partial())
				if err != nil {
					t.Error(err)
					return
				}
				var r Result
				var inner sync.WaitGroup
				for n := 0; n < 3; n++ {
					inner.Add(1)
					go func() {
						defer inner.Done()
						runtime.LockOSThread()
						var mine Result
						c.Start()
						c.Read(&mine)
						c.Stop()
					}()
				}
				inner.Wait()
				c.Read(&r)
				c.Close()
			}
		}()
	}
	wg.Wait()
}
