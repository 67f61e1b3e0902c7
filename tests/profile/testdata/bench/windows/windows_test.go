// Package windows stops and starts the timer as often as it can.
package windows

import (
	"os"
	"strings"
	"testing"
)

var sink int

// The process's resident memory in KiB, now.
func resident(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n := 0
			for _, c := range f[1] {
				n = n*10 + int(c-'0')
			}
			return float64(n)
		}
	}
	b.Skip("no VmRSS")
	return 0
}

func BenchmarkStopStart(b *testing.B) {
	b.StopTimer()
	for i := 0; i < 1000; i++ { // what is touched once is touched now
		b.StartTimer()
		sink++
		b.StopTimer()
	}
	before := resident(b)
	b.StartTimer()
	for i := 0; i < b.N; i++ {
		sink++
		b.StopTimer()
		b.StartTimer()
	}
	b.StopTimer()
	b.ReportMetric(resident(b)-before, "grown-KiB")
}
