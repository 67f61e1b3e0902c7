// Package waits has benchmarks that are off the CPU for known times and reasons.
package waits

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// The thread itself sleeps: two milliseconds per operation.
func BenchmarkNanosleep(b *testing.B) {
	ts := syscall.Timespec{Nsec: 2e6}
	for i := 0; i < b.N; i++ {
		nap(&ts)
	}
}

//go:noinline
func nap(ts *syscall.Timespec) {
	syscall.Nanosleep(ts, nil)
}

// Sleeps outside of the timed region, and inside.
func BenchmarkOutside(b *testing.B) {
	out, in := syscall.Timespec{Nsec: 5e6}, syscall.Timespec{Nsec: 1e6}
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		napOutside(&out)
		b.StartTimer()
		nap(&in)
	}
}

//go:noinline
func napOutside(ts *syscall.Timespec) {
	syscall.Nanosleep(ts, nil)
}

// Goroutines that compute: more of them than processors, so threads are preempted.
func BenchmarkCrowd(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3 * runtime.NumCPU()))
	done := make(chan bool)
	for i := 0; i < b.N; i++ {
		for j := 0; j < 3*runtime.NumCPU(); j++ {
			go func() { spin(20 * time.Millisecond); done <- true }()
		}
		for j := 0; j < 3*runtime.NumCPU(); j++ {
			<-done
		}
	}
}

func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

// A file is written and made to reach the disk.
func BenchmarkSync(b *testing.B) {
	f, err := os.CreateTemp(os.Getenv("WAITS_DIR"), "")
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 65536)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		f.WriteAt(block, int64(i)*65536)
		sync(f)
	}
}

//go:noinline
func sync(f *os.File) { f.Sync() }

// Nothing is waited for.
func BenchmarkBusy(b *testing.B) {
	for i := 0; i < b.N; i++ {
		spin(time.Millisecond)
	}
}
