//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// held is what a process has and must not have more of.
type held struct {
	descriptors, threads int
	kB                   int
	affinity             string
}

func holds(t *testing.T) held {
	t.Helper()
	debug.FreeOSMemory()
	var h held
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	field := func(name string) string {
		i := bytes.Index(status, []byte("\n"+name+":"))
		return string(bytes.TrimSpace(bytes.SplitN(status[i+len(name)+2:], []byte("\n"), 2)[0]))
	}
	h.descriptors = len(fds)
	h.threads, _ = strconv.Atoi(field("Threads"))
	h.kB, _ = strconv.Atoi(string(bytes.TrimSuffix([]byte(field("RssAnon")), []byte(" kB"))))
	h.affinity = field("Cpus_allowed_list")
	return h
}

// sweepKept waits until one-shot calls of other tests have let go of their counters.
func sweepKept() {
	for end := time.Now().Add(10 * keepFor); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		kept.mu.Lock()
		n := len(kept.idle)
		kept.mu.Unlock()
		if n == 0 {
			return
		}
	}
}

// keeps runs f n times after some for warm-up, and expects the process to hold what it did. (Go makes
// threads when it likes; what leaks does so in every round.)
func keeps(t *testing.T, n int, f func(i int)) {
	t.Helper()
	if testing.Short() {
		n /= 50
	}
	sweepKept()
	inSomeRound(t, func() string {
		for i := 0; i < n/10; i++ {
			f(i)
		}
		before := holds(t)
		for i := 0; i < n; i++ {
			f(i)
		}
		after := holds(t)
		t.Logf("%d: %+v, then %+v", n, before, after)
		if after.descriptors > before.descriptors || after.threads > before.threads+1 ||
			after.kB > before.kB+1024 || after.affinity != before.affinity {
			return fmt.Sprintf("after %d: %+v, before: %+v", n, after, before)
		}
		return ""
	})
}

func TestNoLeakWhenOpened(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	keeps(t, 100000, func(i int) {
		var opts []Option
		if i%20 != 0 {
			opts = append(opts, Thread())
		}
		c, err := Open("task-clock,page-faults", opts...)
		if err != nil {
			t.Fatal(err)
		}
		c.Start()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// Half of the way: the first thread of the set can be counted, the second is not there.
func TestNoLeakWhenOpeningFails(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	keeps(t, 100000, func(int) {
		_, err := Open("task-clock,page-faults", Threads(syscall.Gettid(), 1<<22+1))
		if !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	})
}

// In the middle of a group, for want of descriptors.
func TestNoLeakWithoutDescriptors(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const list = "task-clock,page-faults,context-switches,cpu-migrations"
	c, err := Open(list, Thread())
	need(t, err)
	c.Close()
	var limit, low syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	keeps(t, 10000, func(i int) {
		low = limit
		low.Cur = uint64(holdsDescriptors() + 1 + i%3)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
			t.Fatal(err)
		}
		_, err := Open(list, Thread())
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
		if !errors.Is(err, ErrLimit) || !errors.Is(err, syscall.EMFILE) {
			t.Fatal(err)
		}
	})
}

// holdsDescriptors is the lowest number that is free.
func holdsDescriptors() int {
	fd, err := syscall.Dup(0)
	if err != nil {
		return 0
	}
	syscall.Close(fd)
	return fd
}

// Lists of events without end, right and wrong ones: plans are not kept for ever.
func TestNoLeakOfPlans(t *testing.T) {
	keeps(t, 250, func(i int) {
		if _, err := Open(fmt.Sprintf("no-such-event-%d", i)); !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		c, err := Open("task-clock,"+strings.Repeat(" ", i%300)+"page-faults", Thread())
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

// One-shot calls keep their counters for a moment, and no longer.
func TestOneShotsLetGo(t *testing.T) {
	sweepKept()
	before := holds(t)
	wrong := errors.New("mine")
	for i := 0; i < 2000; i++ {
		CPUTaskClock(func() error { return nil })
		PageFaults(func() error { return wrong })
		ContextSwitches(func() error { return nil }, Thread())
	}
	sweepKept()
	if after := holds(t); after.descriptors > before.descriptors || after.affinity != before.affinity {
		t.Errorf("%+v, before: %+v", after, before)
	}
}
