// Package failing has benchmarks that end in every way but the right one. Which of them run is
// chosen by -bench; those named Good print a line.
package failing

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"perfgo.test/bench/work"
)

func good(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work.Sink += work.Turn(2000)
	}
}

func BenchmarkAGood(b *testing.B) { good(b) }
func BenchmarkBGood(b *testing.B) { b.Run("sub", good) }

func BenchmarkFatal(b *testing.B) { b.Fatal("on purpose") }

func BenchmarkFailLate(b *testing.B) {
	b.Run("good", good)
	for i := 0; i < b.N; i++ {
		if i == 3 {
			b.FailNow()
		}
	}
}

func BenchmarkFailInSub(b *testing.B) {
	b.Run("good", good)
	b.Run("bad", func(b *testing.B) { b.Fatal("on purpose") })
}

func BenchmarkErrorGoesOn(b *testing.B) {
	good(b)
	b.Error("on purpose")
}

func BenchmarkGoexit(b *testing.B) { runtime.Goexit() }

func BenchmarkPanic(b *testing.B) {
	if b.N > 1 {
		panic("on purpose")
	}
}

func BenchmarkPanicInChild(b *testing.B) {
	if b.N > 1 {
		go panic("on purpose")
		time.Sleep(time.Second)
	}
}

func BenchmarkOsExit(b *testing.B) {
	if b.N > 1 {
		os.Exit(7)
	}
}

// Hang waits to be killed.
func BenchmarkHang(b *testing.B) {
	if b.N > 1 {
		time.Sleep(time.Hour)
	}
}

// -timeout is for tests: while benchmarks run, testing has stopped its alarm.
func TestHang(t *testing.T) {
	if os.Getenv("BENCH_HANG") != "" {
		time.Sleep(time.Hour)
	}
}

func BenchmarkZGood(b *testing.B) { good(b) }

// Long gives a killer time to strike: about ten lines a second.
func BenchmarkLong(b *testing.B) {
	for i := 0; i < 600; i++ {
		b.Run("line", func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				work.Spin(5 * time.Millisecond)
			}
		})
	}
}

// Nothing that perfgo holds is as long as this name.
func BenchmarkEndlessName(b *testing.B) {
	b.Run(strings.Repeat("x", 9000), good)
	b.Run("short", good)
}
