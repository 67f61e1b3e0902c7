// Package bench holds the programs that `make bench` runs with and without perfgo.
package bench

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"
)

// BenchmarkPingPong hands a value to and fro between two goroutines: what a benchmark full of
// scheduling pays.
func BenchmarkPingPong(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		ping <- i
		<-pong
	}
	b.StopTimer()
	close(ping)
}

// idleThreads makes n threads that exist and wait.
func idleThreads(n int) (release func()) {
	hold, ready := make(chan bool), make(chan bool)
	for i := 0; i < n; i++ {
		go func() {
			runtime.LockOSThread()
			ready <- true
			<-hold
		}()
		<-ready
	}
	return func() { close(hold) }
}

func threads() int {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	return len(tasks)
}

// BenchmarkStopStart reports the wall time of a StopTimer/StartTimer pair. ns/op cannot show it:
// most of a pair is outside of what the timer sees. The median over blocks leaves out what the
// machine did to single ones. More than eight threads
// exist, eight of them idle.
func BenchmarkStopStart(b *testing.B) {
	const block = 50
	release := idleThreads(8)
	defer release()
	var times []float64
	for i := 0; i < b.N; i += block {
		start := time.Now()
		for k := 0; k < block; k++ {
			b.StopTimer()
			b.StartTimer()
		}
		times = append(times, float64(time.Since(start).Nanoseconds())/block)
	}
	b.StopTimer()
	sort.Float64s(times)
	b.ReportMetric(times[len(times)/2], "pair-ns")
	b.ReportMetric(float64(threads()), "threads")
}

// BenchmarkResident reports what of this process is in memory, in KiB, by the kernel's account.
func BenchmarkResident(b *testing.B) {
	for i := 0; i < b.N; i++ {
	}
	b.StopTimer()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib float64
		name, rest, _ := strings.Cut(line, ":")
		switch name {
		case "VmHWM", "VmRSS", "RssAnon", "RssFile":
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(kib, name+"-KiB")
		}
	}
}
